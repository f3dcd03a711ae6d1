//! The meaning of attributes of showtimes, set by a person or a definition.
//!
//! Showtimes keep the numbers of their attributes, so all views follow a mapping at once, for the
//! past too (invariant 6). Nothing is counted again.

use sqlx::{PgConnection, PgExecutor};

use crate::{enums::AttributeMeaning, mapping::MapError};

/// An attribute of a source, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The code as it came.
    pub code: String,
    /// What it means; `None` while it is not mapped.
    pub meaning: Option<AttributeMeaning>,
    /// Showtimes to come that have it.
    pub showtimes: i64,
    /// The job that saw it first.
    pub discovered_by: i64,
}

/// The attributes that a source has said, those that nothing maps first.
///
/// # Errors
///
/// If the statement fails.
pub async fn attributes(
    db: impl PgExecutor<'_>,
    source: &str,
) -> Result<Vec<Attribute>, sqlx::Error> {
    let rows = sqlx::query_file!("queries/read_attributes.sql", source)
        .fetch_all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Attribute {
            code: row.code,
            // The table accepts no other kinds.
            meaning: row
                .kind
                .zip(row.meaning)
                .and_then(|(kind, word)| format!("{kind}:{word}").parse().ok()),
            showtimes: row.showtimes,
            discovered_by: row.discovered_by,
        })
        .collect())
}

/// Says what attributes of a source mean, within a transaction of the caller; returns how many mean
/// something else now.
///
/// # Errors
///
/// See [`MapError`]; the caller rolls back then.
pub async fn map_within(
    db: &mut PgConnection,
    source: &str,
    meanings: &[(String, AttributeMeaning)],
) -> Result<u64, MapError> {
    let source_id = sqlx::query_scalar!("SELECT source_id FROM source WHERE name = $1", source)
        .fetch_optional(&mut *db)
        .await?
        .ok_or_else(|| MapError::NoSource {
            name: source.to_owned(),
        })?;
    let known = sqlx::query_scalar!(
        "SELECT code FROM attribute WHERE source_id = $1 ORDER BY code",
        source_id
    )
    .fetch_all(&mut *db)
    .await?;
    if let Some((code, _)) = meanings.iter().find(|(code, _)| !known.contains(code)) {
        return Err(MapError::NoCode {
            source_name: source.to_owned(),
            code: code.clone(),
            known: known.join(", "),
        });
    }
    let column = |value: fn(&(String, AttributeMeaning)) -> String| {
        meanings.iter().map(value).collect::<Vec<_>>()
    };
    let updated = sqlx::query!(
        "UPDATE attribute SET kind = said.kind, meaning = said.meaning, mapped_at = now()
        FROM unnest($2::text[], $3::text[], $4::text[]) AS said (code, kind, meaning)
        WHERE attribute.source_id = $1 AND attribute.code = said.code
            AND (attribute.kind, attribute.meaning) IS DISTINCT FROM (said.kind, said.meaning)",
        source_id,
        &column(|(code, _)| code.clone()),
        &column(|(_, meaning)| meaning.kind.label().to_owned()),
        &column(|(_, meaning)| meaning.word.to_string())
    )
    .execute(db)
    .await?;
    Ok(updated.rows_affected())
}
