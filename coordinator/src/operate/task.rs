//! Operator requests for single tasks.
//!
//! A request is a row; the leader, which alone places tasks, applies it within a second and
//! deletes the row. So nothing is placed between a request and its effect, and a change of leader
//! loses no request.

use std::time::Duration;

use fleet_web::operations::{Actor, OperationError};
use schema::{
    enums::RequestedAction,
    task::{self, Found},
};
use serde_json::json;
use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use super::report::{Report, invalid, record};

/// Time between two looks at requests that wait for the leader.
const POLL: Duration = Duration::from_millis(50);

/// Requests `action` for each task, and waits at most `patience` until the leader has applied it.
///
/// # Errors
///
/// If a task is not to be found or cannot be asked that, or the database fails: nothing is asked
/// then.
pub async fn request(
    db: &PgPool,
    actor: &Actor,
    tasks: &[String],
    action: RequestedAction,
    patience: Duration,
) -> Result<Report, OperationError> {
    let mut found = Vec::new();
    for name in tasks {
        let task = find(db, name).await?;
        if action == RequestedAction::Run
            && (task.retired_at.is_some() || task.isolated_at.is_some())
        {
            let what = if task.retired_at.is_some() {
                "retired"
            } else {
                "isolated"
            };
            return Err(OperationError::Refused(format!(
                "task {} ({}) is {what}; `coordinator task release {0}` lets it run again",
                task.task_id,
                shown(&task)
            )));
        }
        found.push(task);
    }
    let reason = match action {
        RequestedAction::Retire => {
            Some(actor.reason.as_deref().unwrap_or("an operator retired it"))
        }
        RequestedAction::Run | RequestedAction::Cancel | RequestedAction::Release => None,
    };
    let mut report = Report::default();
    let mut requests = Vec::new();
    let mut transaction = db.begin().await?;
    for task in &found {
        requests.push(task::ask(&mut *transaction, task.task_id, action, reason).await?);
        let subject = format!("task/{}", task.task_id);
        let details = json!({ "source": task.source, "step": task.step, "key": task.key });
        let name = audited(action);
        report.audit_id = Some(record(&mut transaction, actor, name, &subject, details).await?);
    }
    transaction.commit().await?;
    let deadline = Instant::now() + patience;
    while !task::waiting(db, &requests).await?.is_empty() {
        if Instant::now() >= deadline {
            report.sentences.push(
                "no coordinator leads; the request is applied as soon as one does".to_owned(),
            );
            return Ok(report);
        }
        sleep(POLL).await;
    }
    report.sentences = found
        .iter()
        .map(|task| {
            format!(
                "task {} ({}): {}",
                task.task_id,
                shown(task),
                describe(task, action)
            )
        })
        .collect();
    Ok(report)
}

/// Finds a task by its number, or as `SOURCE/STEP/KEY`.
async fn find(db: &PgPool, name: &str) -> Result<Found, OperationError> {
    if name.contains('\0') {
        return Err(invalid("the name of a task contains a zero byte"));
    }
    let found = if let Ok(task_id) = name.parse::<i64>() {
        task::by_id(db, task_id).await?
    } else {
        let mut parts = name.splitn(3, '/');
        let (Some(source), Some(step)) = (parts.next(), parts.next()) else {
            return Err(OperationError::NotFound(format!(
                "`{name}` is neither the number of a task nor SOURCE/STEP/KEY"
            )));
        };
        task::by_key(db, source, step, parts.next().unwrap_or_default()).await?
    };
    found.ok_or_else(|| {
        OperationError::NotFound(format!(
            "there is no task {name}; SELECT task_id, key FROM task lists them, and the root of a \
             source has an empty key, as in bhd/cinemas/"
        ))
    })
}

/// How the audit names an action.
fn audited(action: RequestedAction) -> &'static str {
    match action {
        RequestedAction::Run => "task.run",
        RequestedAction::Cancel => "task.cancel",
        RequestedAction::Retire => "task.retire",
        RequestedAction::Release => "task.release",
    }
}

fn shown(task: &Found) -> String {
    format!("{}/{}/{}", task.source, task.step, task.key)
}

/// Says what was done, and what still keeps the task from running.
fn describe(task: &Found, action: RequestedAction) -> String {
    match action {
        RequestedAction::Run if task.is_out => "is queued or running already".to_owned(),
        RequestedAction::Run | RequestedAction::Release => {
            let done = if action == RequestedAction::Run {
                "is due now, before all others of its limit key"
            } else {
                "may run again"
            };
            match &task.hindrance {
                Some(hindrance) => format!("{done}, but {hindrance}"),
                None => done.to_owned(),
            }
        }
        RequestedAction::Cancel if task.is_out => {
            "was cancelled; a result that still comes is refused".to_owned()
        }
        RequestedAction::Cancel => "was neither queued nor running".to_owned(),
        RequestedAction::Retire => {
            "no longer runs; `coordinator task release` undoes that".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(is_out: bool, hindrance: Option<&str>) -> Found {
        Found {
            task_id: 7,
            source: "bhd".to_owned(),
            step: "seats".to_owned(),
            key: "1/2".to_owned(),
            isolated_at: None,
            retired_at: None,
            is_out,
            hindrance: hindrance.map(str::to_owned),
        }
    }

    #[test]
    fn a_person_is_told_what_still_keeps_a_task() {
        let paused = Some("its source is paused");
        assert!(
            describe(&found(false, paused), RequestedAction::Run)
                .ends_with("but its source is paused")
        );
        assert!(describe(&found(true, paused), RequestedAction::Run).contains("already"));
        assert!(describe(&found(false, None), RequestedAction::Cancel).contains("neither"));
        assert_eq!(shown(&found(false, None)), "bhd/seats/1/2");
    }
}
