//! What analysts get: the page of questions and the notebook, asked of a running fleet.

mod notebook;
mod page;
mod truth;

use std::time::Duration;

use serde_json::Value;
use simulated_chains::redesign::Redesign;
use sqlx::{
    AssertSqlSafe, Column, Connection as _, Executor as _, PgConnection, SqlSafeStr as _,
    Statement as _, postgres::PgConnectOptions,
};
use tests::harness::{
    chains::ChainsOptions,
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};

use self::{
    page::{Question, questions},
    truth::Truth,
};
use crate::scenario;

const PAGE: &str = include_str!("../../schema/ANALYSTS.md");
const LOGIN: &str = "an_analyst";
/// The chain whose auditoriums are rebuilt in mid-sale, so that there is something to tell.
const REBUILT: &str = "bhd-1";

const SEEN: &str = "SELECT count(*) FROM showtime_latest WHERE seat_count IS NOT NULL";
const STARTED: &str =
    "SELECT count(*) FROM rollup.showtime_sales WHERE starts_at < now() AND certainty = 'exact'
        AND source_id <> (SELECT source_id FROM source WHERE name = 'bhd-1')";
const QUARANTINED: &str = "SELECT count(*) FROM step
    INNER JOIN source ON source.source_id = step.source_id
    WHERE source.name = 'bhd-1' AND step.health = 'quarantined'";

/// Every question of the page, in order, each as the analyst: it is answered within the timeout
/// of the login, with the columns that the page prints, and with rows where it prints any. Then
/// some of the answers are compared with what the chains sold, said and charged.
#[test]
fn every_question_of_the_page_is_answered_as_printed() {
    scenario(async {
        let mut fleet = Fleet::start(options()).await?;
        fleet.operate(&["access", "prepare"])?;
        fleet.operate(&["access", "analyst", LOGIN])?;
        fleet.add_coordinator()?;
        fleet
            .wait_for_number("showtimes that were seen", SEEN, 500, PATIENCE)
            .await?;
        rebuild(&fleet).await?;
        fleet
            .wait_for_number("showtimes that started", STARTED, 10, PATIENCE)
            .await?;
        fleet.operate(&["view", "refresh", "film_run"])?;

        let mut analyst = login(&fleet).await?;
        let questions = questions(PAGE);
        assert!(questions.len() >= 25, "{} questions", questions.len());
        for question in &questions {
            wait_until(&question.title, PATIENCE, async || {
                let rows = ask(&mut analyst, question).await?;
                Ok((rows > 0 || !question.has_rows).then_some(()))
            })
            .await?;
        }
        notebook::run(&fleet, LOGIN)?;

        fleet.stop().await?;
        compare(&fleet, &mut analyst, &questions).await?;
        fleet.end(&["the health of a source fell"]).await
    });
}

/// A day passes in a quarter of an hour, so showtimes begin all the time, and their chains show
/// the seats for as long as it takes to look after the start.
fn options() -> FleetOptions {
    let mut chains = ChainsOptions {
        every_seats: Duration::from_secs(10),
        ..ChainsOptions::default()
    };
    let world = &mut chains.world;
    (world.auditoriums, world.days, world.speed) = (8, 3, 100.0);
    FleetOptions {
        chains: Some(chains),
        // Added when access is prepared: a refresh of a view beside that may fail and be repeated.
        coordinators: 0,
        ..FleetOptions::default()
    }
}

/// Rebuilds the auditoriums of a chain, which is not believed until it is accepted.
async fn rebuild(fleet: &Fleet) -> Result<(), HarnessError> {
    let chains = fleet.chains()?;
    chains.redesign(REBUILT, Some(Redesign::Rebuilt)).await?;
    fleet
        .wait_for_number("the quarantine", QUARANTINED, 1, PATIENCE)
        .await?;
    fleet.operate(&["source", "accept", REBUILT])?;
    Ok(())
}

async fn login(fleet: &Fleet) -> Result<PgConnection, HarnessError> {
    fleet.let_in(LOGIN).await?;
    let options: PgConnectOptions = fleet.url().parse()?;
    Ok(PgConnection::connect_with(&options.username(LOGIN)).await?)
}

/// Asks a question; returns how many rows came.
async fn ask(analyst: &mut PgConnection, question: &Question) -> Result<usize, HarnessError> {
    let Question {
        title,
        sql,
        columns,
        ..
    } = question;
    let sql = AssertSqlSafe(sql.clone()).into_sql_str();
    let refused = |error| panic!("{title}: {error}");
    let statement = analyst.prepare(sql).await.unwrap_or_else(refused);
    let names = statement.columns().iter().map(Column::name);
    assert_eq!(names.collect::<Vec<_>>(), *columns, "{title}");
    let rows = statement.query().fetch_all(analyst).await;
    let refused = |error| panic!("{title}: {error}");
    Ok(rows.unwrap_or_else(refused).len())
}

/// Compares answers with the truth, now that nothing changes any more.
async fn compare(
    fleet: &Fleet,
    analyst: &mut PgConnection,
    questions: &[Question],
) -> Result<(), HarnessError> {
    let truth = Truth::read(fleet).await?;
    let mut answer = async |title: &str| -> Result<Vec<Value>, HarnessError> {
        let question = questions.iter().find(|question| question.title == title);
        let sql = &question
            .unwrap_or_else(|| panic!("{title} is not asked"))
            .sql;
        let sql = format!("SELECT to_jsonb(answer) FROM ({sql}) AS answer");
        let rows = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *analyst);
        let rows: Vec<Value> = rows.await?;
        assert!(!rows.is_empty(), "{title}");
        Ok(rows)
    };
    truth.listed(&answer("How much is known of each chain?").await?);
    truth.curve(&answer("How did the best-selling showtime fill?").await?);
    truth.admissions(
        &answer("How many came to the showtimes that started last?").await?,
        &[REBUILT],
    );
    let prices = answer("What does a ticket cost at each chain?").await?;
    truth.prices(fleet, &prices).await?;
    truth.seats(&answer("Which job saw this seat, and what did it request?").await?);
    Ok(())
}
