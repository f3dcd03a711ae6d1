//! The listener of the API and the page, and what every answer carries.

use std::{io, net::SocketAddr};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{Server, ServiceRequest, ServiceResponse},
    middleware::{self, Next, from_fn},
    web::{self, Data, JsonConfig, PathConfig, QueryConfig},
};
use utoipa_actix_web::AppExt as _;

use crate::{
    api, assets, page,
    problem::{MEDIA_TYPE, WebError},
    state::WebState,
};

/// Bytes of a request body that are read at most.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Nothing but our own files, nothing inline, no frame around us.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Starts to listen; returns the address, with the actual port if 0 was given.
///
/// # Errors
///
/// If the address is taken or does not belong to this machine.
pub fn start(listen: SocketAddr, state: WebState) -> io::Result<(SocketAddr, Server)> {
    let server = HttpServer::new(move || {
        let state = Data::new(state.clone());
        App::new()
            .into_utoipa_app()
            .openapi(api::document())
            .configure(api::configure)
            .openapi_service(api::serve_document)
            .into_app()
            .app_data(state)
            .app_data(
                JsonConfig::default()
                    .limit(MAX_BODY_BYTES)
                    .error_handler(|error, _| WebError::BadRequest(error.to_string()).into()),
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
            .wrap(from_fn(show_errors))
            .wrap(
                middleware::DefaultHeaders::new()
                    .add(("Content-Security-Policy", POLICY))
                    .add(("X-Content-Type-Options", "nosniff"))
                    .add(("Referrer-Policy", "same-origin"))
                    .add(("Cross-Origin-Opener-Policy", "same-origin"))
                    .add(("Cross-Origin-Resource-Policy", "same-origin")),
            )
    })
    .workers(2)
    .disable_signals()
    .bind(listen)?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    Ok((address, server.run()))
}

async fn nowhere(request: HttpRequest) -> Result<HttpResponse, WebError> {
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
    if let Some(error) = response.response().error() {
        if status.is_server_error() {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                path = response.request().path(),
                "a request failed"
            );
        }
    }
    if is_api && is_problem {
        return Ok(response.map_into_left_body());
    }
    let detail = response
        .response()
        .error()
        .map_or_else(|| format!("{status}"), ToString::to_string);
    let error = WebError::of_status(status, detail);
    let (request, _) = response.into_parts();
    let shown = match (is_api, request.app_data::<Data<WebState>>()) {
        (false, Some(state)) => page::render_error(&request, state, &error),
        _ => actix_web::ResponseError::error_response(&error),
    };
    Ok(ServiceResponse::new(request, shown).map_into_right_body())
}
