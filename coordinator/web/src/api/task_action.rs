//! Actions on single tasks.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Json, Path},
};
use schema::enums::RequestedAction;
use utoipa_actix_web::service_config::ServiceConfig;

use super::source_action::{Key, Reason};
use crate::{
    access::viewer::Viewer,
    action::{Outcome, perform_once},
    operations::Action,
    problem::{Problems, WebError},
    state::WebState,
};

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(run)
        .service(cancel)
        .service(retire)
        .service(release);
}

/// Makes a task due now, before all others of its limit key (scope operate); its limits hold.
#[utoipa::path(tag = "tasks", params(("task" = String, Path, description = "Number of the task, or SOURCE/STEP/KEY with each / as %2F"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/tasks/{task}/run")]
pub async fn run(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    task: Path<String>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    act(&request, &state, &viewer, task, &body, RequestedAction::Run).await
}

/// Cancels the queued or running job of a task (scope operate); the task is due again after its
/// interval.
#[utoipa::path(tag = "tasks", params(("task" = String, Path, description = "Number of the task, or SOURCE/STEP/KEY with each / as %2F"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/tasks/{task}/cancel")]
pub async fn cancel(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    task: Path<String>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    act(
        &request,
        &state,
        &viewer,
        task,
        &body,
        RequestedAction::Cancel,
    )
    .await
}

/// Retires a task (scope operate): it runs no more, and its queued or running job is cancelled.
#[utoipa::path(tag = "tasks", params(("task" = String, Path, description = "Number of the task, or SOURCE/STEP/KEY with each / as %2F"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/tasks/{task}/retire")]
pub async fn retire(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    task: Path<String>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    act(
        &request,
        &state,
        &viewer,
        task,
        &body,
        RequestedAction::Retire,
    )
    .await
}

/// Releases an isolated or retired task (scope operate), so that it runs again.
#[utoipa::path(tag = "tasks", params(("task" = String, Path, description = "Number of the task, or SOURCE/STEP/KEY with each / as %2F"), Key), request_body = Reason, responses((status = 200, body = Outcome), Problems))]
#[post("/v1/tasks/{task}/release")]
pub async fn release(
    request: HttpRequest,
    state: Data<WebState>,
    viewer: Viewer,
    task: Path<String>,
    body: Json<Reason>,
) -> Result<HttpResponse, WebError> {
    act(
        &request,
        &state,
        &viewer,
        task,
        &body,
        RequestedAction::Release,
    )
    .await
}

async fn act(
    request: &HttpRequest,
    state: &Data<WebState>,
    viewer: &Viewer,
    task: Path<String>,
    body: &Reason,
    action: RequestedAction,
) -> Result<HttpResponse, WebError> {
    let task = task.into_inner();
    let action = Action::RequestTask { task, action };
    perform_once(request, state, viewer, body, body.reason.clone(), action).await
}
