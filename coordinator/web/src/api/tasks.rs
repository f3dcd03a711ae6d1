//! Tasks.

use actix_web::{
    get,
    web::{Data, Json, Path, Query},
};
use schema::reading::{
    Reader,
    task::{TaskDetail, TaskRow, list, one},
};

use super::list::Page;
use crate::{
    filter::TaskQuery,
    problem::{Problem, WebError},
    state::WebState,
};

/// Lists tasks by step and key.
#[utoipa::path(
    tag = "tasks",
    params(TaskQuery),
    responses(
        (status = 200, body = Page<TaskRow>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/tasks")]
pub async fn tasks(
    state: Data<WebState>,
    query: Query<TaskQuery>,
) -> Result<Json<Page<TaskRow>>, WebError> {
    let (filter, limit) = (query.filter()?, query.rows()?);
    let mut db = Reader::begin(&state.db).await?;
    let rows = list(&mut db, &filter, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| {
        format!("{}:{}", row.step_id, row.key)
    })))
}

/// Reads one task, where it is, and what keeps it from running.
#[utoipa::path(
    tag = "tasks",
    params(("task" = i64, Path, description = "Number of the task")),
    responses(
        (status = 200, body = TaskDetail),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/tasks/{task}")]
pub async fn read_task(
    state: Data<WebState>,
    path: Path<i64>,
) -> Result<Json<TaskDetail>, WebError> {
    let mut db = Reader::begin(&state.db).await?;
    let task = one(&mut db, *path).await?;
    Ok(Json(task.ok_or_else(|| WebError::no("task", *path))?))
}
