//! Pods that die, and pods that only seem dead.

use std::time::Duration;

use simulated_chains::fault::FaultKind;
use tests::harness::{
    chains::ChainsOptions,
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

const LEASE: Duration = Duration::from_secs(3);

async fn claims_of(fleet: &Fleet, pod: usize) -> Result<i64, HarnessError> {
    let claims = sqlx::query_scalar(
        "SELECT count(*) FROM running INNER JOIN pod ON pod.pod_id = running.pod_id WHERE pod.name = $1",
    );
    let claims = claims.bind(Fleet::pod_name(pod)).fetch_one(fleet.db());
    Ok(claims.await?)
}

/// Waits until a pod has claims under way, and returns how many.
async fn wait_for_claims(fleet: &Fleet, pod: usize) -> Result<i64, HarnessError> {
    wait_until("claims of the pod", PATIENCE, async || {
        let claims = claims_of(fleet, pod).await?;
        Ok((claims > 0).then_some(claims))
    })
    .await
}

async fn wait_for_rescue(fleet: &Fleet, pod: usize) -> Result<(), HarnessError> {
    wait_until("the rescue of the pod's claims", PATIENCE, async || {
        Ok((claims_of(fleet, pod).await? == 0).then_some(()))
    })
    .await
}

/// Invariants 1, 2, 3 and 5.
#[test]
fn the_claims_of_a_dead_pod_are_rescued_and_late_results_refused() {
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions {
            pods: 3,
            agents: 30,
            pod_lease: LEASE,
            chains: Some(ChainsOptions {
                slow: Duration::from_secs(1),
                ..ChainsOptions::default()
            }),
            ..FleetOptions::default()
        })
        .await?;
        // So that a pod always has requests on the wire.
        fleet.chains()?.fail("*", FaultKind::Slow, 0.5).await?;
        fleet.wait_for_snapshots(100, PATIENCE).await?;

        wait_for_claims(&fleet, 0).await?;
        fleet.pod(0)?.kill()?;
        wait_for_rescue(&fleet, 0).await?;

        wait_for_claims(&fleet, 1).await?;
        fleet.pod(1)?.pause()?;
        wait_for_rescue(&fleet, 1).await?;
        let resumed = fleet.pod(1)?;
        resumed.resume()?;
        wait_until("the refusal of late results", PATIENCE, async || {
            Ok(resumed.log().contains("and were refused").then_some(()))
        })
        .await?;

        fleet.restart_pod(0)?;
        fleet.wait_for_snapshots(100, PATIENCE).await?;
        fleet.stop().await?;
        let audit = fleet.audit(&[]).await?.check()?;
        println!("{audit}");
        assert!(audit.count("jobs lost") > 0);
        assert_eq!(audit.count("jobs still under way"), 0);
        fleet
            .end(&[
                "dead pods' claims given back",
                "the leader ended this pod",
                "results came after their lease had ended",
            ])
            .await
    });
}
