//! `coordinator event rejects`: what could not be stored, and why.

use schema::reading::{Reader, event_rejects};
use sqlx::PgPool;

use crate::command::table;

/// Letters of an event that are shown.
const SHOWN_LETTERS: i32 = 80;

pub(super) async fn list(db: &PgPool, client: Option<&str>, limit: i64) -> anyhow::Result<()> {
    let mut reader = Reader::begin(db).await?;
    let rejects = event_rejects::list(&mut reader, client, None, limit, SHOWN_LETTERS).await?;
    if rejects.is_empty() {
        println!("no rejected events");
        return Ok(());
    }
    let mut table = table::with_header([
        "number",
        "at (UTC)",
        "client",
        "key",
        "event",
        "where",
        "reason",
        "sent",
        "replayed (UTC)",
    ]);
    for one in rejects {
        table.add_row([
            one.reject_id.to_string(),
            one.rejected_at.format("%Y-%m-%d %H:%M:%S").to_string(),
            one.client,
            one.key,
            one.event.unwrap_or_default(),
            one.pointer,
            one.reason,
            one.body,
            table::time_or(one.replayed_at, ""),
        ]);
    }
    println!("{table}");
    Ok(())
}
