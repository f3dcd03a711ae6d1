//! The Iceberg tables of exports, as a catalog shows them.

use serde_json::Value;
use sqlx::PgConnection;

use super::ReadError;

/// A table of a catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogTable {
    /// Address of its metadata file.
    pub metadata_location: String,
    /// What is in that file.
    pub metadata: Value,
}

/// The namespaces and the addresses of their places, at most 1,000.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn namespaces(db: &mut PgConnection) -> Result<Vec<(String, String)>, ReadError> {
    let rows = sqlx::query!(
        r#"SELECT 'export_' || place_id AS "namespace!", address
        FROM export_place
        WHERE place_id IN (SELECT place_id FROM export_table)
        ORDER BY place_id
        LIMIT 1000"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.namespace, row.address))
        .collect())
}

/// The names of the tables of a namespace; none if there is no such namespace.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn names(db: &mut PgConnection, namespace: &str) -> Result<Vec<String>, ReadError> {
    let names = sqlx::query_scalar!(
        r#"SELECT table_name AS "name!" FROM iceberg_tables WHERE table_namespace = $1 ORDER BY table_name"#,
        namespace
    )
    .fetch_all(db)
    .await?;
    Ok(names)
}

/// The table of a name.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn one(
    db: &mut PgConnection,
    namespace: &str,
    name: &str,
) -> Result<Option<CatalogTable>, ReadError> {
    let found = sqlx::query_as!(
        CatalogTable,
        "SELECT metadata_location, metadata
        FROM export_table
        WHERE 'export_' || place_id = $1 AND replace(data_set, '-', '_') = $2",
        namespace,
        name
    )
    .fetch_optional(db)
    .await?;
    Ok(found)
}
