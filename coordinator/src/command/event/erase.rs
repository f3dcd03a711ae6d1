//! `coordinator event erase`: removes a user from events.

use anyhow::bail;
use fleet_web::operations::Actor;
use schema::events::erasure;
use serde_json::json;
use sqlx::PgPool;

use crate::{command::table, operate::report::record};

pub(super) async fn erase(
    db: &PgPool,
    actor: &Actor,
    client: &str,
    user: &str,
) -> anyhow::Result<()> {
    let client_id = super::client_id(db, client).await?;
    let mut transaction = db.begin().await?;
    let Some(erased) = erasure::erase(&mut transaction, client_id, user).await? else {
        // Rejected events that name the user are gone all the same.
        transaction.commit().await?;
        bail!("client {client} has no user with this id; is it written as the client sends it?");
    };
    // The audit names the ledger, not the user.
    let subject = format!("event-client/{client}");
    let details = json!({"erasure": erased.erasure_id, "events": erased.events});
    record(&mut transaction, actor, "event.erase", &subject, details).await?;
    transaction.commit().await?;
    println!(
        "erasure {}: the id is gone, with the properties of {} events and {} rejected events; \
         the leader looks over the events again in two minutes",
        erased.erasure_id, erased.events, erased.rejects
    );
    Ok(())
}

pub(super) async fn list(db: &PgPool) -> anyhow::Result<()> {
    let all = erasure::list(db, 100).await?;
    if all.is_empty() {
        println!("nobody was erased yet");
        return Ok(());
    }
    let mut table = table::with_header([
        "number",
        "client",
        "asked for (UTC)",
        "done (UTC)",
        "events",
        "rejected events",
    ]);
    for one in all {
        table.add_row([
            one.erasure_id.to_string(),
            one.client,
            one.requested_at.format("%Y-%m-%d %H:%M:%S").to_string(),
            one.done_at.map_or_else(
                || "not yet".to_owned(),
                |at| at.format("%Y-%m-%d %H:%M:%S").to_string(),
            ),
            one.events.to_string(),
            one.rejects.to_string(),
        ]);
    }
    println!("{table}");
    Ok(())
}
