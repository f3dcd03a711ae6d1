//! Pods that die while a background pass of the coordinator is broken.

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
/// The longest time between two looks for dead pods.
const TICK: Duration = Duration::from_secs(3);
/// What giving claims back and claiming them again takes on a busy machine.
const SLACK: Duration = Duration::from_secs(5);

/// What the passes of the leader need: one is refused, and one finds nothing there.
const BREAK: [&str; 2] = [
    "REVOKE EXECUTE ON FUNCTION ensure_partitions(integer) FROM PUBLIC, coordinator",
    "ALTER FUNCTION mark_dirty_buckets(integer) RENAME TO mark_dirty_buckets_no_more",
];
const MEND: [&str; 2] = [
    "GRANT EXECUTE ON FUNCTION ensure_partitions(integer) TO coordinator",
    "ALTER FUNCTION mark_dirty_buckets_no_more(integer) RENAME TO mark_dirty_buckets",
];

/// How many claims a pod lost, and the longest time from its last heartbeat until the task of
/// one was claimed by another pod; none while one of them waits.
async fn taken_over(fleet: &Fleet, pod: usize) -> Result<Option<(i64, Duration)>, HarnessError> {
    let claims = "WITH lost AS (
            SELECT job.task_id, pod.pod_id, pod.heartbeat_at, pod.ended_at
            FROM job INNER JOIN pod ON pod.pod_id = job.pod_id
            WHERE pod.name = $1 AND job.outcome = 'lost'
        ),
        again AS (
            SELECT lost.task_id, lost.heartbeat_at, min(claim.claimed_at) AS claimed_at
            FROM lost
            LEFT JOIN (
                SELECT task_id, pod_id, claimed_at FROM running
                UNION ALL
                SELECT task_id, pod_id, claimed_at FROM job
            ) AS claim
                ON claim.task_id = lost.task_id
                AND claim.pod_id <> lost.pod_id
                AND claim.claimed_at >= lost.ended_at
            GROUP BY lost.task_id, lost.heartbeat_at
        )
        SELECT count(*), count(*) FILTER (WHERE claimed_at IS NULL),
            max(extract(epoch FROM claimed_at - heartbeat_at))::float8
        FROM again";
    let (lost, waiting, most): (i64, i64, Option<f64>) = sqlx::query_as(claims)
        .bind(Fleet::pod_name(pod))
        .fetch_one(fleet.db())
        .await?;
    let most = most.filter(|_| lost > 0 && waiting == 0);
    Ok(most.map(|seconds| (lost, Duration::from_secs_f64(seconds))))
}

/// Invariants 2 and 13: an error that comes again and again in one pass stalled the rescue of
/// dead pods for ever.
#[test]
fn a_broken_pass_does_not_keep_dead_pods_from_being_rescued() {
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions {
            coordinators: 0,
            pods: 0,
            agents: 30,
            pod_lease: LEASE,
            chains: Some(ChainsOptions {
                slow: Duration::from_secs(1),
                ..ChainsOptions::default()
            }),
            ..FleetOptions::default()
        })
        .await?;
        for statement in BREAK {
            sqlx::raw_sql(statement).execute(fleet.db()).await?;
        }
        let coordinator = fleet.add_coordinator()?;
        for _ in 0..3 {
            fleet.add_pod()?;
        }
        // So that a pod always has requests on the wire.
        fleet.chains()?.fail("*", FaultKind::Slow, 0.5).await?;
        fleet.wait_for_snapshots(100, PATIENCE).await?;
        for pass in ["partitions", "rollups"] {
            wait_until("the failure of a pass", PATIENCE, async || {
                let log = fleet.coordinator(coordinator)?.log();
                let fails = |line: &str| line.contains("pass failed") && line.contains(pass);
                Ok(log.lines().any(fails).then_some(()))
            })
            .await?;
        }

        fleet
            .wait_for_number(
                "claims of the pod",
                "SELECT count(*) FROM running INNER JOIN pod USING (pod_id) WHERE name = 'pod-1'",
                5,
                PATIENCE,
            )
            .await?;
        fleet.pod(0)?.kill()?;
        let (lost, took) = wait_until(
            "the claims of the dead pod at others",
            PATIENCE,
            async || taken_over(&fleet, 0).await,
        )
        .await?;
        println!("{lost} claims, all at other pods {took:?} after the last heartbeat");
        assert!(took <= LEASE + TICK + SLACK, "{took:?}");
        let log = fleet.coordinator(coordinator)?.log();
        assert!(
            !log.contains("pass succeeds again"),
            "it was broken until then"
        );

        for statement in MEND {
            sqlx::raw_sql(statement).execute(fleet.db()).await?;
        }
        fleet.stop().await?;
        println!("{}", fleet.audit(&[]).await?.check()?);
        fleet
            .end(&["pass failed", "dead pods' claims given back"])
            .await
    });
}
