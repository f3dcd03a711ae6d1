//! Limits at the source, whatever happens to the fleet.

use std::{path::Path, time::Duration};

use simulated_chains::{fault::FaultKind, options::WorldOptions};
use tests::harness::{
    chains::ChainsOptions,
    fleet::{Fleet, FleetOptions},
    tool::report_missing,
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

/// What shifts the clock of a program, where it is installed.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// Invariants 3 and 8. So slow a rate for its burst that a chain which stalls for some
/// seconds, and then hears all that was sent meanwhile at once, hears no more than it allows.
#[test]
fn no_limit_is_exceeded_whatever_happens_to_the_fleet() {
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions {
            coordinators: 2,
            pods: 3,
            agents: 30,
            pod_lease: Duration::from_secs(8),
            leader_lease: Duration::from_secs(3),
            chains: Some(ChainsOptions {
                world: WorldOptions {
                    chains: 14,
                    cinemas: 1,
                    rate: 2.0,
                    burst: 20,
                    ..ChainsOptions::default().world
                },
                retry_after: true,
                ..ChainsOptions::default()
            }),
            ..FleetOptions::default()
        })
        .await?;
        if Path::new(FAKETIME).exists() {
            fleet.add_pod_with(&[
                ("LD_PRELOAD", FAKETIME),
                ("FAKETIME", "+1h"),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ])?;
        } else {
            report_missing(&format!("there is no {FAKETIME}"));
        }
        fleet.wait_for_snapshots(100, PATIENCE).await?;
        fleet
            .chains()?
            .fail("cds-1", FaultKind::Throttled, 1.0)
            .await?;
        fleet
            .chains()?
            .fail("bhd-2", FaultKind::Throttled, 0.3)
            .await?;

        fleet.pod(0)?.kill()?;
        fleet.pod(1)?.pause()?;
        let leader = wait_until("a leader", PATIENCE, async || fleet.leader().await).await?;
        fleet.coordinator(leader)?.kill()?;
        fleet.restart_pod(0)?;
        wait_until("the end of the frozen pod", PATIENCE, async || {
            let ended = "SELECT count(*) FROM pod WHERE name = 'pod-2' AND ended_at IS NOT NULL";
            Ok((fleet.number(ended).await? > 0).then_some(()))
        })
        .await?;
        fleet.pod(1)?.resume()?;
        wait_until("a slower pace for who complains", PATIENCE, async || {
            let slowed = "SELECT count(*) FROM limit_status
                WHERE limit_key = 'cds-1.simulated' AND rate_share < 1 AND share_reason LIKE '%429%'";
            Ok((fleet.number(slowed).await? > 0).then_some(()))
        })
        .await?;
        fleet.wait_for_snapshots(100, PATIENCE).await?;
        let listed = fleet.operate(&["limit", "list"])?;
        assert!(listed.contains("cds-1.simulated"), "{listed}");
        let shown = fleet.operate(&["fleet"])?;
        assert!(shown.contains("pod-1"), "{shown}");
        fleet.stop().await?;
        let audit = fleet.audit(&[]).await?.check()?;
        println!("{audit}");
        fleet
            .end(&[
                "dead pods' claims given back",
                "the leader ended this pod",
                "results came after their lease had ended",
                "another coordinator leads now",
            ])
            .await
    });
}
