//! The HTTP API: JSON under `/v1/`, described by the OpenAPI 3.1 document at `/v1/openapi.json`.
//!
//! Each handler carries its description (`#[utoipa::path]`), from which the document is made; only
//! `service(...)` collects it, and a test compares the document with the served routes. Instants
//! are RFC 3339 in UTC. Lists come in pages: `limit` rows, and `next` names the page after it.

// The macros of actix-web make each handler a public type.
#![allow(unreachable_pub)]

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::{
    OpenApi, ToSchema,
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

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    rows: Vec<T>,
    /// The `cursor` of the page after this one; absent on the last page.
    next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of `limit` rows at most, of a list that was read with one row more.
    #[must_use]
    pub fn of(mut rows: Vec<T>, limit: i64, cursor: impl FnOnce(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(cursor);
        Self { rows, next }
    }
}

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
        .service(jobs::job_body)
        .service(database::findings)
        .service(database::passes)
        .service(database::exports)
        .service(database::rollups)
        .service(search::search);
}

/// Makes the route that serves the finished document.
pub fn serve_document(document: openapi::OpenApi) -> actix_web::Resource {
    actix_web::web::resource("/v1/openapi.json").route(actix_web::web::get().to(move || {
        let document = document.clone();
        async move { HttpResponse::Ok().json(document) }
    }))
}
