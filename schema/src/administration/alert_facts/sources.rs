//! Facts about sources and their limits.

use sqlx::PgConnection;

use super::Sighting;
use crate::health::UNMAPPED_CODES;

/// Sources with at least so many steps of this health.
pub(super) async fn by_health(
    db: &mut PgConnection,
    health: &str,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(
        Sighting,
        "queries/alert_sources_by_health.sql",
        health,
        threshold,
        format!("{UNMAPPED_CODES}%")
    )
    .fetch_all(db)
    .await
}

/// Sources that have been blocked for so many hours.
pub(super) async fn blocked(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT name AS "subject!", extract(epoch FROM now() - state_changed_at)::double precision / 3600 AS "value!",
            state_reason AS details
        FROM source
        WHERE state = 'blocked' AND now() - state_changed_at >= make_interval(secs => $1::double precision * 3600)
        ORDER BY name LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Sources of which so many jobs failed and none succeeded.
pub(super) async fn failing(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_sources_failing.sql", threshold)
        .fetch_all(db)
        .await
}

/// Sources with fewer showtimes to come.
pub(super) async fn empty(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_sources_empty.sql", threshold)
        .fetch_all(db)
        .await
}

/// Sources that would have more than so many times their cap.
pub(super) async fn over_cap(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT source.name AS "subject!", max(found::double precision / cap) AS "value!",
            string_agg(format('it would have %s %s, its cap is %s', found, what, cap), '; ' ORDER BY what) AS details
        FROM source_over_cap
        INNER JOIN source USING (source_id)
        WHERE noted_at > now() - interval '1 day' AND found > $1::double precision * cap
        GROUP BY source.name
        ORDER BY source.name LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Sources with so many unmapped codes of seats.
pub(super) async fn seats_unmapped(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_seats_unmapped.sql", threshold)
        .fetch_all(db)
        .await
}

/// Sources with so many unmapped codes of attributes.
pub(super) async fn attributes_unmapped(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_attributes_unmapped.sql", threshold)
        .fetch_all(db)
        .await
}

/// Limit keys that get less than this share of their rate.
pub(super) async fn limits_slowed(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT name AS "subject!", rate_share::double precision AS "value!", share_reason AS details
        FROM limit_key
        WHERE rate_share < $1::double precision
        ORDER BY name LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Limit keys that are paused for more than so many minutes from now.
pub(super) async fn limits_paused(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT name AS "subject!", extract(epoch FROM paused_until - now())::double precision / 60 AS "value!",
            pause_reason AS details
        FROM limit_key
        WHERE paused_until > now() + make_interval(secs => $1::double precision * 60)
        ORDER BY name LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}
