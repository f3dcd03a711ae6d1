//! Rejected events that are checked again.

use std::time::Duration;

use fleet_web::operations::{Actor, How, OperationError, event::ReplayRejects};
use schema::events::replay::{RejectFilter, Replayed};
use serde_json::json;
use sqlx::PgPool;

use super::client_id;
use crate::operate::report::{Report, record};

/// Rejected events that a request checks at most: it has to be answered within seconds.
const MAX_BY_REQUEST: i64 = 2_000;

pub(super) async fn replay(
    db: &PgPool,
    actor: &Actor,
    wanted: &ReplayRejects,
) -> Result<Report, OperationError> {
    let ReplayRejects {
        client,
        event,
        why,
        within_seconds,
        reject_id,
    } = wanted;
    if let Some(client) = client {
        client_id(db, client).await?;
    }
    let filter = RejectFilter {
        client: client.clone(),
        event: event.clone(),
        why: why.clone(),
        within: within_seconds.map(Duration::from_secs),
        reject_id: *reject_id,
    };
    let max = match actor.how {
        How::Cli => i64::MAX,
        How::Api | How::Page => MAX_BY_REQUEST,
    };
    let done = event_receiver::replay(db, &actor.who, &filter, max).await?;
    let subject = match client {
        Some(client) => format!("event-client/{client}"),
        None => "event-client/*".to_owned(),
    };
    let details = json!({
        "event": event, "why": why, "within_seconds": within_seconds, "number": reject_id,
        "stored": done.stored, "duplicates": done.duplicates, "rejected": done.rejected,
    });
    let mut connection = db.acquire().await?;
    let audit_id = record(&mut connection, actor, "event.replay", &subject, details).await?;
    Ok(Report::of(sentence(done, max), audit_id))
}

fn sentence(done: Replayed, max: i64) -> String {
    let Replayed {
        stored,
        duplicates,
        rejected,
    } = done;
    let all = stored + duplicates + rejected;
    if all == 0 {
        return "no event that is rejected matches; nothing is changed".to_owned();
    }
    let more = if i64::try_from(all).is_ok_and(|all| all >= max) {
        "; there may be more: repeat it"
    } else {
        ""
    };
    format!(
        "{all} rejected events were checked again: {stored} are stored now, {duplicates} had been stored \
         before, {rejected} still fail and have their present reasons{more}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_them_is_said() {
        let done = Replayed {
            stored: 3,
            duplicates: 1,
            rejected: 2,
        };
        assert!(sentence(done, 100).ends_with("2 still fail and have their present reasons"));
        assert!(sentence(done, 6).ends_with("repeat it"));
        assert!(sentence(Replayed::default(), 6).contains("nothing is changed"));
    }
}
