//! The operator's weights: what a look at a source, a territory or a film is worth.
//!
//! A title stands for all films of the works that have it, in any case and form, of all sources.

use std::collections::HashMap;

use sqlx::{PgConnection, PgExecutor};
use works::title_key;

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
/// If a statement fails.
pub async fn list(db: &mut PgConnection) -> Result<Vec<Weight>, sqlx::Error> {
    let mut films: HashMap<String, i64> = HashMap::new();
    for (title, _) in weighted_films(db).await? {
        *films.entry(title).or_default() += 1;
    }
    let mut weights = sqlx::query_as!(
        Weight,
        r#"SELECT kind, name, weight,
            CASE kind
                WHEN 'source' THEN (
                    SELECT count(*) FROM step INNER JOIN source USING (source_id)
                    WHERE source.name = weight.name)
                WHEN 'territory' THEN (SELECT count(*) FROM cinema WHERE territory = weight.name)
                ELSE 0
            END AS "holds_for!"
        FROM weight
        ORDER BY kind DESC, name"#
    )
    .fetch_all(&mut *db)
    .await?;
    for weight in weights.iter_mut().filter(|weight| weight.kind == "film") {
        weight.holds_for = films.get(&weight.name).copied().unwrap_or_default();
    }
    Ok(weights)
}

/// Finds the films of all titles that have a weight.
///
/// # Errors
///
/// If a statement fails.
async fn weighted_films(db: &mut PgConnection) -> Result<Vec<(String, i32)>, sqlx::Error> {
    let titles = sqlx::query_scalar!("SELECT name FROM weight WHERE kind = 'film' ORDER BY name")
        .fetch_all(&mut *db)
        .await?;
    if titles.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Option<String>> = titles.iter().map(|title| title_key(title)).collect();
    let rows = sqlx::query_file!(
        "queries/find_films_by_title.sql",
        &titles,
        &keys as &[Option<String>]
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.title, row.film_id))
        .collect())
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

/// Every step, cinema and film that has a weight, for the leader; of two titles of one film the
/// later in the alphabet counts.
///
/// # Errors
///
/// If a statement fails.
pub async fn resolve(db: &mut PgConnection) -> Result<Vec<Holds>, sqlx::Error> {
    let films = weighted_films(db).await?;
    let weights = sqlx::query!("SELECT name, weight FROM weight WHERE kind = 'film'")
        .fetch_all(&mut *db)
        .await?;
    let weights: HashMap<String, f32> = weights
        .into_iter()
        .map(|row| (row.name, row.weight))
        .collect();
    let mut holds = sqlx::query_as!(
        Holds,
        r#"SELECT kind AS "kind!", step_id AS "id!", weight AS "weight!"
        FROM weight
        INNER JOIN source ON weight.kind = 'source' AND source.name = weight.name
        INNER JOIN step USING (source_id)
        UNION ALL
        SELECT kind, cinema_id, weight
        FROM weight
        INNER JOIN cinema ON weight.kind = 'territory' AND cinema.territory = weight.name"#
    )
    .fetch_all(&mut *db)
    .await?;
    holds.extend(films.into_iter().filter_map(|(title, id)| {
        Some(Holds {
            kind: "film".to_owned(),
            id,
            weight: *weights.get(&title)?,
        })
    }));
    Ok(holds)
}
