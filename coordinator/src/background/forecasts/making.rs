//! Makes the forecasts of one origin: reads in one transaction, computes in a blocking task, and
//! stores in another transaction.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use forecast::{
    Baselines, Known, Listing, OpeningForecast, Origin, Phase, Predictive, Presale, Recorded,
    Release, Releases, ShowtimeForecaster, Territory, TotalBaselines, WorkDayForecast,
    forecast_work_days,
};
use schema::forecasts::{self, Inputs, NewForecast, Refused, RunRecord, Target};
use sqlx::PgPool;

/// Name and version of the method.
const MODEL: &str = "levels 1";
/// Days of finished showtimes that are read.
const WINDOW_DAYS: i64 = 28;
/// Days that are forecast.
const DAYS: i64 = 14;
/// Days before a release from which presales are counted and works are compared: from then on all of
/// the first seven days lie within [`DAYS`].
const RELEASE_DAYS: i64 = 8;
/// Rows of one statement.
const BATCH: usize = 5_000;

/// What is computed of an origin.
#[derive(Default)]
struct Computed {
    forecasts: Vec<NewForecast>,
    refusals: Vec<Refused>,
    presales: Vec<(Presale, NaiveDate)>,
    record: RunRecord,
}

/// Makes the forecasts of the origin `at` from what was known then; `None` if there is a run of that
/// origin already, or another coordinator stores one now.
///
/// # Errors
///
/// If a statement fails; nothing is stored then.
pub async fn make_forecasts(
    db: &PgPool,
    at: DateTime<Utc>,
) -> Result<Option<RunRecord>, sqlx::Error> {
    let origin = Origin::new(at, at.date_naive());
    let (inputs, releases) = read(db, origin).await?;
    let inputs_until = inputs.inputs_until.unwrap_or(at);
    let computed = tokio::task::spawn_blocking(move || compute(origin, &inputs, releases))
        .await
        .map_err(|error| sqlx::Error::Protocol(format!("forecasting ended early: {error}")))?;
    store(db, origin, inputs_until, &computed).await
}

/// Reads everything from one snapshot, and ends the transaction.
async fn read(db: &PgPool, origin: Origin) -> Result<(Inputs, Releases), sqlx::Error> {
    let mut transaction = db
        .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    let inputs = forecasts::read_inputs(&mut transaction, origin, WINDOW_DAYS, DAYS).await?;
    let releases = forecasts::read_releases(&mut transaction, origin).await?;
    transaction.commit().await?;
    Ok((inputs, releases))
}

/// Stores a run and all that it made in one transaction; `None`, and nothing, if there is a run of
/// that origin by now, or another coordinator stores one.
async fn store(
    db: &PgPool,
    origin: Origin,
    inputs_until: DateTime<Utc>,
    computed: &Computed,
) -> Result<Option<RunRecord>, sqlx::Error> {
    let mut transaction = db.begin().await?;
    if !forecasts::lock(&mut transaction).await? {
        return Ok(None);
    }
    let record = computed.record;
    let run_id =
        forecasts::insert_run(&mut *transaction, origin.at, inputs_until, MODEL, &record).await?;
    let Some(run_id) = run_id else {
        return Ok(None);
    };
    for batch in computed.forecasts.chunks(BATCH) {
        forecasts::store(&mut *transaction, run_id, batch).await?;
    }
    forecasts::store_refusals(&mut *transaction, run_id, &computed.refusals).await?;
    forecasts::store_presales(&mut *transaction, origin, &computed.presales).await?;
    transaction.commit().await?;
    Ok(Some(record))
}

fn compute(origin: Origin, inputs: &Inputs, mut releases: Releases) -> Computed {
    let known = inputs.history.as_of(origin, WINDOW_DAYS);
    let mut computed = Computed {
        presales: presales(origin, &known),
        ..Computed::default()
    };
    for (presale, _) in &computed.presales {
        releases.presales.push(Recorded::new(origin.at, *presale));
    }
    match ShowtimeForecaster::fit(&known) {
        Ok(forecaster) => {
            add_showtimes(&forecaster, &mut computed);
            add_work_days(&forecaster, &mut computed);
        }
        Err(refusal) => computed.refusals.push((Target::Showtime, None, refusal)),
    }
    add_openings(origin, inputs, &known, &releases, &mut computed);
    let count = |target| {
        let of = computed.forecasts.iter().filter(|one| one.target == target);
        number(of.count())
    };
    computed.record = RunRecord {
        finished_showtimes: number(known.finished().count()),
        past_forecasts: number(known.past().len() + known.past_totals().len()),
        showtimes: count(Target::Showtime),
        work_days: count(Target::WorkDay),
        openings: count(Target::Opening),
        refusals: number(computed.refusals.len()),
    };
    computed
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn add_showtimes(forecaster: &ShowtimeForecaster<'_>, computed: &mut Computed) {
    let known = forecaster.known();
    let baselines = Baselines::fit(known);
    let rows: HashMap<i32, _> = known
        .upcoming()
        .map(|row| (row.listing.showtime, row))
        .collect();
    for one in forecaster.forecast(DAYS) {
        let Some(row) = rows.get(&one.showtime) else {
            continue;
        };
        computed.forecasts.push(NewForecast {
            target: Target::Showtime,
            target_on: one.on,
            showtime_id: Some(one.showtime),
            work_id: row.listing.work,
            territory: row.listing.territory,
            sold: one.sold.map(i32::from),
            days: one.days,
            phase: one.phase.number(),
            lead_hours: one.lead_hours,
            level: one.level,
            presale: one.presale,
            unlisted: 0.0,
            predictive: one.predictive,
            quantiles: one.quantiles,
            baselines: baselines.forecast(row).to_vec(),
        });
    }
}

fn add_work_days(forecaster: &ShowtimeForecaster<'_>, computed: &mut Computed) {
    let baselines = TotalBaselines::fit(forecaster.known());
    for one in forecast_work_days(forecaster, DAYS) {
        let points = baselines.forecast(&one).to_vec();
        computed.forecasts.push(work_day(&one, points));
    }
}

fn work_day(one: &WorkDayForecast, baselines: Vec<f64>) -> NewForecast {
    NewForecast {
        target: Target::WorkDay,
        target_on: one.on,
        showtime_id: None,
        work_id: one.work,
        territory: one.territory,
        sold: Some(i32::try_from(one.sold).unwrap_or(i32::MAX)),
        days: one.days,
        phase: one.phase.number(),
        lead_hours: 0.0,
        level: one.listed,
        presale: 1.0,
        unlisted: one.unlisted,
        predictive: one.predictive,
        quantiles: one.quantiles,
        baselines,
    }
}

/// Whether a release is so near that its presales are counted.
fn is_near(origin: Origin, released_on: NaiveDate) -> bool {
    (1..=RELEASE_DAYS).contains(&origin.days_to(released_on))
}

/// Seats sold for the first seven days of each work whose release is near, by territory.
fn presales(origin: Origin, known: &Known<'_>) -> Vec<(Presale, NaiveDate)> {
    let mut sums: BTreeMap<(i32, Territory), (u32, NaiveDate)> = BTreeMap::new();
    for row in known.upcoming() {
        let Some(first_on) = row.listing.released_on else {
            continue;
        };
        let day = row.listing.on.signed_duration_since(first_on).num_days();
        if is_near(origin, first_on) && (0..7).contains(&day) {
            let key = (row.listing.work, row.listing.territory);
            sums.entry(key).or_insert((0, first_on)).0 += u32::from(row.sold.unwrap_or(0));
        }
    }
    sums.into_iter()
        .map(|((work, territory), (sold, first_on))| {
            let days = origin.days_to(first_on);
            let presale = Presale {
                work,
                territory,
                days,
                sold,
            };
            (presale, first_on)
        })
        .collect()
}

fn add_openings(
    origin: Origin,
    inputs: &Inputs,
    known: &Known<'_>,
    releases: &Releases,
    computed: &mut Computed,
) {
    let mut announced: BTreeMap<(i32, Territory), &Listing> = BTreeMap::new();
    for row in known.upcoming() {
        let first_on = row.listing.released_on;
        if first_on.is_some_and(|on| is_near(origin, on)) {
            announced.insert((row.listing.work, row.listing.territory), &row.listing);
        }
    }
    for (key, listing) in announced {
        let release = Release {
            work: key.0,
            territory: key.1,
            released_on: listing.released_on,
            kind: inputs.kinds.get(&key.0).copied().unwrap_or(2),
        };
        match releases.forecast(origin, &release) {
            Err(refusal) => computed
                .refusals
                .push((Target::Opening, Some(key), refusal)),
            Ok(one) => computed.forecasts.push(opening(listing, &one)),
        }
    }
}

fn opening(listing: &Listing, one: &OpeningForecast) -> NewForecast {
    let sold = f64::from(one.sold);
    // A negative binomial with the same median and 80 % interval, for the rank of what came.
    let rest = (one.median() - sold).max(0.1);
    let spread = (one.quantiles[5] - one.quantiles[1]) / (2.0 * 1.2816);
    NewForecast {
        target: Target::Opening,
        target_on: listing.released_on.unwrap_or(listing.on),
        showtime_id: None,
        work_id: listing.work,
        territory: listing.territory,
        sold: i32::try_from(one.sold).ok(),
        days: one.days,
        phase: Phase::New.number(),
        lead_hours: 0.0,
        level: one.median(),
        presale: 1.0,
        unlisted: 0.0,
        predictive: Predictive {
            floor: sold,
            mean: rest,
            variance: (spread * spread).max(rest * 1.05),
            cap: f64::MAX,
        },
        quantiles: one.quantiles,
        baselines: Vec::new(),
    }
}
