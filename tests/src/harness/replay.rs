//! A server that answers with given seat maps, one for each shape.
//!
//! Cinemas and showtimes are those of a small simulated world, so that a
//! definition finds its way to the map; whichever showtime it asks for, it gets
//! the map of its shape.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, http::header::CONTENT_TYPE, web,
};
use jiff::Timestamp;

use super::{chains::sources_options, error::HarnessError};
use simulated_chains::{
    definition,
    options::WorldOptions,
    pages,
    request::{self, Request},
    shape::Shape,
    world::World,
};

/// The server; it stops when this is dropped.
#[derive(Debug)]
pub struct Replay {
    shared: Arc<Shared>,
    base: String,
    handle: ServerHandle,
}

#[derive(Debug)]
struct Shared {
    world: World,
    maps: HashMap<Shape, Vec<u8>>,
}

impl Replay {
    /// Starts it on a free port of this machine.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub fn start(maps: HashMap<Shape, Vec<u8>>) -> Result<Self, HarnessError> {
        let world = World::new(WorldOptions {
            cinemas: 1,
            auditoriums: 1,
            shows: 1,
            days: 1,
            layouts: 1,
            epoch: Some(Timestamp::now()),
            ..WorldOptions::default()
        });
        let shared = Arc::new(Shared { world, maps });
        let data = web::Data::from(Arc::clone(&shared));
        let failed = HarnessError::file("a port of this machine");
        let (server, base) = (move || {
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(data.clone())
                    .default_service(web::to(answer))
            })
            .workers(1)
            .disable_signals()
            .shutdown_timeout(1)
            .bind("127.0.0.1:0")?;
            let address = server.addrs().first().copied();
            let address = address.ok_or(io::Error::from(io::ErrorKind::AddrNotAvailable))?;
            Ok((server.run(), format!("http://{address}")))
        })()
        .map_err(failed)?;
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self {
            shared,
            base,
            handle,
        })
    }

    /// Writes a definition for each shape into `directory`, from the shipped ones.
    ///
    /// # Errors
    ///
    /// If a shipped one is missing, or a file cannot be written.
    pub fn definitions(&self, directory: &Path) -> Result<Vec<PathBuf>, HarnessError> {
        let options = sources_options(&self.shared.world, &self.base, directory);
        Ok(definition::write_as_shipped(&options)?)
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        // The word is sent at once; nobody waits for the end.
        drop(self.handle.stop(false));
    }
}

async fn answer(shared: web::Data<Shared>, http: HttpRequest, body: web::Bytes) -> HttpResponse {
    let path = http.path().trim_start_matches('/');
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let world = &shared.world;
    let Some(chain) = world.chain(name) else {
        return HttpResponse::NotFound().finish();
    };
    let now_ms = Timestamp::now().as_millisecond();
    let wanted = request::parse(chain.shape, rest, http.query_string(), &body);
    let page = match wanted {
        Some(Request::Cinemas) => Some(pages::cinemas(world, chain, now_ms).into_bytes()),
        Some(Request::Showtimes { cinema }) => world
            .cinema(chain, cinema)
            .map(|cinema| pages::showtimes(world, chain, cinema, now_ms, None).into_bytes()),
        Some(Request::Seats { .. }) => shared.maps.get(&chain.shape).cloned(),
        None => None,
    };
    page.map_or_else(
        || HttpResponse::NotFound().finish(),
        |page| {
            HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, pages::media_type(chain.shape)))
                .body(page)
        },
    )
}
