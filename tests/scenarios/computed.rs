//! Computed columns and materialised views, while a fleet works.

use std::time::Duration;

use tests::harness::{
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

const COMPUTED: &str = "SELECT count(*) FROM showtime_fact
    WHERE materialized_at > '-infinity' AND seat_count > 0 AND starts_local IS NOT NULL";
const DUE: &str = "SELECT count(*) FROM showtime_fact WHERE materialized_at IS NULL";
const REFRESHED: &str = "SELECT count(*) FROM refresh_execution WHERE succeeded";

/// The leader is gone and its lease lasts far beyond the scenario: the process that
/// computes now does not lead.
#[test]
fn a_coordinator_that_does_not_lead_computes() {
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions {
            coordinators: 2,
            leader_lease: Duration::from_mins(5),
            ..FleetOptions::default()
        })
        .await?;
        fleet.wait_for_snapshots(100, PATIENCE).await?;
        wait_until("facts of showtimes, and a view", PATIENCE, async || {
            let computed = fleet.number(COMPUTED).await?;
            let refreshed = fleet.number(REFRESHED).await?;
            Ok((computed >= 50 && refreshed >= 1).then_some(()))
        })
        .await?;
        let leader = wait_until("a leader", PATIENCE, async || fleet.leader().await).await?;
        fleet.coordinator(leader)?.kill()?;
        sqlx::query("UPDATE showtime_fact SET materialized_at = NULL")
            .execute(fleet.db())
            .await?;
        wait_until("rows that are due no more", PATIENCE, async || {
            Ok((fleet.number(DUE).await? == 0).then_some(()))
        })
        .await?;
        fleet.end(&[]).await
    });
}
