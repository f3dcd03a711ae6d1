//! Facts about pods, background work and alerts themselves.

use sqlx::PgConnection;

use super::Sighting;

/// Whether the last hour had less than this share of its usual jobs.
pub(super) async fn throughput_fallen(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_throughput_fallen.sql", threshold)
        .fetch_all(db)
        .await
}

/// Whether so many terms of leaders began within a quarter of an hour.
pub(super) async fn leader_changing(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT 'fleet' AS "subject!", count(*)::double precision AS "value!",
            'led by ' || string_agg(DISTINCT name, ', ') AS details
        FROM leader_term
        WHERE elected_at > now() - interval '15 minutes'
        HAVING count(*) >= $1::double precision"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Pods that report a stall.
pub(super) async fn pods_stalled(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT name AS "subject!", 1::double precision AS "value!", stall AS details
        FROM pod
        WHERE ended_at IS NULL AND stall IS NOT NULL AND $1::double precision <= 1
        ORDER BY name LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Whether so many claims were lost within ten minutes.
pub(super) async fn leases_expired(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT 'fleet' AS "subject!", count(*)::double precision AS "value!",
            format('%s pods ran them', count(DISTINCT pod_id)) AS details
        FROM job
        WHERE outcome = 'lost' AND finished_at > now() - interval '10 minutes'
        HAVING count(*) >= $1::double precision"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Pods whose lease ran out so many seconds ago and that are not ended.
pub(super) async fn rescue_stalled(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT name AS "subject!", extract(epoch FROM now() - lease_expires_at)::double precision AS "value!",
            NULL::text AS details
        FROM pod
        WHERE ended_at IS NULL AND lease_expires_at < now() - make_interval(secs => $1::double precision)
        ORDER BY name LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Sources with so many isolated tasks.
pub(super) async fn tasks_isolated(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT source AS "subject!", count(*)::double precision AS "value!", min(step || '/' || key) AS details
        FROM isolated_task
        GROUP BY source HAVING count(*) >= $1::double precision
        ORDER BY source LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Passes that failed so many times in a row.
pub(super) async fn passes_failing(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_passes_failing.sql", threshold)
        .fetch_all(db)
        .await
}

/// Conditions that could not be looked at for so many minutes.
pub(super) async fn checks_failing(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT condition AS "subject!", extract(epoch FROM now() - failed_since)::double precision / 60 AS "value!",
            error AS details
        FROM alert_check
        WHERE failed_since < now() - make_interval(secs => $1::double precision * 60) AND checked_at > now() - interval '1 day'
        ORDER BY condition LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Receivers for which a message has waited for so many minutes.
pub(super) async fn receivers_failing(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT receiver AS "subject!", extract(epoch FROM now() - min(created_at))::double precision / 60 AS "value!",
            max(last_error) AS details
        FROM message
        WHERE sent_at IS NULL AND expired_at IS NULL
        GROUP BY receiver HAVING min(created_at) < now() - make_interval(secs => $1::double precision * 60)
        ORDER BY receiver LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}
