//! Clients that do not wait for their answer.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpStream},
    sync::atomic::Ordering,
    time::Duration,
};

use fleet_web::{server, settings::WebSettings};
use tokio::time::timeout;

use crate::world::World;

/// Far beyond what it takes to notice a client that left, and below the limit of a request.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends a request, and keeps its connection.
fn ask(address: SocketAddr, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /v1/findings HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    .unwrap();
    stream
}

#[actix_web::test]
async fn a_read_ends_when_its_client_leaves() {
    let world = World::new(WebSettings::default()).await;
    let token = world.token("anna", "read").await;
    let recorder = &world.recorder;
    recorder.examines_for_ever.store(true, Ordering::Relaxed);
    let (address, running) = server::start("127.0.0.1:0".parse().unwrap(), world.state()).unwrap();
    let handle = running.handle();
    let running = tokio::spawn(running);

    let leaves = ask(address, &token);
    let begun = timeout(PATIENCE, recorder.begun.notified()).await;
    assert!(begun.is_ok(), "the first request reaches its handler");
    // It waits for what is read for the first one.
    let stays = ask(address, &token);
    drop(leaves);
    let given_up = timeout(PATIENCE, recorder.given_up.notified()).await;
    assert!(given_up.is_ok(), "nobody waits for the first answer");
    let begun = timeout(PATIENCE, recorder.begun.notified()).await;
    assert!(begun.is_ok(), "the second reads for itself");

    drop(stays);
    handle.stop(false).await;
    running.abort();
}
