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
    /// Title of the film, in any letters.
    pub film: Option<String>,
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

/// Makes `role` a partner that sees `scope`, in addition to its present scopes; returns whether
/// the role was made, without a password.
///
/// # Errors
///
/// As [`grant_analyst`], or if the scope names nothing.
pub async fn grant_partner(
    db: &PgPool,
    role: &str,
    scope: &Scope,
    timeout: Duration,
) -> Result<bool, sqlx::Error> {
    let mut transaction = db.begin().await?;
    // What it may see is there before it is let in.
    sqlx::query!(
        "INSERT INTO partner_scope (role_name, territory, source, film)
        VALUES ($1, upper($2::text), $3, lower($4))
        ON CONFLICT DO NOTHING",
        role,
        scope.territory.as_deref(),
        scope.source.as_deref(),
        scope.film.as_deref()
    )
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

fn interval(duration: Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
    }
}
