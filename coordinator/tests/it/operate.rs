//! What people change leaves a row in the audit, in the same transaction.

use std::time::Duration;

use coordinator::operate::{act::act, report::cli_actor, source, task};
use fleet_web::operations::{Action, Actor, How, OperationError, WeightKind};
use schema::{
    audit::{self, Entry, Filter},
    enums::RequestedAction,
};
use source_language::source::SecretRules;
use sqlx::PgPool;

use crate::fixture::world;

fn anna() -> Actor {
    Actor {
        how: How::Api,
        who: "anna".to_owned(),
        reason: Some("because".to_owned()),
    }
}

async fn audited(db: &PgPool) -> Vec<Entry> {
    let mut connection = db.acquire().await.unwrap();
    audit::list(&mut connection, &Filter::default(), 100)
        .await
        .unwrap()
}

#[tokio::test]
async fn each_change_is_in_the_audit_and_a_refused_one_is_not() {
    let (db, task_id) = world().await;
    let rules = SecretRules::default();
    let source = || "plaza".to_owned();
    for action in [
        Action::PauseSource { source: source() },
        Action::ResumeSource { source: source() },
        Action::Weigh {
            kind: WeightKind::Film,
            name: "Monsoon Radio".to_owned(),
            factor: Some(2.0),
        },
        Action::RequestTask {
            task: task_id.to_string(),
            action: RequestedAction::Run,
        },
    ] {
        let report = act(&db, &rules, &anna(), action).await.unwrap();
        assert!(report.audit_id.is_some(), "{report:?}");
    }
    for (action, is_missing) in [
        (
            Action::PauseSource {
                source: "none".to_owned(),
            },
            true,
        ),
        (
            Action::RequestTask {
                task: "0".to_owned(),
                action: RequestedAction::Run,
            },
            true,
        ),
        (
            Action::MapCodes {
                source: source(),
                codes: Vec::new(),
            },
            false,
        ),
        (
            Action::ApplyDefinition {
                text: "nonsense".to_owned(),
                is_forced: true,
            },
            false,
        ),
    ] {
        let error = act(&db, &rules, &anna(), action).await.unwrap_err();
        let not_found = matches!(error, OperationError::NotFound(_));
        assert_eq!(not_found, is_missing, "{error}");
    }
    let rows = audited(&db).await;
    let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(
        actions,
        ["task.run", "weight.set", "source.resume", "source.pause"]
    );
    for row in &rows {
        assert_eq!((row.how.as_str(), row.who.as_str()), ("api", "anna"));
        assert_eq!(row.reason.as_deref(), Some("because"));
    }
    assert_eq!(rows[3].subject, "source/plaza");
    assert_eq!(rows[1].subject, "weight/film/monsoon radio");
    assert_eq!(rows[0].details["step"], "seats");
}

#[tokio::test]
async fn a_command_is_done_by_a_user_of_a_host() {
    let (db, task_id) = world().await;
    let actor = cli_actor(None);
    source::pause(&db, &actor, "plaza").await.unwrap();
    let tasks = [task_id.to_string()];
    let patience = Duration::ZERO;
    task::request(&db, &actor, &tasks, RequestedAction::Retire, patience)
        .await
        .unwrap();
    let rows = audited(&db).await;
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter()
            .all(|row| row.how == "cli" && row.who.contains('@'))
    );
    assert_eq!(rows[0].subject, format!("task/{task_id}"));
}
