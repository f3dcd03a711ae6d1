//! Manifests and manifest lists: Avro files that list the files of a day, and the manifests of a
//! snapshot.

use bytes::Bytes;
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{
    avro::{self, AvroEncoder},
    fields::{Field, Fields},
    state::{ManifestFile, Snapshot},
};
use crate::export::{column::ColumnKind, manifest::File, parquet::written};

/// The only partition spec of each table.
pub const SPEC_ID: usize = 0;
/// Number of its field; numbers of partition fields begin here.
pub const DAY_FIELD_ID: i32 = 1000;
/// A file counts from this snapshot on.
const ADDED: i64 = 1;
/// A file counts no longer.
const DELETED: i64 = 2;

/// The files of a day that a commit adds and deletes.
#[derive(Debug, Clone, Copy)]
pub struct DayFiles<'a> {
    /// The day, UTC.
    pub date: NaiveDate,
    /// Files that count from now on.
    pub added: &'a [File],
    /// Files that they replace, and the number of the commit that added them.
    pub deleted: (&'a [File], i64),
}

/// Returns the manifest of a day, which snapshot `snapshot` adds; `address` is that of the place.
#[must_use]
pub fn of_day(
    fields: &Fields,
    schema: &Value,
    address: &str,
    day: DayFiles<'_>,
    snapshot: i64,
) -> Bytes {
    let (deleted, deleted_in) = day.deleted;
    let mut encoder = AvroEncoder::default();
    let entries = (day.added.iter().map(|file| (file, None)))
        .chain(deleted.iter().map(|file| (file, Some(deleted_in))));
    for (file, deleted_in) in entries {
        encoder.long(if deleted_in.is_some() { DELETED } else { ADDED });
        encoder.optional(Some(snapshot), AvroEncoder::long);
        // The numbers of added files are that of the commit, which readers take from the list.
        encoder.optional(deleted_in, AvroEncoder::long);
        encoder.optional(deleted_in, AvroEncoder::long);
        data_file(&mut encoder, fields, address, file);
    }
    let said = [
        ("schema", schema.to_string()),
        ("schema-id", schema["schema-id"].to_string()),
        ("partition-spec", partition_fields(fields).to_string()),
        ("partition-spec-id", SPEC_ID.to_string()),
        ("format-version", "2".to_owned()),
        ("content", "data".to_owned()),
    ];
    let records = day.added.len() + deleted.len();
    avro::file(&entry_schema(fields), &said, records, &encoder)
}

fn data_file(encoder: &mut AvroEncoder, fields: &Fields, address: &str, file: &File) {
    // 0: rows, not deletions.
    encoder.long(0);
    encoder.text(&format!("{address}/{}", file.path));
    encoder.text("PARQUET");
    encoder.optional(Some(days_since_1970(file.date)), AvroEncoder::long);
    encoder.count(file.rows);
    encoder.count(file.bytes);
    for end in [0, 1] {
        let known: Vec<(i32, Vec<u8>)> = file
            .bounds
            .iter()
            .filter_map(|(name, bounds)| {
                let field = fields.named(name)?;
                Some((field.id, bound(field, &bounds[end])?))
            })
            .collect();
        encoder.optional(Some(known), |encoder, known| {
            encoder.array(known.into_iter(), |encoder, (id, value)| {
                encoder.long(id.into());
                encoder.bytes(&value);
            });
        });
    }
}

/// A value as Iceberg writes single values: little endian, but decimals.
fn bound(field: Field, value: &Value) -> Option<Vec<u8>> {
    let value = written(field.kind, value)?;
    match field.kind {
        ColumnKind::Short | ColumnKind::Integer | ColumnKind::Day => {
            Some(i32::try_from(value).ok()?.to_le_bytes().to_vec())
        }
        ColumnKind::Long | ColumnKind::Time => Some(value.to_le_bytes().to_vec()),
        ColumnKind::Money => Some(shortest(value)),
        ColumnKind::Flag | ColumnKind::Text => None,
    }
}

/// Two's complement, big endian, in as few bytes as hold it.
fn shortest(value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let sign = if value < 0 { 0xff } else { 0 };
    let spare = bytes
        .windows(2)
        .take_while(|pair| pair[0] == sign && (pair[1] ^ sign) < 0x80)
        .count();
    bytes[spare..].to_vec()
}

/// Returns the list of the manifests of a snapshot.
#[must_use]
pub fn list(address: &str, snapshot: &Snapshot, manifests: &[ManifestFile]) -> Bytes {
    let mut encoder = AvroEncoder::default();
    for manifest in manifests {
        encoder.text(&format!("{address}/{}", manifest.path));
        encoder.count(manifest.bytes);
        encoder.count(SPEC_ID as u64);
        // 0: rows, not deletions.
        encoder.long(0);
        encoder.long(manifest.sequence);
        encoder.long(manifest.sequence);
        encoder.long(manifest.snapshot);
        encoder.count(manifest.added_files);
        encoder.long(0);
        encoder.count(manifest.deleted_files);
        encoder.count(manifest.added_rows);
        encoder.long(0);
        encoder.count(manifest.deleted_rows);
        let day = i32::try_from(days_since_1970(manifest.date)).unwrap_or(i32::MAX);
        encoder.optional(Some(day.to_le_bytes()), |encoder, day| {
            encoder.array([day].into_iter(), |encoder, day| {
                encoder.flag(false);
                encoder.optional(Some(day), |encoder, day| encoder.bytes(&day));
                encoder.optional(Some(day), |encoder, day| encoder.bytes(&day));
            });
        });
    }
    let said = [
        ("format-version", "2".to_owned()),
        ("snapshot-id", snapshot.id.to_string()),
        (
            "parent-snapshot-id",
            snapshot
                .parent
                .map_or("null".to_owned(), |id| id.to_string()),
        ),
        ("sequence-number", snapshot.sequence.to_string()),
    ];
    avro::file(&list_schema(), &said, manifests.len(), &encoder)
}

fn days_since_1970(date: NaiveDate) -> i64 {
    (date - NaiveDate::default()).num_days()
}

/// The fields of the partition spec.
#[must_use]
pub fn partition_fields(fields: &Fields) -> Value {
    json!([{
        "name": fields.day_name(),
        "transform": "day",
        "source-id": fields.time.id,
        "field-id": DAY_FIELD_ID,
    }])
}

fn field(id: i32, name: &str, of: &Value) -> Value {
    json!({ "name": name, "type": of, "field-id": id })
}

fn optional(id: i32, name: &str, of: &Value) -> Value {
    json!({ "name": name, "type": ["null", of], "default": null, "field-id": id })
}

/// A map from field numbers to bytes, whose keys are no texts.
fn bounds(key: i32, value: i32) -> Value {
    json!({
        "type": "array",
        "logicalType": "map",
        "items": {
            "type": "record",
            "name": format!("k{key}_v{value}"),
            "fields": [field(key, "key", &json!("int")), field(value, "value", &json!("bytes"))],
        },
    })
}

fn entry_schema(fields: &Fields) -> Value {
    let (int, long, text) = (json!("int"), json!("long"), json!("string"));
    let date = json!({ "type": "int", "logicalType": "date" });
    let partition = json!({
        "type": "record",
        "name": "r102",
        "fields": [optional(DAY_FIELD_ID, &fields.day_name(), &date)],
    });
    let data_file = json!({
        "type": "record",
        "name": "r2",
        "fields": [
            field(134, "content", &int),
            field(100, "file_path", &text),
            field(101, "file_format", &text),
            field(102, "partition", &partition),
            field(103, "record_count", &long),
            field(104, "file_size_in_bytes", &long),
            optional(125, "lower_bounds", &bounds(126, 127)),
            optional(128, "upper_bounds", &bounds(129, 130)),
        ],
    });
    json!({
        "type": "record",
        "name": "manifest_entry",
        "fields": [
            field(0, "status", &int),
            optional(1, "snapshot_id", &long),
            optional(3, "sequence_number", &long),
            optional(4, "file_sequence_number", &long),
            field(2, "data_file", &data_file),
        ],
    })
}

fn list_schema() -> Value {
    let (int, long, bytes) = (json!("int"), json!("long"), json!("bytes"));
    let summary = json!({
        "type": "record",
        "name": "r508",
        "fields": [
            field(509, "contains_null", &json!("boolean")),
            optional(510, "lower_bound", &bytes),
            optional(511, "upper_bound", &bytes),
        ],
    });
    let summaries = json!({ "type": "array", "items": summary, "element-id": 508 });
    json!({
        "type": "record",
        "name": "manifest_file",
        "fields": [
            field(500, "manifest_path", &json!("string")),
            field(501, "manifest_length", &long),
            field(502, "partition_spec_id", &int),
            field(517, "content", &int),
            field(515, "sequence_number", &long),
            field(516, "min_sequence_number", &long),
            field(503, "added_snapshot_id", &long),
            field(504, "added_files_count", &int),
            field(505, "existing_files_count", &int),
            field(506, "deleted_files_count", &int),
            field(512, "added_rows_count", &long),
            field(513, "existing_rows_count", &long),
            field(514, "deleted_rows_count", &long),
            optional(507, "partitions", &summaries),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_take_as_few_bytes_as_hold_them() {
        for (value, bytes) in [
            (0, vec![0]),
            (127, vec![0x7f]),
            (128, vec![0, 0x80]),
            (-1, vec![0xff]),
            (-128, vec![0x80]),
            (-129, vec![0xff, 0x7f]),
            (12_500_000, vec![0, 0xbe, 0xbc, 0x20]),
        ] {
            assert_eq!(shortest(value), bytes, "{value}");
        }
        assert_eq!(shortest(i64::MIN).len(), 8);
    }
}
