//! Earlier forecasts with what came.

use chrono::TimeDelta;
use forecast::{Origin, PAST_DAYS, PastForecast, PastTotal, Phase, Predictive, Recorded};
use sqlx::PgConnection;

/// Earlier forecasts that are read at most, of each kind, spread evenly.
const MAX_PAST: i64 = 150_000;

pub(super) async fn read_past(
    db: &mut PgConnection,
    origin: Origin,
) -> Result<Vec<Recorded<PastForecast>>, sqlx::Error> {
    let step = step(&mut *db, origin, true).await?;
    let first_on = origin.on - TimeDelta::days(PAST_DAYS);
    let rows = sqlx::query_file!("queries/read_past_forecasts.sql", origin.at, first_on, step)
        .fetch_all(db)
        .await?;
    let past = rows.into_iter().map(|row| {
        let past = PastForecast {
            on: row.target_on,
            days: row.days.into(),
            lead_hours: row.lead_hours.into(),
            phase: Phase::from_number(row.phase),
            level: row.level.into(),
            presale: row.presale.into(),
            sold: row.sold.map(|sold| u16::try_from(sold).unwrap_or(0)),
            predictive: predictive((row.floor, row.mean, row.variance, row.cap)),
            rank: row.rank.into(),
            admissions: u16::try_from(row.admissions).unwrap_or(0),
        };
        Recorded::new(row.known_at, past)
    });
    Ok(past.collect())
}

/// A distribution as it is stored.
pub(super) fn predictive((floor, mean, variance, cap): (f32, f32, f32, Option<f32>)) -> Predictive {
    Predictive {
        floor: floor.into(),
        mean: mean.into(),
        variance: variance.into(),
        cap: cap.map_or(f64::MAX, f64::from),
    }
}

pub(super) async fn read_past_totals(
    db: &mut PgConnection,
    origin: Origin,
) -> Result<Vec<Recorded<PastTotal>>, sqlx::Error> {
    let step = step(&mut *db, origin, false).await?;
    let first_on = origin.on - TimeDelta::days(PAST_DAYS);
    let rows = sqlx::query_file!("queries/read_past_totals.sql", origin.at, first_on, step)
        .fetch_all(db)
        .await?;
    let past = rows.into_iter().map(|row| {
        let past = PastTotal {
            on: row.target_on,
            days: row.days.into(),
            phase: Phase::from_number(row.phase),
            sold: u32::try_from(row.sold).unwrap_or(0),
            expected: row.expected.into(),
            rank: row.rank.into(),
            admissions: u32::try_from(row.admissions).unwrap_or(0),
        };
        Recorded::new(row.known_at, past)
    });
    Ok(past.collect())
}

/// Every how many-th forecast is read, so that there are at most [`MAX_PAST`].
async fn step(
    db: &mut PgConnection,
    origin: Origin,
    of_showtimes: bool,
) -> Result<i64, sqlx::Error> {
    let count = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(CASE WHEN $3 THEN showtimes ELSE work_days END), 0)::bigint AS "count!"
        FROM forecast_run WHERE origin < $1 AND origin >= $2"#,
        origin.at,
        origin.at - TimeDelta::days(PAST_DAYS + 15),
        of_showtimes
    )
    .fetch_one(db)
    .await?;
    Ok(count / MAX_PAST + 1)
}
