//! Rollups against a recount: each one's own query, from what is stored and from no table of any
//! rollup, beside what its view and its table say.

use coordinator::background::rollups::refresh_marked;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use super::error::HarnessError;

/// Every rollup, each after the one that it reads.
const ROLLUPS: &str = "SELECT name, parent, query FROM rollup ORDER BY depth, name";

/// One rollup beside its recount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recounted {
    /// Its name.
    pub name: String,
    /// Rows of the recount.
    pub rows: i64,
    /// Rows in which its view differed while buckets were still dirty.
    pub differing_before: i64,
    /// Rows in which its view or its table differs now that all is refreshed.
    pub differing: i64,
}

/// Compares every rollup with a recount, refreshing them in between; stop the fleet before.
///
/// # Errors
///
/// If the database does not answer, or a rollup was set aside.
pub async fn recount(db: &PgPool) -> Result<Vec<Recounted>, HarnessError> {
    let rollups: Vec<(String, Option<String>, String)> =
        sqlx::query_as(ROLLUPS).fetch_all(db).await?;
    let mut connection = db.acquire().await?.detach();
    let mut recounted = Vec::new();
    for (name, parent, query) in rollups {
        let query = match parent {
            None => query,
            Some(parent) => query.replace(
                &format!("fullhouse.{parent}"),
                &format!("pg_temp.recounted_{parent} AS {parent}"),
            ),
        };
        run(
            &mut connection,
            format!("CREATE TEMP TABLE recounted_{name} AS {query}"),
        )
        .await?;
        let rows = number(
            &mut connection,
            format!("SELECT count(*) FROM recounted_{name}"),
        )
        .await?;
        let differing_before = differing(&mut connection, &name, "fullhouse").await?;
        recounted.push(Recounted {
            name,
            rows,
            differing_before,
            differing: 0,
        });
    }
    while refresh_marked(db, None, &CancellationToken::new())
        .await?
        .buckets
        > 0
    {}
    for one in &mut recounted {
        one.differing = differing(&mut connection, &one.name, "fullhouse").await?
            + differing(&mut connection, &one.name, "rollup").await?;
    }
    Ok(recounted)
}

/// Rows that only one of a rollup, as the schema has it, and its recount has.
async fn differing(
    connection: &mut PgConnection,
    name: &str,
    schema: &str,
) -> Result<i64, HarnessError> {
    let (kept, recounted) = (format!("{schema}.{name}"), format!("recounted_{name}"));
    let statement = format!(
        "SELECT count(*) FROM (
            (TABLE {kept} EXCEPT ALL TABLE {recounted})
            UNION ALL (TABLE {recounted} EXCEPT ALL TABLE {kept})) AS differing"
    );
    number(connection, statement).await
}

async fn run(connection: &mut PgConnection, statement: String) -> Result<(), HarnessError> {
    sqlx::query(AssertSqlSafe(statement))
        .execute(connection)
        .await?;
    Ok(())
}

async fn number(connection: &mut PgConnection, statement: String) -> Result<i64, HarnessError> {
    Ok(sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_one(connection)
        .await?)
}
