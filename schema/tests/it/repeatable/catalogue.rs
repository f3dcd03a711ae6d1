//! What a database is made of, to compare two of them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgPool;

/// Definitions by kind and name.
pub(super) type Catalogue = BTreeMap<(String, String), String>;

pub(super) async fn catalogue(db: &PgPool) -> Catalogue {
    let rows: Vec<(String, String, String)> = sqlx::query_as(include_str!("catalogue.sql"))
        .fetch_all(db)
        .await
        .unwrap();
    rows.into_iter()
        .map(|(kind, name, definition)| ((kind, name), definition))
        .collect()
}

/// Each object that only one of them has, or that differs, with both definitions.
pub(super) fn differences(one: &Catalogue, other: &Catalogue) -> Vec<String> {
    let names: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    names
        .into_iter()
        .filter(|name| one.get(name) != other.get(name))
        .map(|name| format!("{name:?}: {:?} and {:?}", one.get(name), other.get(name)))
        .collect()
}
