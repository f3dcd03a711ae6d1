//! The database answers and takes no writes, or refuses one statement: the fleet says so and why
//! within a minute, and goes on within seconds of the end.

use std::time::Instant;

use liveness::stall::{Facts, MAX_IDLE, judge};
use schema::progress;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tests::harness::{
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

/// What a process answers at `path`: its status and text.
async fn ask(log: &str, path: &str) -> Result<(u16, String), HarnessError> {
    let address = log
        .split("address=")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap_or_default();
    let answer = reqwest::get(format!("http://{address}{path}")).await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

/// The logs of the coordinator and of a pod.
fn logs(fleet: &mut Fleet) -> Result<[String; 2], HarnessError> {
    Ok([fleet.coordinator(0)?.log(), fleet.pod(0)?.log()])
}

/// Waits until the log, `/ready`, the metric and the doctor say that work has stopped, and why;
/// prints after how long.
async fn wait_for_words(fleet: &mut Fleet, why: &str, reason: &str) -> Result<(), HarnessError> {
    let began = Instant::now();
    let metric = format!("fullhouse_stalled{{reason=\"{reason}\"}} 1");
    for (number, name) in ["the coordinator", "a pod"].into_iter().enumerate() {
        wait_until("the log and /ready say why", PATIENCE, async || {
            let log = &logs(fleet)?[number];
            let (ready, text) = ask(log, "/ready").await?;
            let says = log.contains("work has stopped") && ready == 503 && text.contains(why);
            Ok(says.then_some(()))
        })
        .await?;
        let log = &logs(fleet)?[number];
        assert_eq!(ask(log, "/live").await?.0, 200);
        let (_, metrics) = ask(log, "/metrics").await?;
        assert!(
            metrics.contains(&metric) || metrics.contains("{reason=\"reported\"} 1"),
            "{metrics}"
        );
        println!("{name}: log, /ready and metric after {:?}", began.elapsed());
    }
    wait_until("the doctor says why", PATIENCE, async || {
        let says = matches!(
            fleet.operate(&["doctor"]),
            Err(HarnessError::Ended { tail, .. }) if tail.contains("work has stopped")
        );
        Ok(says.then_some(()))
    })
    .await?;
    println!("the doctor after {:?}", began.elapsed());
    wait_until("the panel says why", PATIENCE, async || {
        let facts = Facts {
            fleet: Some(progress::read(fleet.db(), MAX_IDLE, 0).await?),
            ..Facts::default()
        };
        Ok(judge(&facts).map(|stall| println!("the panel: {stall}")))
    })
    .await
}

/// Waits until work goes on and nobody says otherwise; prints after how long.
async fn wait_for_work(fleet: &mut Fleet) -> Result<(), HarnessError> {
    let began = Instant::now();
    fleet.wait_for_snapshots(1, PATIENCE).await?;
    println!("a snapshot was stored after {:?}", began.elapsed());
    for number in 0..2 {
        wait_until("the end of the stall", PATIENCE, async || {
            let log = &logs(fleet)?[number];
            let (ready, _) = ask(log, "/ready").await?;
            Ok((ready == 200 && log.contains("work goes on")).then_some(()))
        })
        .await?;
    }
    println!("all are ready after {:?}", began.elapsed());
    Ok(())
}

/// What an operator does to the database, on a session that takes writes.
async fn order(fleet: &Fleet, orders: &[&str]) -> Result<(), HarnessError> {
    let mut session = PgConnection::connect(fleet.url()).await?;
    let writes = ["SET default_transaction_read_only = off"];
    for order in writes.iter().chain(orders) {
        let order = AssertSqlSafe((*order).to_owned());
        sqlx::raw_sql(order).execute(&mut session).await?;
    }
    Ok(session.close().await?)
}

/// Invariants 1, 2 and 13: as a failover does it that makes the writer a reader.
#[test]
fn a_read_only_database_is_told_within_a_minute_and_work_goes_on_after_it() {
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions::default()).await?;
        fleet.wait_for_snapshots(100, PATIENCE).await?;
        order(
            &fleet,
            &[
                "ALTER DATABASE fullhouse SET default_transaction_read_only = on",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
            ],
        )
        .await?;
        wait_for_words(&mut fleet, "takes no writes", "unwritable").await?;
        order(
            &fleet,
            &["ALTER DATABASE fullhouse SET default_transaction_read_only = off"],
        )
        .await?;
        wait_for_work(&mut fleet).await?;

        fleet.stop().await?;
        println!("{}", fleet.audit(&[]).await?.check()?);
        fleet.end(&ANNOUNCED).await
    });
}

/// Invariants 1 and 13: what cannot be stored is kept until it can.
#[test]
fn a_statement_that_is_always_refused_is_told_within_a_minute_and_work_goes_on_after_it() {
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions::default()).await?;
        fleet.wait_for_snapshots(100, PATIENCE).await?;
        order(
            &fleet,
            &[
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE insufficient_privilege USING MESSAGE = 'permission denied for table job';
                END $$",
                "CREATE TRIGGER refuse BEFORE INSERT ON job FOR EACH STATEMENT EXECUTE FUNCTION refuse()",
            ],
        )
        .await?;
        wait_for_words(&mut fleet, "permission denied for table job", "refused").await?;
        order(
            &fleet,
            &["DROP TRIGGER refuse ON job", "DROP FUNCTION refuse"],
        )
        .await?;
        wait_for_work(&mut fleet).await?;

        fleet.stop().await?;
        println!("{}", fleet.audit(&[]).await?.check()?);
        fleet.end(&ANNOUNCED).await
    });
}

const ANNOUNCED: [&str; 9] = [
    // The driver's own words about sessions that broke.
    "WARN sqlx",
    "work has stopped",
    "the database is away",
    "the database does not answer",
    "takes no writes",
    "the database refuses a statement",
    "no heartbeat",
    "pass failed",
    "dead pods' claims given back",
];
