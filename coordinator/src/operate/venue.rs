//! Verdicts on pairs of cinemas: one venue, or not.

use fleet_web::operations::{Actor, OperationError};
use schema::venue::{self, CinemaName};
use sqlx::PgPool;

use super::{
    film::PairVerdict,
    report::Report,
    verdict::{self, Named, PairKind},
};

/// Finds a cinema by its number, or by `SOURCE/KEY`.
///
/// # Errors
///
/// If there is none, or the database fails.
pub async fn find(db: &PgPool, name: &str) -> Result<CinemaName, OperationError> {
    venue::find_cinema(db, name).await?.ok_or_else(|| {
        OperationError::NotFound(format!(
            "there is no cinema {name}: give its number, or SOURCE/KEY such as bhd/12"
        ))
    })
}

/// Stores or removes a verdict on two cinemas.
///
/// # Errors
///
/// If a cinema is not known, both are the same row, no reason was given, or the database fails.
pub async fn decide(
    db: &PgPool,
    actor: &Actor,
    cinemas: (&str, &str),
    verdict: PairVerdict,
) -> Result<Report, OperationError> {
    let named = |cinema: CinemaName| Named {
        id: cinema.cinema_id,
        key: format!("{}/{}", cinema.source, cinema.key),
        name: cinema.name,
    };
    let (a, b) = (find(db, cinemas.0).await?, find(db, cinemas.1).await?);
    verdict::decide(db, actor, PairKind::Cinemas, (named(a), named(b)), verdict).await
}
