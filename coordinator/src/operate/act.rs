//! Any action, for the API and the page.

use std::time::Duration;

use fleet_web::operations::{Action, Actor, OperationError};
use source_language::source::SecretRules;
use sqlx::PgPool;

use super::{
    alert, anomaly,
    apply::{self, Checks},
    data_set, event, film,
    report::Report,
    source, task, weight,
};

/// How long a request waits for the leader to apply what it asks of a task.
const LEADER_PATIENCE: Duration = Duration::from_secs(2);

/// Carries out an action of a person; definitions may name the secrets that `rules` allow.
///
/// # Errors
///
/// If it is refused, or the database fails: nothing is changed then.
pub async fn act(
    db: &PgPool,
    rules: &SecretRules,
    actor: &Actor,
    action: Action,
) -> Result<Report, OperationError> {
    match action {
        Action::PauseSource { source } => source::pause(db, actor, &source).await,
        Action::ResumeSource { source } => source::resume(db, actor, &source).await,
        Action::AcceptAnswers { source, step } => {
            source::accept(db, actor, &source, step.as_deref()).await
        }
        Action::MapCodes { source, codes } => source::map(db, actor, &source, &codes).await,
        Action::MapAttributes { source, meanings } => {
            source::map_attributes(db, actor, &source, &meanings).await
        }
        Action::DecidePair { films, verdict } => {
            film::decide(db, actor, (&films.0, &films.1), verdict).await
        }
        Action::RequestTask { task, action } => {
            task::request(db, actor, &[task], action, LEADER_PATIENCE).await
        }
        Action::Weigh { kind, name, factor } => match factor {
            Some(factor) => weight::set(db, actor, kind, &name, factor).await,
            None => weight::remove(db, actor, kind, &name).await,
        },
        Action::ApplyDefinition { text, is_forced } => {
            let checks = if is_forced {
                Checks::Skipped
            } else {
                Checks::Made
            };
            let files = [("the definition".to_owned(), text)];
            apply::apply(db, actor, &files, rules, checks).await
        }
        Action::DecideAnomaly {
            anomaly_id,
            is_accepted,
        } => anomaly::decide(db, actor, anomaly_id, is_accepted).await,
        Action::BuildDataSet { name, from, until } => {
            data_set::build(db, actor, &name, from, until).await
        }
        Action::Event(action) => event::act(db, actor, &action).await,
        Action::Alert(action) => alert::act(db, actor, &action).await,
        Action::RollBack { source, to } => apply::roll_back(db, actor, &source, to, rules).await,
    }
}
