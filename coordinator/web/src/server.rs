//! The listener of the API and the page, and what every answer carries.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{ALLOW, RETRY_AFTER},
    },
    middleware::{self, Next, from_fn},
    web::{self, Data, FormConfig, JsonConfig, PathConfig, QueryConfig},
};
use utoipa_actix_web::AppExt as _;

use crate::{
    access::{
        client::Client,
        guard::{Guard, guard},
        routes::Methods,
    },
    api, assets, page,
    problem::{MEDIA_TYPE, WebError},
    state::WebState,
    tls::{self, Certificate},
};

/// Bytes of a request body that are read at most.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The longest time in which a client sends the head of a request, and shakes hands before.
const MAX_HEAD_TIME: Duration = Duration::from_secs(5);
/// Connections of clients to one worker: each takes memory, even if it sends nothing.
const MAX_CONNECTIONS: usize = 2_000;
/// The longest time that an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// The longest time that the end waits for requests under way, in seconds.
const MAX_END_SECONDS: u64 = 5;

/// Nothing but our own files, nothing inline, no frame around us.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Starts to listen; returns the address, with the actual port if 0 was given.
///
/// With a certificate in the settings, only TLS is spoken.
///
/// # Errors
///
/// If the address is taken or does not belong to this machine, or the certificate cannot be used.
pub fn start(listen: SocketAddr, state: WebState) -> io::Result<(SocketAddr, Server)> {
    let guard = Guard::new(&state);
    let certificate = match (&state.settings.tls_certificate, &state.settings.tls_key) {
        (Some(certificate), Some(key)) => Some(Certificate::load(certificate, key)?),
        _ => None,
    };
    let server = HttpServer::new(move || app(state.clone(), guard.clone()))
        .on_connect(Client::keep)
        .workers(2)
        .max_connections(MAX_CONNECTIONS)
        .client_request_timeout(MAX_HEAD_TIME)
        .tls_handshake_timeout(MAX_HEAD_TIME)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(MAX_END_SECONDS)
        .disable_signals();
    let server = match certificate {
        None => server.bind(listen)?,
        Some(certificate) => {
            let certificate = Arc::new(certificate);
            tokio::spawn(Arc::clone(&certificate).watch());
            server.bind_rustls_0_23(listen, tls::server_config(certificate)?)?
        }
    };
    let address = server.addrs().first().copied().unwrap_or(listen);
    Ok((address, server.run()))
}

/// The application of one worker: all routes, and what every request passes.
///
/// `guard` is shared by all workers.
pub fn app(
    state: WebState,
    shared: Guard,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<EitherBody<BoxBody>>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let (app, document) = App::new()
        .into_utoipa_app()
        .openapi(api::document())
        .configure(api::configure)
        .split_for_parts();
    let document = api::complete(document);
    let methods = Methods::of(&document);
    app.service(api::serve_document(&document))
        .app_data(Data::new(state))
        .app_data(Data::new(shared))
        .app_data(Data::new(methods))
        .app_data(
            JsonConfig::default()
                .limit(MAX_BODY_BYTES)
                .error_handler(|error, _| WebError::from(error).into()),
        )
        .app_data(
            FormConfig::default()
                .limit(MAX_BODY_BYTES)
                .error_handler(|error, _| WebError::from(error).into()),
        )
        .app_data(
            QueryConfig::default()
                .error_handler(|error, _| WebError::BadRequest(error.to_string()).into()),
        )
        .app_data(
            PathConfig::default()
                .error_handler(|error, _| WebError::NotFound(error.to_string()).into()),
        )
        .route("/assets/{hash}/{name}", web::get().to(assets::serve))
        .configure(page::configure)
        .default_service(web::to(nowhere))
        .wrap(from_fn(guard))
        .wrap(from_fn(show_errors))
        .wrap(
            middleware::DefaultHeaders::new()
                .add(("Content-Security-Policy", POLICY))
                .add(("X-Content-Type-Options", "nosniff"))
                .add(("Referrer-Policy", "same-origin"))
                .add(("Cross-Origin-Opener-Policy", "same-origin"))
                .add(("Cross-Origin-Resource-Policy", "same-origin")),
        )
}

/// Answers what no route does. Routes of the API that have other methods come here, too.
async fn nowhere(request: HttpRequest) -> Result<HttpResponse, WebError> {
    if let (Some(pattern), Some(methods)) =
        (request.match_pattern(), request.app_data::<Data<Methods>>())
    {
        return Err(WebError::MethodNotAllowed(methods.allowed(&pattern)));
    }
    Err(WebError::no("page", request.path()))
}

/// Gives an error of a page as a page, and every error of the API as a problem document.
async fn show_errors(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<BoxBody>>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response.map_into_left_body());
    }
    let is_api = response.request().path().starts_with("/v1/");
    let is_problem = response
        .headers()
        .get("Content-Type")
        .is_some_and(|kind| kind.as_bytes() == MEDIA_TYPE.as_bytes());
    if let Some(error) = response.response().error()
        && status.is_server_error()
    {
        let path = response.request().path();
        if let Some(error) = error.as_error::<WebError>() {
            let error: &dyn std::error::Error = error;
            tracing::warn!(error, path, "a request failed");
        } else {
            tracing::warn!(%error, path, "a request failed");
        }
    }
    if is_api && is_problem {
        return Ok(response.map_into_left_body());
    }
    let is_for_login =
        status == StatusCode::UNAUTHORIZED && response.request().method() == Method::GET && !is_api;
    let detail = response
        .response()
        .error()
        .map_or_else(|| format!("{status}"), ToString::to_string);
    let error = WebError::of_status(status, detail);
    let (request, refused) = response.into_parts();
    let mut shown = match (is_api, request.app_data::<Data<WebState>>()) {
        (false, Some(_)) if is_for_login => page::login::redirect(&request),
        (false, Some(state)) => page::render_error(&request, state, &error),
        _ => actix_web::ResponseError::error_response(&error),
    };
    for name in [ALLOW, RETRY_AFTER] {
        if let Some(value) = refused.headers().get(&name) {
            shown.headers_mut().insert(name, value.clone());
        }
    }
    Ok(ServiceResponse::new(request, shown).map_into_right_body())
}
