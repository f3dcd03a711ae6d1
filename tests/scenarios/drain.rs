//! Pods that get the signal to stop.

use std::time::Duration;

use simulated_chains::fault::FaultKind;
use tests::harness::{
    chains::ChainsOptions,
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

async fn start(slow: Duration, grace: Duration) -> Result<Fleet, HarnessError> {
    let mut chains = ChainsOptions {
        slow,
        ..ChainsOptions::default()
    };
    // No more tasks than agents, so that each is claimed as soon as it may be.
    chains.world.cinemas = 1;
    chains.world.auditoriums = 2;
    chains.world.days = 1;
    let fleet = Fleet::start(FleetOptions {
        agents: 60,
        grace,
        chains: Some(chains),
        ..FleetOptions::default()
    })
    .await?;
    fleet.wait_for_snapshots(50, PATIENCE).await?;
    fleet.chains()?.fail("*", FaultKind::Slow, 1.0).await?;
    wait_until("slow jobs", PATIENCE, async || {
        Ok((slow_jobs(&fleet).await? >= 5).then_some(()))
    })
    .await?;
    Ok(fleet)
}

/// How many jobs of the pod wait for an answer that is late on purpose.
async fn slow_jobs(fleet: &Fleet) -> Result<usize, HarnessError> {
    let running: Vec<i64> = sqlx::query_scalar(
        "SELECT job_id FROM running INNER JOIN pod ON pod.pod_id = running.pod_id
        WHERE pod.name = 'pod-1'",
    )
    .fetch_all(fleet.db())
    .await?;
    let lines = fleet.chains()?.witness(0).await?;
    let slow = lines
        .iter()
        .filter(|line| line.fault == Some(FaultKind::Slow))
        .filter_map(|line| line.job.as_ref()?.parse::<i64>().ok());
    Ok(slow.filter(|job_id| running.contains(job_id)).count())
}

const LEFT: &str = "SELECT count(*) FROM running INNER JOIN pod ON pod.pod_id = running.pod_id
    WHERE pod.name = 'pod-1'";

const DRAINED: &str = "SELECT count(*) FROM pod WHERE name = 'pod-1' AND end_reason = 'drained'";

const RETURNED: &str = "SELECT count(*) FROM job INNER JOIN pod ON pod.pod_id = job.pod_id
    WHERE pod.name = 'pod-1' AND job.outcome = 'returned' AND job.requests > 0";

/// Invariants 1 and 2.
#[test]
fn a_pod_that_is_stopped_finishes_what_it_runs() {
    scenario(async {
        let grace = Duration::from_mins(1);
        let mut fleet = start(Duration::from_secs(2), grace).await?;
        let took = fleet.pod(0)?.stop(PATIENCE).await?;
        println!("drained in {took:?}");
        assert_eq!(fleet.number(LEFT).await?, 0, "no claim is left");
        assert_eq!(fleet.number(DRAINED).await?, 1);
        assert_eq!(fleet.number(RETURNED).await?, 0, "nothing was cut off");
        fleet.stop().await?;
        let audit = fleet.audit(&[]).await?.check()?;
        println!("{audit}");
        assert_eq!(audit.count("jobs lost"), 0);
        fleet.end(&[]).await
    });
}

/// Invariant 2: what does not end within the grace is claimable at once.
#[test]
fn a_pod_that_is_stopped_gives_back_what_takes_too_long() {
    scenario(async {
        let grace = Duration::from_secs(1);
        let mut fleet = start(Duration::from_secs(25), grace).await?;
        fleet.pod(0)?.stop(PATIENCE).await?;
        assert_eq!(fleet.number(LEFT).await?, 0, "no claim is left");
        assert_eq!(fleet.number(DRAINED).await?, 1);
        let returned = fleet.number(RETURNED).await?;
        assert!(returned > 0, "slow jobs were given back");
        // Many agents of the other pod wait for slow answers.
        fleet.add_pod()?;
        let again = "SELECT count(*) FROM job INNER JOIN pod ON pod.pod_id = job.pod_id
            WHERE pod.name = 'pod-1' AND job.outcome = 'returned' AND job.requests > 0
                AND (EXISTS (SELECT FROM queue WHERE queue.task_id = job.task_id)
                    OR EXISTS (SELECT FROM running WHERE running.task_id = job.task_id)
                    OR EXISTS (SELECT FROM job AS later WHERE later.task_id = job.task_id
                        AND later.job_id > job.job_id))";
        wait_until(
            "a task that was given back runs again",
            PATIENCE,
            async || Ok((fleet.number(again).await? > 0).then_some(())),
        )
        .await?;
        fleet.stop().await?;
        let audit = fleet.audit(&[]).await?.check()?;
        println!("{audit}");
        assert_eq!(audit.count("jobs lost"), 0);
        fleet.end(&["the grace period is over"]).await
    });
}
