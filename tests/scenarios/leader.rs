//! A change of leader.

use std::time::{Duration, Instant};

use tests::harness::{
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

const LEASE: Duration = Duration::from_secs(2);

async fn wait_for_leader(fleet: &Fleet, other_than: Option<usize>) -> Result<usize, HarnessError> {
    wait_until("a leader", PATIENCE, async || {
        Ok(fleet
            .leader()
            .await?
            .filter(|leader| Some(*leader) != other_than))
    })
    .await
}

/// Invariants 3 and 4.
#[test]
fn a_standby_takes_over_when_the_leader_is_killed() {
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions {
            coordinators: 2,
            leader_lease: LEASE,
            ..FleetOptions::default()
        })
        .await?;
        fleet.wait_for_snapshots(200, PATIENCE).await?;

        let first = wait_for_leader(&fleet, None).await?;
        fleet.coordinator(first)?.kill()?;
        let killed = Instant::now();
        let second = wait_for_leader(&fleet, Some(first)).await?;
        let placed = "SELECT count(*) FROM (SELECT epoch FROM queue UNION ALL
            SELECT 0 FROM running WHERE enqueued_at > (SELECT elected_at FROM leader)) AS placed";
        wait_until("the first tasks of the new leader", PATIENCE, async || {
            Ok((fleet.number(placed).await? > 0).then_some(()))
        })
        .await?;
        println!(
            "coordinator {second} leads and schedules {:?} after",
            killed.elapsed()
        );

        // A leader that resigns is followed at once.
        fleet.restart_coordinator(first)?;
        fleet.wait_for_snapshots(200, PATIENCE).await?;
        let stopped = fleet.coordinator(second)?;
        stopped.stop(PATIENCE).await?;
        wait_for_leader(&fleet, Some(second)).await?;
        fleet.wait_for_snapshots(200, PATIENCE).await?;

        fleet.stop().await?;
        let audit = fleet.audit(&[]).await?.check()?;
        println!("{audit}");
        assert_eq!(audit.count("jobs lost"), 0);
        // On a machine that stalls, a leader may miss its lease.
        fleet.end(&["another coordinator leads now"]).await
    });
}
