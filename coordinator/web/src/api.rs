//! The HTTP API: JSON under `/v1/`, described by the OpenAPI 3.1 document at `/v1/openapi.json`.
//!
//! Each handler carries its description (`#[utoipa::path]`), from which the document is made; only
//! `service(...)` collects it, and a test compares the document with the served routes. Instants
//! are RFC 3339 in UTC. Lists come in pages: `limit` rows, and `next` names the page after it.

// The macros of actix-web make each handler a public type.
#![allow(unreachable_pub)]

use actix_web::HttpResponse;
use utoipa::{
    OpenApi,
    openapi::{self, OpenApi as Document},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::problem::Problem;

pub mod fleet;
pub mod sources;
pub mod limits;
pub mod tasks;
pub mod jobs;
pub mod database;
pub mod search;
pub mod showtimes;
pub mod cinemas;
pub mod films;
pub mod totals;
pub mod list;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Fullhouse",
        description = "Reads and operates a Fullhouse fleet. Errors are problem documents (RFC 9457).",
        license(name = "MIT")
    ),
    components(schemas(Problem))
)]
struct Description;

/// The document without the routes, which the server collects.
#[must_use]
pub fn document() -> Document {
    Description::openapi()
}

/// Adds the routes of the API.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(fleet::fleet)
        .service(fleet::pods)
        .service(sources::sources)
        .service(sources::read_source)
        .service(sources::definitions)
        .service(sources::definition)
        .service(sources::events)
        .service(sources::source_codes)
        .service(sources::quarantine)
        .service(limits::limits)
        .service(tasks::tasks)
        .service(tasks::read_task)
        .service(jobs::jobs)
        .service(jobs::job_count)
        .service(jobs::running_jobs)
        .service(jobs::read_job)
        .service(jobs::job_log)
        .service(database::findings)
        .service(database::passes)
        .service(database::exports)
        .service(database::rollups)
        .service(search::search)
        .service(showtimes::showtimes)
        .service(showtimes::seats)
        .service(showtimes::series)
        .service(showtimes::prices)
        .service(showtimes::looks)
        .service(showtimes::showtime)
        .service(cinemas::cinemas)
        .service(cinemas::cinema)
        .service(films::films)
        .service(films::film);
}

/// Makes the route that serves the finished document.
pub fn serve_document(document: openapi::OpenApi) -> actix_web::Resource {
    actix_web::web::resource("/v1/openapi.json").route(actix_web::web::get().to(move || {
        let document = document.clone();
        async move { HttpResponse::Ok().json(document) }
    }))
}
