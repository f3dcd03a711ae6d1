//! Apache Iceberg tables (format version 2) over the files of an export, so that warehouses and engines
//! that span machines read them without this program.
//!
//! Each data set is a table at `<place>/<data-set>`, partitioned by the day of its rows. Each commit
//! replaces the files of one day or more: readers see all of it or nothing. Nothing here reads
//! Iceberg: `manifest.json` has the state of every table and the list of valid files.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`state`] | `manifest.json` | what is known of a table |
//! | [`fields`] | the columns of a data set | its schema, with the number of each field |
//! | [`avro`] | values | bytes of Avro files |
//! | [`manifest_file`] | the files of a day | the Avro files that list them |
//! | [`metadata`] | the state of a table | `vN.metadata.json` |
//! | [`commit`](mod@commit) | changed days | the next state, and the files to write for it |
//!
//! **Order.** Avro files and `vN.metadata.json`, which must not exist, then `manifest.json`, then
//! `version-hint.text` and the row of the database. A run that ends early leaves metadata that
//! `manifest.json` does not name, which the next run removes; the same happens to what another program
//! commits, so only this one writes to the tables.
//!
//! **Time travel.** Replaced files stay until the last snapshot that uses them is older than
//! [`Order::snapshots_kept`](super::order::Order::snapshots_kept).
//!
//! Source: the [specification](https://iceberg.apache.org/spec/) of Apache Iceberg. The crates that
//! write Iceberg cannot replace the files of a day.

pub mod avro;
pub mod commit;
pub mod fields;
pub mod manifest_file;
pub mod metadata;
pub mod state;
