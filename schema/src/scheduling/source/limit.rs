//! Limit keys of definitions: one host has one limit, in all files that declare it.

use std::{collections::HashMap, fmt::Write as _};

use chrono::NaiveTime;
use sqlx::PgConnection;

use super::{ApplyError, NewDefinition, NewLimit};

/// Makes sure that definitions which are applied together agree about each limit key.
///
/// # Errors
///
/// [`ApplyError::LimitConflict`] with the first two that do not.
pub(super) fn agree(definitions: &[NewDefinition<'_>]) -> Result<(), ApplyError> {
    let mut known: HashMap<&str, (&str, NewLimit<'_>)> = HashMap::new();
    for definition in definitions {
        let own = definition.steps.iter().filter_map(|step| step.limit);
        for limit in [definition.limit].into_iter().chain(own) {
            let (other, first) = *known.entry(limit.key).or_insert((definition.name, limit));
            if first != limit {
                return Err(conflict(other, &first));
            }
        }
    }
    Ok(())
}

/// Stores a limit, unless a source that is not among `applied` declares its key with other
/// numbers; returns the limit key.
pub(super) async fn store(
    db: &mut PgConnection,
    applied: &[i32],
    limit: NewLimit<'_>,
) -> Result<i32, ApplyError> {
    let other = sqlx::query!(
        "SELECT source.name, limit_key.rate_per_second, limit_key.burst, limit_key.concurrency,
            limit_key.per_day, limit_key.opens_at, limit_key.closes_at, limit_key.zone
        FROM limit_key
        INNER JOIN step ON step.limit_key_id = limit_key.limit_key_id
        INNER JOIN source ON source.source_id = step.source_id
        WHERE limit_key.name = $1 AND source.source_id <> ALL ($2) AND NOT step.retired
        ORDER BY source.name
        LIMIT 1",
        limit.key,
        applied
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(other) = other {
        let known = NewLimit {
            key: limit.key,
            rate_per_second: other.rate_per_second,
            burst: other.burst,
            concurrency: other.concurrency,
            per_day: other.per_day,
            hours: other.opens_at.zip(other.closes_at),
            zone: other.zone.as_deref(),
        };
        if known != limit {
            return Err(conflict(&other.name, &known));
        }
    }
    Ok(sqlx::query_scalar!(
        "INSERT INTO limit_key (
            name, rate_per_second, burst, concurrency, per_day, opens_at, closes_at, zone)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (name) DO UPDATE
        SET rate_per_second = excluded.rate_per_second,
            burst = excluded.burst,
            concurrency = excluded.concurrency,
            per_day = excluded.per_day,
            opens_at = excluded.opens_at,
            closes_at = excluded.closes_at,
            zone = excluded.zone
        RETURNING limit_key_id",
        limit.key,
        limit.rate_per_second,
        limit.burst,
        limit.concurrency,
        limit.per_day,
        limit.hours.map(|(opens_at, _)| opens_at),
        limit.hours.map(|(_, closes_at)| closes_at),
        limit.zone
    )
    .fetch_one(&mut *db)
    .await?)
}

fn conflict(other: &str, limit: &NewLimit<'_>) -> ApplyError {
    ApplyError::LimitConflict {
        key: limit.key.to_owned(),
        other: other.to_owned(),
        numbers: numbers(limit),
    }
}

/// The numbers of a limit, for a person.
fn numbers(limit: &NewLimit<'_>) -> String {
    let counted = |count: Option<i32>, none: &str, unit: &str| {
        count.map_or_else(|| none.to_owned(), |count| format!("{unit} {count}"))
    };
    let mut text = format!(
        "rate {}, burst {}, {}, {}",
        limit.rate_per_second,
        limit.burst,
        counted(limit.concurrency, "no concurrency", "concurrency"),
        counted(limit.per_day, "no daily budget", "per_day"),
    );
    let time = |at: NaiveTime| at.format("%H:%M").to_string();
    if let Some((opens_at, closes_at)) = limit.hours {
        // Writing to a string does not fail.
        let _ = write!(text, ", between {}-{}", time(opens_at), time(closes_at));
    }
    if let Some(zone) = limit.zone {
        let _ = write!(text, ", zone {zone}");
    }
    text
}
