//! What the subjects of observations are, where people said so.

use sqlx::PgExecutor;

/// A work or a venue, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObservationSubject {
    /// A work.
    Work(i32),
    /// A venue.
    Venue(i32),
}

/// A subject that is linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The source of the observations.
    pub source: String,
    /// The subject.
    pub subject: String,
    /// Its work.
    pub work_id: Option<i32>,
    /// Its venue.
    pub venue_id: Option<i32>,
    /// Who said so.
    pub linked_by: String,
}

/// Stores what a subject is, in place of what was said before; returns `false` if there is no such
/// source, work or venue.
///
/// What is stored is the film or cinema for which the work or venue was made: so the link follows
/// it when groups change, and a number that redirects works as well.
///
/// # Errors
///
/// If the statement fails.
pub async fn link_subject(
    db: impl PgExecutor<'_>,
    source: &str,
    subject: &str,
    is: ObservationSubject,
    who: &str,
) -> Result<bool, sqlx::Error> {
    let (work, venue) = match is {
        ObservationSubject::Work(work) => (Some(work), None),
        ObservationSubject::Venue(venue) => (None, Some(venue)),
    };
    let done = sqlx::query_file!(
        "queries/link_observation_subject.sql",
        source,
        subject,
        work,
        venue,
        who
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Removes what was said of a subject; returns `false` if nothing was.
///
/// # Errors
///
/// If the statement fails.
pub async fn unlink_subject(
    db: impl PgExecutor<'_>,
    source: &str,
    subject: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM observation_subject
        USING source
        WHERE source.source_id = observation_subject.source_id
            AND source.name = $1 AND observation_subject.subject = $2",
        source,
        subject
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Lists what people said of subjects.
///
/// # Errors
///
/// If the statement fails.
pub async fn linked_subjects(db: impl PgExecutor<'_>) -> Result<Vec<Linked>, sqlx::Error> {
    sqlx::query_file_as!(Linked, "queries/read_observation_subjects.sql")
        .fetch_all(db)
        .await
}
