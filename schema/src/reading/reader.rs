//! A read-only transaction with a bound of time.

use std::ops::{Deref, DerefMut};

use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};

use super::request;

/// Seconds after which the database ends a statement of a reader.
pub const MAX_SECONDS: u32 = 2;

/// How each reader begins. Statements with optional filters need a plan for their actual values:
/// the generic plan of a filter that may be NULL scans everything.
const BEGIN: &str = "BEGIN READ ONLY; \
    SET LOCAL statement_timeout = '2s'; \
    SET LOCAL plan_cache_mode = 'force_custom_plan'";

/// How a reader begins that asks the same again and again: planned for every partition of the
/// history, a statement costs more than it reads.
const BEGIN_REPEATED: &str = "BEGIN READ ONLY; \
    SET LOCAL statement_timeout = '2s'; \
    SET LOCAL plan_cache_mode = 'force_generic_plan'";

/// A read-only transaction; statements run on it as on a connection.
#[derive(Debug)]
pub struct Reader(Transaction<'static, Postgres>);

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The statement ran longer than [`MAX_SECONDS`].
    #[error("the statement took longer than {MAX_SECONDS} s")]
    TooSlow,
    /// The statement failed.
    #[error("the statement failed")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for ReadError {
    fn from(error: sqlx::Error) -> Self {
        let is_cancelled = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| code == "57014");
        if is_cancelled {
            Self::TooSlow
        } else {
            Self::Database(error)
        }
    }
}

impl Reader {
    /// Begins to read, on behalf of the [`request`] around it. Dropping the reader ends the
    /// transaction.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn begin(db: &PgPool) -> Result<Self, ReadError> {
        let transaction = match request::current() {
            None => db.begin_with(BEGIN).await?,
            Some(name) => {
                let begin = format!("{BEGIN}; SET LOCAL application_name = '{name}'");
                db.begin_with(AssertSqlSafe(begin)).await?
            }
        };
        Ok(Self(transaction))
    }

    /// Begins to read statements without optional filters, whose plans are kept.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn begin_repeated(db: &PgPool) -> Result<Self, ReadError> {
        Ok(Self(db.begin_with(BEGIN_REPEATED).await?))
    }
}

impl Deref for Reader {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}
