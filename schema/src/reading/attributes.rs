//! What sources say of showtimes: format, language, audience and the like.

use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::ReadError;
use crate::attribute::{Attribute, attributes};

/// What the source says of a showtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShowtimeAttribute {
    /// The code as it came.
    pub code: String,
    /// What it is about, such as `format`; null while nothing maps the code.
    pub kind: Option<String>,
    /// The word of this kind, such as `imax`; null while nothing maps the code.
    pub meaning: Option<String>,
}

/// Reads what the source says of a showtime, by the present meaning of its codes.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn of_showtime(
    db: &mut PgConnection,
    showtime_id: i32,
) -> Result<Vec<ShowtimeAttribute>, ReadError> {
    let rows = sqlx::query_as!(
        ShowtimeAttribute,
        r#"SELECT code AS "code!", kind, meaning FROM showtime_attribute
        WHERE showtime_id = $1
        ORDER BY kind NULLS LAST, meaning, code
        LIMIT 100"#,
        showtime_id
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Reads the name of the film when a showtime was listed last before its start; none if that was
/// before names were kept, or if it is the present title.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn listed_title(
    db: &mut PgConnection,
    showtime_id: i32,
) -> Result<Option<String>, ReadError> {
    let title = sqlx::query_scalar!(
        "SELECT film_title.title
        FROM showtime
        INNER JOIN film ON film.film_id = showtime.film_id
        INNER JOIN film_title ON film_title.film_title_id = showtime.film_title_id
        WHERE showtime.showtime_id = $1 AND film_title.title <> film.title",
        showtime_id
    )
    .fetch_optional(db)
    .await?;
    Ok(title)
}

/// Reads the attributes that a source has said, those that nothing maps first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn of_source(db: &mut PgConnection, source: &str) -> Result<Vec<Attribute>, ReadError> {
    Ok(attributes(db, source).await?)
}
