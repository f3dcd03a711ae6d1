//! A task that kills its pod, and what persons may do to single tasks.

use std::time::Duration;

use simulated_chains::fault::{Fault, FaultKind};
use tests::harness::{
    chains::ChainsOptions,
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

/// The chain whose showtime is looked for in the path of a request.
const CHAIN: &str = "cds-1";

fn options() -> FleetOptions {
    FleetOptions {
        // A pod that stalls for some seconds has not died: its tasks are no suspects.
        pod_lease: Duration::from_secs(8),
        leader_lease: Duration::from_secs(3),
        grace: Duration::from_secs(1),
        agents: 20,
        chains: Some(ChainsOptions {
            slow: Duration::from_secs(1),
            ..ChainsOptions::default()
        }),
        ..FleetOptions::default()
    }
}

/// The seats task that has longest to live, and the last part of its key; the listings of the chain
/// may come later than those of others.
async fn choose_task(fleet: &Fleet) -> Result<(i64, String), HarnessError> {
    const CHOSEN: &str = "SELECT task.task_id, regexp_replace(task.key, '.*/', '')
        FROM task
        INNER JOIN step ON step.step_id = task.step_id AND step.name = 'seats'
        INNER JOIN source ON source.source_id = step.source_id AND source.name = $1
        WHERE task.retired_at IS NULL
        ORDER BY task.starts_at DESC
        LIMIT 1";
    wait_until("a task of seats", PATIENCE, async || {
        let chosen = sqlx::query_as(CHOSEN).bind(CHAIN);
        Ok(chosen.fetch_optional(fleet.db()).await?)
    })
    .await
}

/// Lets requests for a showtime hang, or no more.
async fn hang(fleet: &Fleet, showtime: &str, fraction: f64) -> Result<(), HarnessError> {
    let fault = Fault {
        chain: CHAIN.to_owned(),
        kind: FaultKind::Hang,
        fraction,
        path: Some(format!("/shows/{showtime}/")),
    };
    fleet.chains()?.set_fault(&fault).await
}

/// A number of a task.
async fn ask(fleet: &Fleet, question: &'static str, task_id: i64) -> Result<i64, HarnessError> {
    let asked = sqlx::query_scalar(question).bind(task_id);
    Ok(asked.fetch_one(fleet.db()).await?)
}

async fn wait_for(
    fleet: &Fleet,
    what: &str,
    question: &'static str,
    task_id: i64,
    least: i64,
) -> Result<(), HarnessError> {
    wait_until(what, PATIENCE, async || {
        Ok((ask(fleet, question, task_id).await? >= least).then_some(()))
    })
    .await
}

const DEATHS: &str = "SELECT deaths::bigint FROM task WHERE task_id = $1";
const RUNNING: &str = "SELECT count(*) FROM running WHERE task_id = $1";
const OUT: &str = "SELECT (SELECT count(*) FROM queue WHERE task_id = $1)
    + (SELECT count(*) FROM running WHERE task_id = $1)";
const SUCCEEDED: &str =
    "SELECT count(*) FROM job WHERE task_id = $1 AND outcome = 'succeeded' AND claimed_at >
        (SELECT max(finished_at) FROM job WHERE task_id = $1 AND outcome IN ('lost', 'cancelled'))";

/// Kills the pod in which the task runs, and starts it again. On a slow machine thousands
/// of tasks are due before it, so it is asked for.
async fn kill_its_pod(fleet: &mut Fleet, task_id: i64) -> Result<(), HarnessError> {
    fleet.operate(&["task", "run-now", &task_id.to_string()])?;
    let name: String = wait_until("the task to run", PATIENCE, async || {
        let found = sqlx::query_scalar(
            "SELECT pod.name FROM running INNER JOIN pod ON pod.pod_id = running.pod_id
            WHERE running.task_id = $1 AND pod.ended_at IS NULL",
        );
        Ok(found.bind(task_id).fetch_optional(fleet.db()).await?)
    })
    .await?;
    let number = (0..fleet.pods()).find(|number| Fleet::pod_name(*number) == name);
    let number = number.expect("a pod of this fleet");
    fleet.pod(number)?.kill()?;
    fleet.restart_pod(number)
}

/// Invariants 1, 2 and 10: the task that kills its pod is distinguished from the tasks that die with it.
#[test]
fn a_task_that_kills_its_pod_is_isolated_after_three_deaths() {
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions {
            coordinators: 2,
            pods: 3,
            ..options()
        })
        .await?;
        fleet.wait_for_snapshots(100, PATIENCE).await?;
        // So that every pod that dies takes others with it.
        fleet.chains()?.fail("*", FaultKind::Slow, 0.5).await?;
        let (task_id, showtime) = choose_task(&fleet).await?;
        let name = task_id.to_string();
        hang(&fleet, &showtime, 1.0).await?;

        for deaths in 1..=3 {
            kill_its_pod(&mut fleet, task_id).await?;
            wait_for(&fleet, "the death to be counted", DEATHS, task_id, deaths).await?;
            if deaths == 1 {
                // The count outlives a leader.
                let leader =
                    wait_until("a leader", PATIENCE, async || fleet.leader().await).await?;
                fleet.coordinator(leader)?.kill()?;
                fleet.restart_coordinator(leader)?;
            }
        }

        let isolated: Vec<i64> = sqlx::query_scalar("SELECT task_id FROM isolated_task")
            .fetch_all(fleet.db())
            .await?;
        assert_eq!(isolated, [task_id], "only the culprit");
        fleet.wait_for_snapshots(100, PATIENCE).await?;
        assert_eq!(ask(&fleet, OUT, task_id).await?, 0);
        let listed = fleet.operate(&["task", "list"])?;
        assert!(listed.contains(&name), "{listed}");
        let said: String = sqlx::query_scalar(
            "SELECT error FROM job WHERE task_id = $1 AND outcome = 'lost' ORDER BY finished_at DESC LIMIT 1",
        )
        .bind(task_id)
        .fetch_one(fleet.db())
        .await?;
        assert!(said.contains("isolated"), "{said}");

        hang(&fleet, &showtime, 0.0).await?;
        fleet.operate(&["task", "release", &name])?;
        fleet.operate(&["task", "run-now", &name])?;
        wait_for(
            &fleet,
            "the released task to succeed",
            SUCCEEDED,
            task_id,
            1,
        )
        .await?;
        wait_until("its deaths to be forgotten", PATIENCE, async || {
            Ok((ask(&fleet, DEATHS, task_id).await? == 0).then_some(()))
        })
        .await?;
        fleet.chains()?.fail("*", FaultKind::Slow, 0.0).await?;
        fleet
            .end(&[
                "dead pods' claims given back",
                "the leader ended this pod",
                "results came after their lease had ended",
                "isolated until",
                "the grace period is over",
                "another coordinator leads now",
            ])
            .await
    });
}

/// Invariant 1: what a person ended is refused when it comes late.
#[test]
fn a_person_runs_cancels_retires_and_releases_a_task() {
    scenario(async {
        let fleet = Fleet::start(FleetOptions {
            pods: 1,
            ..options()
        })
        .await?;
        fleet.wait_for_snapshots(50, PATIENCE).await?;
        let (task_id, showtime) = choose_task(&fleet).await?;
        let name = task_id.to_string();
        hang(&fleet, &showtime, 1.0).await?;
        fleet.operate(&["task", "run-now", &name])?;
        wait_for(&fleet, "the task to run", RUNNING, task_id, 1).await?;
        let job_id = ask(
            &fleet,
            "SELECT job_id FROM running WHERE task_id = $1",
            task_id,
        )
        .await?;
        fleet.operate(&["task", "cancel", &name])?;
        let outcome: String = sqlx::query_scalar("SELECT outcome::text FROM job WHERE job_id = $1")
            .bind(job_id)
            .fetch_one(fleet.db())
            .await?;
        assert_eq!(outcome, "cancelled");

        fleet.operate(&["task", "run-now", &name])?;
        wait_for(&fleet, "the task to run again", RUNNING, task_id, 1).await?;
        fleet.operate(&["task", "retire", &name, "--reason", "a test"])?;
        fleet.wait_for_snapshots(50, PATIENCE).await?;
        assert_eq!(ask(&fleet, OUT, task_id).await?, 0, "it runs no more");
        assert!(fleet.operate(&["task", "list"])?.contains("a test"));
        assert!(fleet.operate(&["task", "run-now", &name]).is_err());

        hang(&fleet, &showtime, 0.0).await?;
        fleet.operate(&["task", "release", &name])?;
        fleet.operate(&["task", "run-now", &name])?;
        wait_for(
            &fleet,
            "the released task to succeed",
            SUCCEEDED,
            task_id,
            1,
        )
        .await?;
        fleet.operate(&["source", "pause", CHAIN])?;
        let key = format!("{CHAIN}/cinemas/");
        let message = fleet.operate(&["task", "run-now", &key])?;
        assert!(message.contains("but its source is paused"), "{message}");
        let late = [
            "results came after their lease had ended",
            "the grace period is over",
            "another coordinator leads now",
        ];
        fleet.end(&late).await
    });
}
