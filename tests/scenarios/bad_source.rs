//! Sources that misbehave, beside others that do not.

use std::{collections::BTreeMap, fs, time::Instant};

use simulated_chains::fault::FaultKind;
use tests::harness::{
    chains::ChainsOptions,
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};
use toml_edit::{DocumentMut, value};

use crate::scenario;

/// Requests per second that each chain allows.
const RATE: f64 = 8.0;
const BURST: u32 = 24;

/// Requests of each chain that goes on, while the others are watched: half a minute's
/// worth at most of a burst, and then at its rate.
const WATCHED: u64 = 50;

/// Requests of each chain until now, and how many of them were refused.
async fn requests(fleet: &Fleet) -> Result<BTreeMap<String, (u64, u64)>, HarnessError> {
    let limits = fleet.chains()?.limits().await?;
    Ok(limits
        .into_iter()
        .map(|(chain, seen)| (chain, (seen.requests, seen.refused)))
        .collect())
}

/// How long a refusal may take to reach the pods: there and back on the wire, and
/// through the database, whose commit a busy disk delays.
const HEARD_AFTER_US: u64 = 500_000;

/// The share of a chain's requests that came well after a refusal, but before the second
/// was over for which it had asked. The second begins when the answer arrives, so its last
/// tenth may be one of the next.
async fn share_in_a_pause(fleet: &Fleet, chain: &str) -> Result<f64, HarnessError> {
    let lines = fleet.chains()?.witness(0).await?;
    let lines: Vec<_> = lines.iter().filter(|line| line.chain == chain).collect();
    let refused = lines.iter().filter(|line| line.status == 429);
    let pauses: Vec<_> = refused
        .map(|line| line.monotonic_us + HEARD_AFTER_US..line.monotonic_us + 900_000)
        .collect();
    let late = lines.iter().filter(|line| {
        pauses
            .iter()
            .any(|pause| pause.contains(&line.monotonic_us))
    });
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let share = late.count() as f64 / lines.len() as f64;
    Ok(share)
}

/// Jobs of a chain that failed for a reason, and those that have not ended.
async fn failed_and_open(
    fleet: &Fleet,
    chain: &str,
    reason: &str,
) -> Result<(i64, i64), HarnessError> {
    let counts = "SELECT
            (SELECT count(*) FROM job INNER JOIN step ON step.step_id = job.step_id
            WHERE step.source_id = source.source_id AND job.error_class::text = $2),
            (SELECT count(*)
            FROM (SELECT task_id FROM queue UNION ALL SELECT task_id FROM running) AS open
            INNER JOIN task ON task.task_id = open.task_id
            INNER JOIN step ON step.step_id = task.step_id
            WHERE step.source_id = source.source_id)
        FROM source WHERE source.name = $1";
    let counts = sqlx::query_as(counts).bind(chain).bind(reason);
    Ok(counts.fetch_one(fleet.db()).await?)
}

/// Lets the fleet believe that a chain allows more than it does, and wait less for its answers.
fn edit(
    fleet: &Fleet,
    chain: &str,
    edit: impl FnOnce(&mut DocumentMut),
) -> Result<(), HarnessError> {
    let file = fleet
        .directory()
        .join("sources")
        .join(format!("{chain}.toml"));
    let mut document: DocumentMut = fs::read_to_string(&file).unwrap().parse().unwrap();
    edit(&mut document);
    fs::write(&file, document.to_string()).unwrap();
    let said = fleet.apply(&[file])?;
    assert!(said.contains("now at version 2"), "{said}");
    Ok(())
}

/// Invariants 3 and 10.
#[test]
fn a_source_that_misbehaves_hurts_only_itself() {
    scenario(async {
        let mut chains = ChainsOptions {
            retry_after: true,
            ..ChainsOptions::default()
        };
        chains.world.rate = RATE;
        chains.world.burst = BURST;
        let mut fleet = Fleet::start(FleetOptions {
            chains: Some(chains),
            ..FleetOptions::default()
        })
        .await?;
        fleet.wait_for_snapshots(100, PATIENCE).await?;

        edit(&fleet, "bhd-1", |bhd| {
            for step in ["cinemas", "showtimes", "seats"] {
                bhd["steps"][step]["request"]["timeout"] = value("1s");
            }
        })?;
        edit(&fleet, "amc-1", |amc| {
            amc["limit"]["rate"] = value(4.0 * RATE);
            amc["limit"]["burst"] = value(60);
        })?;
        let bad = [
            ("bhd-1", FaultKind::Hang),
            ("major-1", FaultKind::ServerError),
            ("cds-1", FaultKind::Garbage),
        ];
        for (chain, kind) in bad {
            fleet.chains()?.fail(chain, kind, 1.0).await?;
        }
        for (chain, reason) in [
            ("bhd-1", "timeout"),
            ("major-1", "unavailable"),
            ("cds-1", "malformed"),
            ("amc-1", "throttled"),
        ] {
            let found = "SELECT last_error FROM source_failure WHERE source = $1 AND reason = $2";
            let found = wait_until("the reason of the failure", PATIENCE, async || {
                let found = sqlx::query_scalar::<_, String>(found)
                    .bind(chain)
                    .bind(reason);
                Ok(found.fetch_optional(fleet.db()).await?)
            });
            println!("{chain} {reason}: {}", found.await?);
        }

        // A breaker opens after four failures in a row; what was under way then comes back.
        for (chain, reason) in [("bhd-1", "timeout"), ("major-1", "unavailable")] {
            wait_until("an open breaker", PATIENCE, async || {
                let (failed, open) = failed_and_open(&fleet, chain, reason).await?;
                Ok((failed >= 6 && open == 0).then_some(()))
            })
            .await?;
        }
        let (before, began) = (requests(&fleet).await?, Instant::now());
        let after = wait_until("requests of the others", PATIENCE, async || {
            let after = requests(&fleet).await?;
            let go_on = ["megabox-1", "cgv-kr-1", "cgv-id-1"]
                .iter()
                .all(|chain| after[*chain].0 >= before[*chain].0 + WATCHED);
            Ok(go_on.then_some(after))
        })
        .await?;
        let took = began.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let came = |chain: &str| (after[chain].0 - before[chain].0) as f64;
        for (chain, (_, refused)) in &after {
            let refused = refused - before[chain].1;
            println!("{chain}: {} in {took:.1} s, {refused} refused", came(chain));
        }
        for chain in ["bhd-1", "major-1"] {
            // A probe each ten seconds at most.
            assert!(
                came(chain) <= 2.0 + took / 10.0,
                "the breaker leaves {chain} alone, but for probes"
            );
        }
        assert!(
            came("cds-1") <= RATE * took + f64::from(BURST),
            "cds-1 is asked more than it allows"
        );
        // Its definition asks for four times its rate, so that most would come in a pause.
        let share = share_in_a_pause(&fleet, "amc-1").await?;
        println!("amc-1: {share:.3} of its requests came while it had asked for a pause");
        assert!(share < 0.1, "amc-1 is not paused");

        for (chain, kind) in bad {
            fleet.chains()?.fail(chain, kind, 0.0).await?;
        }
        let recovered = "SELECT count(*) FROM job INNER JOIN step ON step.step_id = job.step_id
            INNER JOIN source ON source.source_id = step.source_id
            WHERE source.name = 'major-1' AND job.outcome = 'succeeded'
                AND job.finished_at > now() - interval '1 second'";
        wait_until("a successful probe", PATIENCE, async || {
            Ok((fleet.number(recovered).await? > 0).then_some(()))
        })
        .await?;

        fleet.stop().await?;
        let audit = fleet.audit(&["amc-1"]).await?.check()?;
        println!("{audit}");
        fleet.end(&["the health of a source fell"]).await
    });
}
