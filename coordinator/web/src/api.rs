//! The HTTP API: JSON under `/v1/`, described by the OpenAPI 3.1 document at `/v1/openapi.json`.
//!
//! Each handler carries its description (`#[utoipa::path]`), from which the document is made; only
//! `service(...)` collects it, and a test compares the document with the served routes. Instants
//! are RFC 3339 in UTC. Lists come in pages: `limit` rows, and `next` names the page after it.

// The macros of actix-web make each handler a public type. Fields are named as the columns that
// they come from.
#![allow(unreachable_pub, clippy::struct_field_names)]

use actix_web::HttpResponse;
use utoipa::{
    OpenApi,
    openapi::{
        OpenApi as Document,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    access::routes::PUBLIC,
    problem::{Problem, Problems},
};

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
pub mod works;
pub mod film_pairs;
pub mod attributes;
pub mod anomalies;
pub mod events;
pub mod event_definitions;
pub mod event_rejects;
pub mod event_users;
pub mod event_action;
pub mod event_replay;
pub mod data_sets;
pub mod experiments;
pub mod experiment_action;
pub mod alerts;
pub mod reports;
pub mod iceberg;
pub mod totals;
pub mod list;
pub mod source_action;
pub mod task_action;
pub mod trial;
pub mod audit;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Fullhouse",
        description = "Reads and operates a Fullhouse fleet. Errors are problem documents (RFC 9457). \
            Each request needs a token (`coordinator token create`), whose scope is read, operate or \
            admin; the description of an operation says which.",
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
        .service(films::film)
        .service(works::works)
        .service(works::days)
        .service(works::work);
    film_pairs::configure(service);
    attributes::configure(service);
    anomalies::configure(service);
    events::configure(service);
    event_definitions::configure(service);
    event_rejects::configure(service);
    event_users::configure(service);
    event_action::configure(service);
    event_replay::configure(service);
    data_sets::configure(service);
    experiments::configure(service);
    experiment_action::configure(service);
    alerts::configure(service);
    reports::configure(service);
    iceberg::configure(service);
    source_action::configure(service);
    task_action::configure(service);
    service.service(trial::try_definition).service(audit::audit);
}

/// Adds to every operation what all have in common: the token, and the errors.
#[must_use]
pub fn complete(mut document: Document) -> Document {
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token: fh_ and 38 letters and digits."))
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(scheme));
    for (path, item) in &mut document.paths.paths {
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                complete_operation(operation, method, path);
            }
        }
    }
    document
}

fn complete_operation(operation: &mut Operation, method: &str, path: &str) {
    // Names of handlers repeat; an address does not.
    let words = path
        .split('/')
        .skip(2)
        .map(|word| match word.strip_prefix('{') {
            Some(parameter) => format!("by_{}", parameter.trim_end_matches('}')),
            None => word.to_owned(),
        });
    let words: Vec<String> = std::iter::once(method.to_owned()).chain(words).collect();
    operation.operation_id = Some(words.join("_"));
    for (status, problem) in Problems::of(operation.request_body.is_some()) {
        operation
            .responses
            .responses
            .entry(status)
            .or_insert(problem);
    }
    if !PUBLIC.contains(&path) {
        operation.security = Some(vec![SecurityRequirement::new("token", [""; 0])]);
    }
}

/// Makes the route that serves the finished document.
#[must_use]
pub fn serve_document(document: &Document) -> actix_web::Resource {
    let text = document.to_json().unwrap_or_default();
    actix_web::web::resource("/v1/openapi.json").route(actix_web::web::get().to(move || {
        let text = text.clone();
        async move {
            HttpResponse::Ok()
                .content_type("application/json")
                .body(text)
        }
    }))
}
