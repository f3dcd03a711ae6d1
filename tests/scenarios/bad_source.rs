//! Sources that misbehave, beside others that do not.

use std::{collections::BTreeMap, fs, time::Duration};

use tests::{
    harness::{
        chains::ChainsOptions,
        error::HarnessError,
        fleet::{Fleet, FleetOptions},
        wait::wait_until,
    },
    simulated::fault::FaultKind,
};
use toml_edit::{DocumentMut, value};

use crate::scenario;

/// Requests per second that each chain allows.
const RATE: f64 = 8.0;

/// How long the fleet is watched: shorter than a breaker waits for its first probe.
const WATCHED: Duration = Duration::from_secs(7);

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

/// Counts requests that came well after a refusal, but before the second was over for
/// which it had asked. The second begins when the answer arrives, so its last tenth may
/// be one of the next.
async fn sent_in_a_pause(fleet: &Fleet, chain: &str) -> Result<usize, HarnessError> {
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
    Ok(late.count())
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
    scenario(Duration::from_mins(2), async {
        let mut chains = ChainsOptions {
            retry_after: true,
            ..ChainsOptions::default()
        };
        chains.world.rate = RATE;
        chains.world.burst = 24;
        let mut fleet = Fleet::start(FleetOptions {
            chains: Some(chains),
            ..FleetOptions::default()
        })
        .await?;
        fleet
            .wait_for_snapshots(100, Duration::from_secs(40))
            .await?;

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
            let found = wait_until(
                "the reason of the failure",
                Duration::from_secs(15),
                async || {
                    let found = sqlx::query_scalar::<_, String>(found)
                        .bind(chain)
                        .bind(reason);
                    Ok(found.fetch_optional(fleet.db()).await?)
                },
            );
            println!("{chain} {reason}: {}", found.await?);
        }

        let before = requests(&fleet).await?;
        tokio::time::sleep(WATCHED).await;
        let after = requests(&fleet).await?;
        let came = |chain: &str| {
            let (first, last) = (before[chain], after[chain]);
            #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
            let share = (last.0 - first.0) as f64 / (RATE * WATCHED.as_secs_f64());
            println!(
                "{chain}: {share:.2} of its rate, {} refused",
                last.1 - first.1
            );
            share
        };
        for chain in ["megabox-1", "cgv-kr-1", "cgv-id-1"] {
            assert!(came(chain) > 0.8, "{chain} is asked as before");
        }
        for chain in ["bhd-1", "major-1"] {
            assert!(
                came(chain) < 0.2,
                "the breaker leaves {chain} alone, but for probes"
            );
        }
        // Each refusal pauses it, so it never gets the four times its rate that its
        // definition asks for; how near it comes depends on how long the pauses are.
        assert!(came("amc-1") < 3.0, "amc-1 is not paused");
        assert!(came("cds-1") < 1.1, "cds-1 is asked more than it allows");
        let late = sent_in_a_pause(&fleet, "amc-1").await?;
        assert_eq!(
            late, 0,
            "requests that came while amc-1 had asked for a pause"
        );

        for (chain, kind) in bad {
            fleet.chains()?.fail(chain, kind, 0.0).await?;
        }
        let recovered = "SELECT count(*) FROM job INNER JOIN step ON step.step_id = job.step_id
            INNER JOIN source ON source.source_id = step.source_id
            WHERE source.name = 'major-1' AND job.outcome = 'succeeded'
                AND job.finished_at > now() - interval '1 second'";
        wait_until("a successful probe", Duration::from_secs(40), async || {
            Ok((fleet.number(recovered).await? > 0).then_some(()))
        })
        .await?;

        fleet.stop().await?;
        let audit = fleet.audit(&["amc-1"]).await?.check()?;
        println!("{audit}");
        fleet.end(&["the health of a source fell"]).await
    });
}
