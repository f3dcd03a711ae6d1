//! Presales and openings, for works before their release.

use chrono::{NaiveDate, TimeDelta};
use forecast::{Opening, Origin, Presale, Recorded, Release, Releases};
use sqlx::{PgConnection, PgExecutor};

use super::inputs::{Inputs, code};

/// Days back to which comparable works are looked for.
const RELEASE_DAYS: i64 = 400;

/// Reads presales and openings that were known at the origin.
///
/// # Errors
///
/// If a statement fails.
pub async fn read_releases(
    db: &mut PgConnection,
    origin: Origin,
    inputs: &Inputs,
) -> Result<Releases, sqlx::Error> {
    let first_on = origin.on - TimeDelta::days(RELEASE_DAYS);
    let presales = sqlx::query!(
        "SELECT seen_at, work_id, territory, days, sold FROM work_presale
        WHERE released_on >= $1 AND seen_at <= $2",
        first_on,
        origin.at
    )
    .fetch_all(&mut *db)
    .await?;
    let openings = sqlx::query_file!("queries/read_openings.sql", origin.at, first_on)
        .fetch_all(db)
        .await?;
    let mut releases = Releases::default();
    for row in presales {
        let presale = Presale {
            work: row.work_id,
            territory: code(&row.territory),
            days: row.days.into(),
            sold: u32::try_from(row.sold).unwrap_or(0),
        };
        releases.presales.push(Recorded::new(row.seen_at, presale));
    }
    for row in openings {
        let release = Release {
            work: row.work_id,
            territory: code(&row.territory),
            released_on: Some(row.released_on),
            kind: inputs.kinds.get(&row.work_id).copied().unwrap_or(2),
            format: 0,
            distributor: 0,
        };
        let admissions = u32::try_from(row.admissions).unwrap_or(0);
        let opening = Opening {
            release,
            admissions,
        };
        releases.openings.push(Recorded::new(row.known_at, opening));
    }
    Ok(releases)
}

/// Stores presales that were counted at the origin: each with the first day of its work.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_presales(
    db: impl PgExecutor<'_>,
    origin: Origin,
    presales: &[(Presale, NaiveDate)],
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/store_presales.sql",
        origin.at,
        &presales
            .iter()
            .map(|(presale, _)| presale.work)
            .collect::<Vec<i32>>(),
        &presales
            .iter()
            .map(|(presale, _)| super::store::letters(presale.territory))
            .collect::<Vec<String>>(),
        &presales
            .iter()
            .map(|(_, on)| *on)
            .collect::<Vec<NaiveDate>>(),
        &presales
            .iter()
            .map(|(presale, _)| i16::try_from(presale.days).unwrap_or(i16::MAX))
            .collect::<Vec<i16>>(),
        &presales
            .iter()
            .map(|(presale, _)| i32::try_from(presale.sold).unwrap_or(i32::MAX))
            .collect::<Vec<i32>>()
    )
    .execute(db)
    .await?;
    Ok(())
}
