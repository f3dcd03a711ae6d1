//! `coordinator fleet`: the pods that run, and how many could be kept busy.

use schema::fleet::{pods, wanted};
use sqlx::PgPool;

use super::table;

/// Prints the pods, and how many could be kept busy.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn show(db: &PgPool) -> anyhow::Result<()> {
    let fleet = wanted(db).await?;
    println!(
        "{} agents in {} pods, {} busy; the work that the limits permit would keep {} agents busy, in {} pods",
        fleet.agents, fleet.pods, fleet.agents_busy, fleet.agents_wanted, fleet.pods_wanted
    );
    let pods = pods(db).await?;
    if pods.is_empty() {
        return Ok(());
    }
    let mut table = table::with_header([
        "pod",
        "id",
        "version",
        "agents",
        "busy",
        "since (UTC)",
        "lease left",
        "",
    ]);
    for pod in pods {
        table.add_row([
            pod.name,
            pod.pod_id.to_string(),
            pod.version,
            pod.agents.to_string(),
            pod.agents_busy.to_string(),
            pod.started_at.format("%m-%d %H:%M:%S").to_string(),
            format!("{:.1} s", pod.lease_left_seconds),
            if pod.draining { "draining" } else { "" }.to_owned(),
        ]);
    }
    println!("{table}");
    Ok(())
}
