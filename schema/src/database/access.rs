//! Access: analysts read all views made for reading, partners their own rows of some of them.
//!
//! `view_audience` says who reads which view, `row_scope` by which column the rows of a table
//! belong to somebody, and `partner_scope` what each partner may see; [`prepare`] puts that into
//! force. Views in `analytics` and `analytics_detail` are `security_invoker`: the roles hold rights
//! on exactly the columns that the views read, and row-level security on the tables decides for
//! partners. Neither may use the schema `public`. The owner and the roles of the fleet pass the
//! policies by a constant, so the plans of the fleet's statements do not change. A function that
//! such a view calls and that reads tables itself runs as its owner with a fixed `search_path`.
//!
//! Of events, partners see counts only, by functions that hide small groups (`partner_event_area`,
//! `apply_event_access.sql`): row-level security cannot, because who may count rows may read them.
//!
//! Roles belong to the whole server, so no migration makes them: an analyst is one in every
//! database of the server that it may connect to.

mod grants;
pub mod fleet;

pub use grants::{Grant, grants};

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, PgExecutor, PgPool, postgres::types::PgInterval};

/// What a partner may see: the showtimes that fit in all that is named, and what belongs to
/// them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// ISO 3166 code of the cinemas.
    pub territory: Option<String>,
    /// Name of the source.
    pub source: Option<String>,
    /// The work: the films that it has when it is granted, and those that a person or the trusted
    /// list joins to them later.
    pub work_id: Option<i32>,
}

/// What a partner may see of events: counts of a client, of one country or of a region of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventArea {
    /// Name of the client that sends the events.
    pub client: String,
    /// ISO 3166 code; `None` for all places.
    pub country: Option<String>,
    /// Region within the country, as the client sends it; `None` for all of them.
    pub region: Option<String>,
}

/// What [`grant_partner`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerGrant {
    /// Whether the role was made, without a password.
    pub is_new: bool,
    /// The films of the work that was granted, as people name them.
    pub films: Vec<String>,
}

/// Puts into force who may see what. Safe to repeat.
///
/// # Errors
///
/// If the roles are missing and may not be made, or a view for partners reads a table of
/// which nothing says whose its rows are; then nothing has changed.
pub async fn prepare(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT apply_access()").fetch_one(db).await?;
    Ok(())
}

/// Repeats [`prepare`] and [`fleet::apply_grants`] where they were ever done, so that what
/// migrations brought is in force; for the owner of the database.
///
/// # Errors
///
/// See there.
pub async fn keep(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let prepared = sqlx::query!(
        r#"SELECT has_access() AS "for_readers!", EXISTS (SELECT FROM fleet_role) AS "for_fleet!""#
    )
    .fetch_one(&mut *transaction)
    .await?;
    if prepared.for_readers {
        prepare(&mut *transaction).await?;
    }
    if prepared.for_fleet {
        fleet::apply_grants(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Lets `role` log in as an analyst, whose statements end after `timeout`; returns whether
/// the role was made, without a password.
///
/// # Errors
///
/// If access is not prepared, the role sees everything anyway, or may not be made.
pub async fn grant_analyst(
    db: impl PgExecutor<'_>,
    role: &str,
    timeout: Duration,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT grant_access($1, false, $2) AS "is_new!""#,
        role,
        interval(timeout)
    )
    .fetch_one(db)
    .await
}

/// Makes `role` a partner that sees `scope`, in addition to its present scopes.
///
/// The films that the work has at this moment are stored with the scope: they are what a person
/// decided. A scope by title of an older version that they cover is removed.
///
/// # Errors
///
/// As [`grant_analyst`], or if the scope names nothing or a work that is none.
pub async fn grant_partner(
    db: &PgPool,
    role: &str,
    scope: &Scope,
    timeout: Duration,
) -> Result<PartnerGrant, sqlx::Error> {
    let mut transaction = db.begin().await?;
    // What it may see is there before it is let in.
    let partner_scope_id = sqlx::query_scalar!(
        "INSERT INTO partner_scope (role_name, territory, source, work_id)
        VALUES ($1, upper($2::text), $3, $4)
        ON CONFLICT ON CONSTRAINT partner_scope_once DO UPDATE SET role_name = excluded.role_name
        RETURNING partner_scope_id",
        role,
        scope.territory.as_deref(),
        scope.source.as_deref(),
        scope.work_id
    )
    .fetch_one(&mut *transaction)
    .await?;
    let films = sqlx::query_file_scalar!("queries/grant_work.sql", partner_scope_id)
        .fetch_all(&mut *transaction)
        .await?;
    sqlx::query_file!("queries/replace_title_scopes.sql", partner_scope_id)
        .execute(&mut *transaction)
        .await?;
    let is_new = sqlx::query_scalar!(
        r#"SELECT grant_access($1, true, $2) AS "is_new!""#,
        role,
        interval(timeout)
    )
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(PartnerGrant { is_new, films })
}

/// Makes `role` a partner that sees counts of events of `area`, in addition to what it sees; returns
/// whether the role was made, without a password.
///
/// # Errors
///
/// As [`grant_analyst`], or if there is no such client, the country is not two letters, a region comes
/// without a country, or the area overlaps another of the role.
pub async fn grant_partner_events(
    db: &PgPool,
    role: &str,
    area: &EventArea,
    timeout: Duration,
) -> Result<bool, sqlx::Error> {
    let mut transaction = db.begin().await?;
    // What it may see is there before it is let in.
    sqlx::query!(
        "SELECT grant_partner_events($1, $2, upper($3::text), $4)",
        role,
        area.client,
        area.country.as_deref(),
        area.region.as_deref()
    )
    .fetch_one(&mut *transaction)
    .await?;
    let is_new = sqlx::query_scalar!(
        r#"SELECT grant_access($1, true, $2) AS "is_new!""#,
        role,
        interval(timeout)
    )
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(is_new)
}

/// Takes from `role` what it was granted; the role stays.
///
/// # Errors
///
/// If there is no such role, or it may not be changed.
pub async fn revoke(db: impl PgExecutor<'_>, role: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT revoke_access($1)", role)
        .fetch_one(db)
        .await?;
    Ok(())
}

/// A row of the view `access_granted`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The role.
    pub role_name: String,
    /// `analyst` or `partner`.
    pub kind: String,
    /// The rows that a partner sees, in words.
    pub sees: Vec<String>,
    /// Milliseconds after which its statements end in this database.
    pub statement_timeout: Option<String>,
}

/// Every analyst and partner of the server, by name.
///
/// # Errors
///
/// If the statement fails.
pub async fn granted(db: impl PgExecutor<'_>) -> Result<Vec<Granted>, sqlx::Error> {
    sqlx::query_as!(
        Granted,
        r#"SELECT role_name AS "role_name!", kind AS "kind!",
            coalesce(sees, '{}') AS "sees!", statement_timeout
        FROM access_granted
        ORDER BY role_name, kind"#
    )
    .fetch_all(db)
    .await
}

/// A film of a granted work that a partner does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndecidedFilm {
    /// The role.
    pub role_name: String,
    /// `waits`: a rule joined it after the grant; `left`: it is of another work now.
    pub state: String,
    /// The work that was granted.
    pub work_id: i32,
    /// Its work now.
    pub present_work_id: i32,
    /// The film, as `SOURCE/KEY`.
    pub film: String,
    /// Its title.
    pub title: String,
    /// A film of the scope that the partner sees, as `SOURCE/KEY`.
    pub seen_film: Option<String>,
}

/// The films of granted works that partners do not see, 200 at most.
///
/// # Errors
///
/// If the statement fails.
pub async fn undecided(db: impl PgExecutor<'_>) -> Result<Vec<UndecidedFilm>, sqlx::Error> {
    sqlx::query_file_as!(UndecidedFilm, "queries/read_undecided_films.sql")
        .fetch_all(db)
        .await
}

fn interval(duration: Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
    }
}
