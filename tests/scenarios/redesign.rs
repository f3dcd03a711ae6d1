//! Chains that change their site while they are watched.

use std::{fs, time::Duration};

use simulated_chains::{redesign::Redesign, witness::PageKind};
use tests::harness::{
    chains::ChainsOptions,
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

/// A chain, how it changes, which step notices it, the reason that an operator reads, and what the
/// Sources page calls it.
type Way = (&'static str, Redesign, PageKind, &'static str, &'static str);

const WAYS: [Way; 8] = [
    (
        "amc-1",
        Redesign::RenamedField,
        PageKind::Seats,
        "field `status`",
        "field renamed or gone",
    ),
    (
        "cds-1",
        Redesign::NewStatus,
        PageKind::Seats,
        "`7`",
        "new status code",
    ),
    (
        "cgv-kr-1",
        Redesign::EmptyList,
        PageKind::Showtimes,
        "showtimes still to come are in the list of 0",
        "list emptied",
    ),
    (
        "cgv-id-1",
        Redesign::Login,
        PageKind::Seats,
        "is it a login page?",
        "login page",
    ),
    (
        "major-1",
        Redesign::HalvedMaps,
        PageKind::Seats,
        "seats where it had",
        "seat maps cut",
    ),
    (
        "megabox-1",
        Redesign::ShiftedTimes,
        PageKind::Showtimes,
        "moved by 2h",
        "times shifted",
    ),
    (
        "bhd-1",
        Redesign::DoubledLetter,
        PageKind::Seats,
        "does a row letter come twice?",
        "rows mislabelled",
    ),
    (
        "bhd-2",
        Redesign::MinorUnits,
        PageKind::Seats,
        "in another unit?",
        "prices in another unit",
    ),
];

/// Answers of a step after which its redesign must be known.
const WITHIN: usize = 5;

/// How long a redesigned chain may take to recover: its probes are the rarer the longer it
/// lasted.
const RECOVERED: Duration = Duration::from_mins(5);

fn step_of(kind: PageKind) -> &'static str {
    match kind {
        PageKind::Showtimes => "showtimes",
        _ => "seats",
    }
}

/// The health of a step, and why.
async fn health(
    fleet: &Fleet,
    (chain, _, kind, ..): Way,
) -> Result<(String, String), HarnessError> {
    let health = "SELECT step.health::text, coalesce(step.health_reason, '')
        FROM step INNER JOIN source ON source.source_id = step.source_id
        WHERE source.name = $1 AND step.name = $2";
    let health = sqlx::query_as(health).bind(chain).bind(step_of(kind));
    Ok(health.fetch_one(fleet.db()).await?)
}

/// Reads what an operator sees of a redesign first: the health, the reason, and the first job.
async fn reported(
    fleet: &Fleet,
    (chain, _, kind, says, _): Way,
) -> Result<Option<(String, String, i64)>, HarnessError> {
    let first = "SELECT new_state, reason, job_id FROM source_history
        WHERE source = $1 AND step = $2 AND strpos(reason, $3) > 0 ORDER BY at LIMIT 1";
    let first = sqlx::query_as(first)
        .bind(chain)
        .bind(step_of(kind))
        .bind(says);
    Ok(first.fetch_optional(fleet.db()).await?)
}

/// Returns the position, among the answers after `serial` in the order in which the coordinator
/// read them, of the answer of the job `job_id`.
async fn place_of(
    fleet: &Fleet,
    (chain, _, kind, ..): Way,
    serial: u64,
    job_id: i64,
) -> Result<usize, HarnessError> {
    let lines = fleet.chains()?.witness(serial).await?;
    let asked = lines
        .iter()
        .filter(|line| line.chain == chain && line.kind == kind);
    let jobs: Vec<i64> = asked
        .filter_map(|line| line.job.as_ref()?.parse().ok())
        .collect();
    let place = "SELECT count(*) FROM job
        WHERE job_id = ANY ($1) AND ended_seq <= (SELECT ended_seq FROM job WHERE job_id = $2)";
    let place = sqlx::query_scalar::<_, i64>(place).bind(&jobs).bind(job_id);
    Ok(usize::try_from(place.fetch_one(fleet.db()).await?).unwrap_or(usize::MAX))
}

/// Returns whether the Sources page calls the redesign of a chain what it is.
fn is_named(page: &str, (chain, .., name): Way) -> bool {
    let link = format!("sources/{chain}\"");
    let row = page.split("<tr>").find(|row| row.contains(&link));
    row.is_some_and(|row| row.contains(&format!("<span class=\"tag warn\">{name}</span>")))
}

/// What must not have been stored; each gives the number of wrong rows.
const WRONG: [(&str, &str); 3] = [
    (
        "labels that two seats share",
        "SELECT count(*) FROM showtime_latest WHERE repeated_labels > 0",
    ),
    (
        "prices of one source that differ tenfold",
        "SELECT count(*) FROM (
            SELECT FROM ticket_price
            INNER JOIN showtime ON showtime.showtime_id = ticket_price.showtime_id
            INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
            GROUP BY cinema.source_id HAVING max(amount) > 10 * min(amount)) AS wrong",
    ),
    (
        "showtimes that moved",
        "SELECT count(*) FROM showtime WHERE changed_by <> discovered_by",
    ),
];

/// What an operator does meanwhile, while pods go on storing: what it changes, the audit
/// finds in the counters.
fn operate(fleet: &Fleet) -> Result<(), HarnessError> {
    let said = fleet.operate(&["source", "map", "major-1", "House=house"])?;
    assert!(
        said.contains("1 of its codes mean something else now"),
        "{said}"
    );
    let codes = fleet.operate(&["source", "codes", "major-1"])?;
    assert!(!codes.contains("nothing maps it"), "{codes}");
    let shown = fleet.operate(&["source", "show", "major-1"])?;
    assert!(
        shown.contains("quarantined") && shown.contains("seats where it had"),
        "{shown}"
    );
    let held = fleet.operate(&["source", "quarantine", "cgv-id-1"])?;
    assert!(held.contains("is it a login page?"), "{held}");
    let job = held
        .lines()
        .find_map(|line| line.split_whitespace().next()?.parse::<i64>().ok());
    let job = job.unwrap().to_string();
    let body = fleet.operate(&["source", "quarantine", "cgv-id-1", "--show", &job])?;
    assert!(body.contains("<title>Login</title>"), "{body}");

    let file = fleet.directory().join("sources").join("megabox-1.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replace("finish     = \"sold\"", "finish     = \"held\""),
    )
    .unwrap();
    let applied = fleet.apply(&[file])?;
    assert!(applied.contains("-finish     = \"sold\""), "{applied}");
    assert!(applied.contains("the past is corrected"), "{applied}");
    let back = fleet.operate(&["source", "rollback", "megabox-1"])?;
    assert!(
        back.contains("now at version 3") && back.contains("the past is corrected"),
        "{back}"
    );
    let versions = fleet.operate(&["source", "versions", "megabox-1"])?;
    println!("{shown}{held}{applied}{back}{versions}");
    Ok(())
}

fn options() -> FleetOptions {
    let mut chains = ChainsOptions {
        every_seats: Duration::from_secs(2),
        every_showtimes: Duration::from_secs(2),
        ..ChainsOptions::default()
    };
    let world = &mut chains.world;
    (world.chains, world.auditoriums, world.days) = (8, 2, 1);
    (world.rate, world.burst, world.speed) = (10.0, 40, 20.0);
    FleetOptions {
        chains: Some(chains),
        database: tests::harness::fleet::Database::Scratch,
        env: [
            ("FULLHOUSE_WEB__LISTEN", "127.0.0.1:0"),
            ("FULLHOUSE_WEB__OPEN_ON_LOOPBACK", "true"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        ..FleetOptions::default()
    }
}

#[test]
fn a_redesign_is_reported_within_five_answers_and_stores_nothing_wrong() {
    scenario(async {
        let mut fleet = Fleet::start(options()).await?;
        let unseen = "SELECT count(*) FROM task INNER JOIN step ON step.step_id = task.step_id
            WHERE step.name = 'seats' AND NOT EXISTS (
                SELECT FROM showtime_latest WHERE showtime_id = task.subject_id)";
        fleet.wait_for_snapshots(60, PATIENCE).await?;
        wait_until("a look at every showtime", PATIENCE, async || {
            Ok((fleet.number(unseen).await? == 0).then_some(()))
        })
        .await?;

        let mut serials = Vec::new();
        for (chain, redesign, ..) in WAYS {
            serials.push(fleet.chains()?.redesign(chain, Some(redesign)).await?);
        }
        for (way, serial) in WAYS.into_iter().zip(serials) {
            let (chain, redesign, ..) = way;
            let report = wait_until("the redesign to be reported", PATIENCE, async || {
                reported(&fleet, way).await
            });
            let (health, reason, job_id) = report
                .await
                .inspect_err(|_| eprintln!("{chain} {redesign:?} was not reported"))?;
            let place = place_of(&fleet, way, serial, job_id).await?;
            println!("{chain} {redesign:?}: {health} after {place} answers: {reason}");
            assert!(
                (1..=WITHIN).contains(&place),
                "{chain} {redesign:?}: {place} answers"
            );
        }
        for way in WAYS.into_iter().filter(|way| way.1 != Redesign::NewStatus) {
            wait_until("the step to be in quarantine", PATIENCE, async || {
                let (health, _) = health(&fleet, way).await?;
                Ok((health == "quarantined").then_some(()))
            })
            .await
            .inspect_err(|_| eprintln!("{} is not in quarantine", way.0))?;
        }
        let page = format!("{}/sources", fleet.page_address().await?);
        for way in WAYS {
            wait_until("the page to name the redesign", PATIENCE, async || {
                let page = reqwest::get(&page)
                    .await?
                    .error_for_status()?
                    .text()
                    .await?;
                Ok(is_named(&page, way).then_some(()))
            })
            .await
            .inspect_err(|_| eprintln!("{} is not called \"{}\"", way.0, way.4))?;
        }
        operate(&fleet)?;
        let kept = "SELECT count(DISTINCT step_id) FROM quarantine";
        assert!(
            fleet.number(kept).await? >= 7,
            "the answers are kept to be looked at"
        );

        for (chain, ..) in WAYS {
            fleet.chains()?.redesign(chain, None).await?;
        }
        for way in WAYS {
            wait_until("the redesigned chain to recover", RECOVERED, async || {
                let (health, reason) = health(&fleet, way).await?;
                // Some shapes have codes that their definition never mapped.
                let has_recovered = health == "healthy" || reason.contains("nothing maps");
                Ok(has_recovered.then_some(()))
            })
            .await
            .inspect_err(|_| eprintln!("{} did not recover from {:?}", way.0, way.1))?;
        }

        fleet.stop().await?;
        for (what, statement) in WRONG {
            assert_eq!(fleet.number(statement).await?, 0, "{what}");
        }
        let audit = fleet.audit(&[]).await?.check()?;
        println!("{audit}");
        fleet.end(&["the health of a source fell"]).await
    });
}
