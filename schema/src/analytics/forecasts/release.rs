//! Presales and openings, for works before their release.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use forecast::{Opening, Origin, Presale, Recorded, Release, Releases};
use sqlx::{PgConnection, PgExecutor};

use super::{
    inputs::{code, kind_code},
    store::{column, letters},
};

/// Days back to which comparable works are looked for.
pub(super) const RELEASE_DAYS: i64 = 400;

/// Reads presales and openings that were known at the origin.
///
/// # Errors
///
/// If a statement fails.
pub async fn read_releases(db: &mut PgConnection, origin: Origin) -> Result<Releases, sqlx::Error> {
    let first_on = origin.on - TimeDelta::days(RELEASE_DAYS);
    let presales = sqlx::query!(
        "SELECT presale.seen_at, presale.work_id, presale.territory, presale.days, presale.sold, work.kind
        FROM work_presale AS presale
        INNER JOIN work ON work.work_id = presale.work_id
        WHERE presale.released_on >= $1 AND presale.seen_at <= $2",
        first_on,
        origin.at
    )
    .fetch_all(&mut *db)
    .await?;
    let openings = sqlx::query_file!("queries/read_openings.sql", origin.at, first_on)
        .fetch_all(db)
        .await?;
    let mut releases = Releases::default();
    let mut kinds: HashMap<i32, u8> = HashMap::new();
    for row in presales {
        kinds.insert(row.work_id, kind_code(&row.kind));
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
            // Openings are those of works with presales.
            kind: kinds.get(&row.work_id).copied().unwrap_or(2),
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
        &column(presales, |(presale, _)| presale.work),
        &column(presales, |(presale, _)| letters(presale.territory)),
        &column(presales, |(_, released_on)| *released_on),
        &column(presales, |(presale, _)| i16::try_from(presale.days)
            .unwrap_or(i16::MAX)),
        &column(presales, |(presale, _)| i32::try_from(presale.sold)
            .unwrap_or(i32::MAX))
    )
    .execute(db)
    .await?;
    Ok(())
}
