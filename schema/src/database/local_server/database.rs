//! Databases on the private server, made from a template and dropped.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::{LocalServer, ServerError};
use crate::{
    connect::{is_refused_with, sqlstate},
    private,
};

impl LocalServer {
    /// Creates the database `name`, as a copy of `template` if one is given.
    ///
    /// Copies files, which is twice as fast as the log for the small databases of
    /// tests. Nobody may be connected to the template meanwhile.
    ///
    /// # Errors
    ///
    /// [`ServerError::BadName`] for a name that needs quoting, and
    /// [`ServerError::Database`] if it exists or the server refuses.
    pub async fn create_database(
        &self,
        name: &str,
        template: Option<&str>,
    ) -> Result<(), ServerError> {
        let template = checked(template.unwrap_or("template0"))?;
        let statement = format!(
            "CREATE DATABASE {} TEMPLATE {template} STRATEGY file_copy",
            checked(name)?
        );
        self.execute("create", name, statement).await
    }

    /// Creates the empty database `name` unless it exists; returns whether it did.
    ///
    /// # Errors
    ///
    /// As [`create_database`](Self::create_database), except that it may exist.
    pub async fn ensure_database(&self, name: &str) -> Result<bool, ServerError> {
        match self.create_database(name, None).await {
            Ok(()) => Ok(true),
            Err(ServerError::Database { source, .. })
                if is_refused_with(&source, sqlstate::DUPLICATE_DATABASE) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Installs `pg_stat_statements` in the database `name`, where the server has loaded it,
    /// so that its operator sees which statements the time goes to.
    ///
    /// # Errors
    ///
    /// [`ServerError::Database`] if the database does not exist or the server refuses.
    pub async fn install_statement_statistics(&self, name: &str) -> Result<(), ServerError> {
        let run = async {
            let mut connection = PgConnection::connect(&self.url(name)).await?;
            let loaded: Option<String> =
                sqlx::query_scalar("SELECT current_setting('pg_stat_statements.max', true)")
                    .fetch_one(&mut connection)
                    .await?;
            if loaded.is_some() {
                sqlx::query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
                    .execute(&mut connection)
                    .await?;
            }
            connection.close().await
        };
        run.await.map_err(|source| ServerError::Database {
            action: "install statistics in",
            name: name.to_owned(),
            source,
        })
    }

    /// Drops the database `name` if it exists and ends the connections to it.
    ///
    /// # Errors
    ///
    /// [`ServerError::BadName`] for a name that needs quoting, and
    /// [`ServerError::Database`] if the server refuses.
    pub async fn drop_database(&self, name: &str) -> Result<(), ServerError> {
        self.execute("drop", name, drop_statement(name)?).await
    }

    /// Drops at most `most` of the databases whose name `is_unused`, each with its connections.
    ///
    /// One that another process drops at the same time is passed over.
    ///
    /// # Errors
    ///
    /// [`ServerError::Database`] if the server does not list its databases.
    pub async fn drop_databases(
        &self,
        most: usize,
        is_unused: impl Fn(&str) -> bool,
    ) -> Result<(), ServerError> {
        let run = async {
            let mut connection = PgConnection::connect(&self.url("postgres")).await?;
            let names: Vec<String> =
                sqlx::query_scalar("SELECT datname::text FROM pg_database ORDER BY random()")
                    .fetch_all(&mut connection)
                    .await?;
            let unused = names.iter().filter(|name| is_unused(name));
            let statements = unused.filter_map(|name| Some((name, drop_statement(name).ok()?)));
            for (name, statement) in statements.take(most) {
                if let Err(error) = sqlx::raw_sql(AssertSqlSafe(statement))
                    .execute(&mut connection)
                    .await
                {
                    tracing::debug!(name, %error, "an unused database stays");
                }
            }
            connection.close().await
        };
        run.await.map_err(|source| ServerError::Database {
            action: "list",
            name: "postgres".to_owned(),
            source,
        })
    }

    /// Gives `role` a new password; returns the URL of `database` for it.
    ///
    /// # Errors
    ///
    /// [`ServerError::BadName`] for a name that needs quoting, and
    /// [`ServerError::Database`] if there is no such role.
    pub async fn login(&self, role: &str, database: &str) -> Result<String, ServerError> {
        let password = private::password()?;
        // What counts statements would keep the password for everybody who may read its view.
        let statement = format!(
            "SET pg_stat_statements.track_utility = off; ALTER ROLE {} PASSWORD '{password}'",
            checked(role)?
        );
        self.execute("let in a role of", role, statement).await?;
        Ok(self.url_of(role, &password, database))
    }

    async fn execute(
        &self,
        action: &'static str,
        name: &str,
        statement: String,
    ) -> Result<(), ServerError> {
        let run = async {
            let mut connection = PgConnection::connect(&self.url("postgres")).await?;
            // Names are no parameters of these statements; they were checked.
            sqlx::raw_sql(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await?;
            connection.close().await
        };
        run.await.map_err(|source| ServerError::Database {
            action,
            name: name.to_owned(),
            source,
        })
    }
}

fn drop_statement(name: &str) -> Result<String, ServerError> {
    let name = checked(name)?;
    Ok(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
}

/// Returns `name` in quotes if it is plain enough to need none.
fn checked(name: &str) -> Result<String, ServerError> {
    let plain = name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    plain
        .then(|| format!("\"{name}\""))
        .ok_or_else(|| ServerError::BadName {
            name: name.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_reach_a_statement() {
        assert!(checked("fullhouse_1").is_ok());
        for bad in ["", "1st", "Upper", "a b", "x\"; DROP", "é", &"x".repeat(64)] {
            assert!(
                matches!(checked(bad), Err(ServerError::BadName { .. })),
                "{bad}"
            );
        }
    }
}
