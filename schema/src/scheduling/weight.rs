//! The operator's weights: what a look at a source, a territory or a film is worth.

use sqlx::PgExecutor;

/// A weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// `source`, `territory` or `film`.
    pub kind: String,
    /// Name, code or title.
    pub name: String,
    /// The factor.
    pub weight: f32,
    /// Steps, cinemas or films that it holds for.
    pub holds_for: i64,
}

/// All weights.
///
/// # Errors
///
/// If the statement fails.
pub async fn list(db: impl PgExecutor<'_>) -> Result<Vec<Weight>, sqlx::Error> {
    sqlx::query_as!(
        Weight,
        r#"SELECT kind, name, weight,
            CASE kind
                WHEN 'source' THEN (
                    SELECT count(*) FROM step INNER JOIN source USING (source_id)
                    WHERE source.name = weight.name)
                WHEN 'territory' THEN (SELECT count(*) FROM cinema WHERE territory = weight.name)
                ELSE (SELECT count(*) FROM film WHERE lower(title) = weight.name)
            END AS "holds_for!"
        FROM weight
        ORDER BY kind DESC, name"#
    )
    .fetch_all(db)
    .await
}

/// Sets a weight, in place of the one before.
///
/// # Errors
///
/// If the statement fails; among others for a kind that is none.
pub async fn set(
    db: impl PgExecutor<'_>,
    kind: &str,
    name: &str,
    weight: f32,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO weight (kind, name, weight) VALUES ($1, $2, $3)
        ON CONFLICT (kind, name) DO UPDATE SET weight = excluded.weight, changed_at = now()",
        kind,
        name,
        weight
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes a weight; returns `false` if there was none.
///
/// # Errors
///
/// If the statement fails.
pub async fn remove(db: impl PgExecutor<'_>, kind: &str, name: &str) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM weight WHERE kind = $1 AND name = $2",
        kind,
        name
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The thing for which a weight holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Holds {
    /// `source`, `territory` or `film`.
    pub kind: String,
    /// A step of the source, a cinema of the territory, or the film.
    pub id: i32,
    /// The factor.
    pub weight: f32,
}

/// Every step, cinema and film that has a weight, for the leader.
///
/// # Errors
///
/// If the statement fails.
pub async fn resolve(db: impl PgExecutor<'_>) -> Result<Vec<Holds>, sqlx::Error> {
    sqlx::query_as!(
        Holds,
        r#"SELECT kind AS "kind!", step_id AS "id!", weight AS "weight!"
        FROM weight
        INNER JOIN source ON weight.kind = 'source' AND source.name = weight.name
        INNER JOIN step USING (source_id)
        UNION ALL
        SELECT kind, cinema_id, weight
        FROM weight
        INNER JOIN cinema ON weight.kind = 'territory' AND cinema.territory = weight.name
        UNION ALL
        SELECT kind, film_id, weight
        FROM weight
        INNER JOIN film ON weight.kind = 'film' AND lower(film.title) = weight.name"#
    )
    .fetch_all(db)
    .await
}
