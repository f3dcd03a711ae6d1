//! Clients that send events, their keys, schemas and names; experiments.
//!
//! | module | changes |
//! |---|---|
//! | `client` | clients, and the names of their events |
//! | `key` | keys |
//! | `schema_version` | schemas of events |
//! | `replay` | rejected events |
//! | `experiment` | experiments |

use event_contract::limits::MAX_NAME_CHARS;
use fleet_web::operations::{Actor, OperationError, event::EventAction};
use schema::events::client::find;
use sqlx::PgPool;

use super::report::{Report, invalid};

mod client;
mod experiment;
mod key;
mod replay;
mod schema_version;

/// Carries out an action on what receives events.
///
/// # Errors
///
/// If something that is named does not exist, a value cannot be used, or the database fails: nothing is
/// changed then.
pub async fn act(
    db: &PgPool,
    actor: &Actor,
    action: &EventAction,
) -> Result<Report, OperationError> {
    match action {
        EventAction::PutClient(client) => client::put(db, actor, client).await,
        EventAction::CreateKey(key) => key::create(db, actor, key).await,
        EventAction::RevokeKey { key_id } => key::revoke(db, actor, *key_id).await,
        EventAction::RegisterSchema(schema) => schema_version::register(db, actor, schema).await,
        EventAction::Rename {
            client,
            received,
            canonical,
        } => client::rename(db, actor, client, received, canonical).await,
        EventAction::Replay(wanted) => replay::replay(db, actor, wanted).await,
        EventAction::BeginExperiment(wanted) => experiment::begin(db, actor, wanted).await,
        EventAction::EndExperiment { name } => experiment::end(db, actor, name).await,
        EventAction::DropExperiment { name } => experiment::drop(db, actor, name).await,
    }
}

/// Finds the number of a client.
///
/// # Errors
///
/// If there is none of that name, or the database fails.
pub async fn client_id(db: &PgPool, name: &str) -> Result<i16, OperationError> {
    find(db, name).await?.ok_or_else(|| {
        OperationError::NotFound(format!(
            "there is no client {name}; `coordinator event clients` lists all"
        ))
    })
}

/// Refuses a text that no event can be called.
fn check_name(what: &str, name: &str) -> Result<(), OperationError> {
    if (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(invalid(format!(
        "{what} must be 1 to {MAX_NAME_CHARS} letters, without control characters"
    )))
}
