//! A read-only REST catalog of Apache Iceberg: the tables of the exports, for engines that find tables by
//! a catalog. Clients take `/v1/iceberg` as its address and a token of the API.
//!
//! The part of the [Iceberg REST specification] that reading needs. Nothing is written here: a client that
//! tries is answered that there is no such method.
//!
//! [Iceberg REST specification]: https://iceberg.apache.org/rest-catalog-spec/

use std::collections::BTreeMap;

use actix_web::{
    get,
    web::{Data, Json, Path, Query},
};
use schema::reading::{Reader, tables};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    problem::{Problem, WebError},
    state::WebState,
};

/// What a client may call.
const ENDPOINTS: [&str; 4] = [
    "GET /v1/{prefix}/namespaces",
    "GET /v1/{prefix}/namespaces/{namespace}",
    "GET /v1/{prefix}/namespaces/{namespace}/tables",
    "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}",
];

/// Adds the routes.
pub fn configure(service: &mut ServiceConfig<'_>) {
    service
        .service(read_config)
        .service(list_namespaces)
        .service(read_namespace)
        .service(list_tables)
        .service(load_table);
}

/// The configuration that a client of the catalog reads first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CatalogConfig {
    /// Settings that a client may change: none.
    defaults: BTreeMap<String, String>,
    /// Settings that a client may not change: none.
    overrides: BTreeMap<String, String>,
    /// The routes that there are.
    endpoints: Vec<&'static str>,
}

/// Tells a client of the Iceberg catalog what there is.
#[utoipa::path(
    tag = "iceberg",
    responses((status = 200, body = CatalogConfig))
)]
#[get("/v1/iceberg/v1/config")]
pub async fn read_config() -> Json<CatalogConfig> {
    Json(CatalogConfig {
        defaults: BTreeMap::new(),
        overrides: BTreeMap::new(),
        endpoints: ENDPOINTS.to_vec(),
    })
}

/// The namespaces of the catalog.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamespaceList {
    /// Each as a list of one name.
    namespaces: Vec<[String; 1]>,
}

/// Which namespaces are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NamespaceQuery {
    /// A namespace whose parts are asked for: it has none.
    parent: Option<String>,
}

/// Lists the namespaces of the Iceberg catalog: one for each place of exports.
#[utoipa::path(
    tag = "iceberg",
    params(NamespaceQuery),
    responses(
        (status = 200, body = NamespaceList),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/iceberg/v1/namespaces")]
pub async fn list_namespaces(
    state: Data<WebState>,
    query: Query<NamespaceQuery>,
) -> Result<Json<NamespaceList>, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let found = tables::namespaces(&mut reader).await?;
    let namespaces = match query.parent.as_deref().filter(|parent| !parent.is_empty()) {
        None => found.into_iter().map(|(name, _)| [name]).collect(),
        Some(parent) if found.iter().any(|(name, _)| name == parent) => Vec::new(),
        Some(parent) => return Err(WebError::no("namespace", parent)),
    };
    Ok(Json(NamespaceList { namespaces }))
}

/// A namespace of the catalog.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamespaceItem {
    /// Its name, as a list of one.
    namespace: [String; 1],
    /// `location`: the address of the place.
    properties: BTreeMap<&'static str, String>,
}

/// Reads a namespace of the Iceberg catalog.
#[utoipa::path(
    tag = "iceberg",
    params(("namespace" = String, Path, description = "`export_` and the number of the place")),
    responses(
        (status = 200, body = NamespaceItem),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/iceberg/v1/namespaces/{namespace}")]
pub async fn read_namespace(
    state: Data<WebState>,
    name: Path<String>,
) -> Result<Json<NamespaceItem>, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let found = tables::namespaces(&mut reader).await?;
    let found = found.into_iter().find(|(known, _)| *known == *name);
    let (name, address) = found.ok_or_else(|| WebError::no("namespace", &*name))?;
    Ok(Json(NamespaceItem {
        namespace: [name],
        properties: BTreeMap::from([("location", address)]),
    }))
}

/// The tables of a namespace.
#[derive(Debug, Serialize, ToSchema)]
pub struct TableList {
    /// By name.
    identifiers: Vec<TableIdentifier>,
}

/// A table with its namespace.
#[derive(Debug, Serialize, ToSchema)]
pub struct TableIdentifier {
    /// The namespace, as a list of one name.
    namespace: [String; 1],
    /// The data set, such as `seat_records`.
    name: String,
}

/// Lists the tables of a namespace of the Iceberg catalog.
#[utoipa::path(
    tag = "iceberg",
    params(("namespace" = String, Path, description = "`export_` and the number of the place")),
    responses(
        (status = 200, body = TableList),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/iceberg/v1/namespaces/{namespace}/tables")]
pub async fn list_tables(
    state: Data<WebState>,
    namespace: Path<String>,
) -> Result<Json<TableList>, WebError> {
    let mut reader = Reader::begin(&state.db).await?;
    let found = tables::names(&mut reader, &namespace).await?;
    if found.is_empty() {
        return Err(WebError::no("namespace", &*namespace));
    }
    let identifiers = found.into_iter().map(|name| TableIdentifier {
        namespace: [namespace.clone()],
        name,
    });
    Ok(Json(TableList {
        identifiers: identifiers.collect(),
    }))
}

/// A table, as the last commit left it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LoadedTable {
    /// Address of its metadata file.
    metadata_location: String,
    /// What is in that file.
    metadata: Value,
    /// Settings for reading it: none. A reader has its own credentials for the place.
    config: BTreeMap<String, String>,
}

/// Loads a table of the Iceberg catalog.
#[utoipa::path(
    tag = "iceberg",
    params(
        ("namespace" = String, Path, description = "`export_` and the number of the place"),
        ("table" = String, Path, description = "The data set, such as `seat_records`")
    ),
    responses(
        (status = 200, body = LoadedTable),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
#[get("/v1/iceberg/v1/namespaces/{namespace}/tables/{table}")]
pub async fn load_table(
    state: Data<WebState>,
    path: Path<(String, String)>,
) -> Result<Json<LoadedTable>, WebError> {
    let (namespace, name) = path.into_inner();
    let mut reader = Reader::begin(&state.db).await?;
    let found = tables::one(&mut reader, &namespace, &name).await?;
    let found = found.ok_or_else(|| WebError::no("table", format!("{namespace}.{name}")))?;
    Ok(Json(LoadedTable {
        metadata_location: found.metadata_location,
        metadata: found.metadata,
        config: BTreeMap::new(),
    }))
}
