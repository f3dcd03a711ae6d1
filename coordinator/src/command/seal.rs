//! `coordinator seal`: packs the snapshots of past showtimes, or unpacks them.

use std::{
    io::{IsTerminal as _, Write as _, stderr},
    time::Duration,
};

use anyhow::bail;
use fleet_web::operations::Actor;
use schema::seal::{self, Pass, Sealed};
use serde_json::json;
use sqlx::PgPool;

use crate::operate::report::record;

/// Seals these showtimes, or all that have been over for this long.
///
/// # Errors
///
/// If a showtime was left as it was, or the database cannot be asked.
pub async fn seal(
    db: &PgPool,
    actor: &Actor,
    showtimes: Vec<i32>,
    quiet: Duration,
) -> anyhow::Result<()> {
    note(db, actor, "seal", &showtimes).await?;
    let mut pass = if showtimes.is_empty() {
        Pass::new(quiet)
    } else {
        Pass::of(showtimes)
    };
    while pass.batch(db).await? {
        progress(pass.done().showtimes, pass.done().snapshots);
    }
    let Sealed {
        showtimes,
        snapshots,
        seat_records,
        refused,
    } = pass.done();
    end_progress(*showtimes);
    println!("sealed {showtimes} showtimes: {snapshots} snapshots, {seat_records} seat records");
    if !refused.is_empty() {
        bail!(
            "{} showtimes would not come out as they went in and stay as they are: {}; their \
             counters may be counted by an older meaning of codes, see `coordinator source map`",
            refused.len(),
            refused
                .iter()
                .map(i32::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    Ok(())
}

/// Puts the snapshots of these showtimes back, or of all that are sealed.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn undo(db: &PgPool, actor: &Actor, showtimes: &[i32]) -> anyhow::Result<()> {
    note(db, actor, "unseal", showtimes).await?;
    let only = (!showtimes.is_empty()).then_some(showtimes);
    let done = seal::unseal(db, only, |done| progress(done.showtimes, done.snapshots)).await?;
    end_progress(done.showtimes);
    println!(
        "unsealed {} showtimes: {} snapshots",
        done.showtimes, done.snapshots
    );
    Ok(())
}

async fn note(db: &PgPool, actor: &Actor, action: &str, showtimes: &[i32]) -> anyhow::Result<()> {
    let mut connection = db.acquire().await?;
    let details = json!({ "showtimes": showtimes });
    record(&mut connection, actor, action, "showtimes", details).await?;
    Ok(())
}

/// Shows the progress on a terminal.
fn progress(showtimes: u64, snapshots: u64) {
    let mut out = stderr();
    if out.is_terminal() {
        // The terminal may be gone; the command continues.
        let _ = write!(out, "\r{showtimes} showtimes, {snapshots} snapshots");
        let _ = out.flush();
    }
}

fn end_progress(showtimes: u64) {
    if showtimes > 0 && stderr().is_terminal() {
        eprintln!();
    }
}
