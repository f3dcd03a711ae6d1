//! `vN.metadata.json`: all that a reader has to know of a table.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    fields::Fields,
    manifest_file::{DAY_FIELD_ID, SPEC_ID, partition_fields},
    state::{Change, Snapshot, TableState, metadata_path},
};
use crate::export::table::DataSet;

/// Readers of pages that Spark's vectorized reader cannot decode take the other one, which is as fast.
const SPARK_READER: &str = "read.parquet.vectorization.enabled";

/// Returns the metadata of a table in its present state; `address` is that of the place.
///
/// # Errors
///
/// If it is no JSON, which does not happen.
pub fn metadata(
    data_set: DataSet,
    fields: &Fields,
    address: &str,
    table: &TableState,
) -> Result<Bytes, serde_json::Error> {
    let current = table.current();
    let newest = fields.all.iter().map(|field| field.id).max();
    let mut written = json!({
        "format-version": 2,
        "table-uuid": table.uuid,
        "location": format!("{address}/{data_set}"),
        "last-sequence-number": table.sequence,
        "last-updated-ms": table.updated_at.timestamp_millis(),
        "last-column-id": newest,
        "schemas": table.schemas,
        "current-schema-id": table.schemas.len().saturating_sub(1),
        "partition-specs": [{ "spec-id": SPEC_ID, "fields": partition_fields(fields) }],
        "default-spec-id": SPEC_ID,
        "last-partition-id": DAY_FIELD_ID,
        "sort-orders": [{ "order-id": 0, "fields": [] }],
        "default-sort-order-id": 0,
        "properties": {
            SPARK_READER: "false",
            "schema.name-mapping.default": fields.name_mapping().to_string(),
        },
        "current-snapshot-id": current.map_or(-1, |snapshot| snapshot.id),
        "snapshots": table.snapshots.iter().map(|one| snapshot(address, one)).collect::<Vec<Value>>(),
        "snapshot-log": table.snapshots.iter().map(|one| json!({
            "timestamp-ms": one.at.timestamp_millis(),
            "snapshot-id": one.id,
        })).collect::<Vec<Value>>(),
        "metadata-log": table.log.iter().map(|entry| json!({
            "timestamp-ms": entry.at.timestamp_millis(),
            "metadata-file": format!("{address}/{}", metadata_path(data_set.label(), entry.version)),
        })).collect::<Vec<Value>>(),
        "refs": {},
    });
    if let Some(snapshot) = current {
        written["refs"] = json!({ "main": { "snapshot-id": snapshot.id, "type": "branch" } });
    }
    Ok(serde_json::to_vec(&written)?.into())
}

fn snapshot(address: &str, snapshot: &Snapshot) -> Value {
    let Change {
        added_files,
        added_rows,
        deleted_files,
        deleted_rows,
        total_files,
        total_rows,
    } = snapshot.change;
    let operation = match (added_files, deleted_files) {
        (_, 0) => "append",
        (0, _) => "delete",
        _ => "overwrite",
    };
    let mut written = json!({
        "snapshot-id": snapshot.id,
        "sequence-number": snapshot.sequence,
        "timestamp-ms": snapshot.at.timestamp_millis(),
        "schema-id": snapshot.schema,
        "manifest-list": format!("{address}/{}", snapshot.manifest_list),
        "summary": {
            "operation": operation,
            "added-data-files": added_files.to_string(),
            "added-records": added_rows.to_string(),
            "deleted-data-files": deleted_files.to_string(),
            "deleted-records": deleted_rows.to_string(),
            "total-data-files": total_files.to_string(),
            "total-records": total_rows.to_string(),
        },
    });
    if let Some(parent) = snapshot.parent {
        written["parent-snapshot-id"] = parent.into();
    }
    written
}
