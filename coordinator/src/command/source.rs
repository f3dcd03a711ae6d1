//! `coordinator source list|pause|resume`.

use anyhow::bail;
use comfy_table::{Table, presets::UTF8_HORIZONTAL_ONLY};
use schema::{
    source::{SourceStatus, set_state, statuses},
    word::SourceState,
};
use sqlx::PgPool;

/// Prints every source and how its last five minutes went.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn list(db: &PgPool) -> anyhow::Result<()> {
    let sources = statuses(db).await?;
    if sources.is_empty() {
        println!("no sources yet; `coordinator source apply FILE…` adds them");
        return Ok(());
    }
    println!("{}", table(&sources));
    Ok(())
}

fn table(sources: &[SourceStatus]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "source",
        "version",
        "health",
        "tasks",
        "ok/5min",
        "failed/5min",
        "why",
    ]);
    for source in sources {
        let why = source
            .state_reason
            .as_deref()
            .or(source.health_reason.as_deref())
            .or(source.last_error.as_deref());
        table.add_row([
            source.source.clone(),
            source
                .definition_version
                .map(|version| version.to_string())
                .unwrap_or_default(),
            source.health.clone(),
            source.tasks.to_string(),
            source.succeeded.to_string(),
            source.failed.to_string(),
            why.unwrap_or_default().chars().take(60).collect(),
        ]);
    }
    table
}

/// Stops scheduling a source; what is running ends as usual.
///
/// # Errors
///
/// If there is no such source, or the database cannot be asked.
pub async fn pause(db: &PgPool, name: &str, reason: &str) -> anyhow::Result<()> {
    change(db, name, SourceState::Paused, Some(reason)).await
}

/// Schedules a source again, be it paused or blocked.
///
/// # Errors
///
/// If there is no such source, or the database cannot be asked.
pub async fn resume(db: &PgPool, name: &str) -> anyhow::Result<()> {
    change(db, name, SourceState::Active, None).await
}

async fn change(
    db: &PgPool,
    name: &str,
    state: SourceState,
    reason: Option<&str>,
) -> anyhow::Result<()> {
    if !set_state(db, name, state, reason).await? {
        bail!("there is no source {name}; `coordinator source list` names them");
    }
    println!("{name}: {}", state.label());
    Ok(())
}
