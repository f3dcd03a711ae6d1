//! Export: the data as files that other programs read.
//!
//! Takes the rows of complete days, gives Parquet in a directory or an S3-compatible store, with
//! a [`manifest`] that says which files count; or CSV and JSON lines, at once. What was exported
//! stands in the database (`exported_day`) and agrees with the manifest, so an export does only
//! what is new or changed, may be killed at any point, and is never seen half done.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`table`] | a data set | its tables and columns |
//! | [`column`](mod@column) | a block of rows | the values of one column |
//! | `pages` | showtimes | some of them at a time |
//! | [`seats`] | snapshots | seats with their layouts and meanings |
//! | [`showtimes`], [`records`], [`snapshots`], [`jobs`], [`prices`], [`events`] | pages of rows | the columns of a data set |
//! | [`parquet`] | blocks | files |
//! | [`text`] | blocks | CSV, JSON lines |
//! | [`manifest`] | files | which of them count |
//! | [`place`] | files | a directory, a bucket |
//! | [`iceberg`] | changed days | tables that other engines read |
//! | [`lease`] | a place | the one process that writes there |
//! | [`order`] | arguments | the order of an export, and its result |
//! | [`run`](mod@run) | days that are due | days that were exported |
//!
//! **Order.** Files, then the metadata of their [Iceberg table](iceberg), then `manifest.json` as a
//! whole (a conditional put in a store, a rename in a directory), then the row of `exported_day`; then
//! files that no snapshot of a table uses any more are removed. The
//! manifest is the truth about a place: a day of which it says something else than the database is
//! due again. The same rows give the same bytes, and a file is named by its hash, so files of a
//! killed run are either written again as they were, or removed by the next run.
//!
//! **One writer.** A place belongs to one database, and one process writes to it at a time: a lease
//! that is renewed during the work and checked under a row lock while the manifest is put.
//! `tests/it/export/steps.rs` ends an export before and after every request to the store.
//!
//! `showtimes` is exported first, and a run stops all data sets at the same day, so a manifest that
//! names a seat names its showtime. `object_store` uses the `reqwest` and `rustls` of the fleet;
//! `parquet` comes without arrow.

pub mod table;
pub mod column;
mod pages;
pub mod seats;
pub mod showtimes;
pub mod records;
pub mod snapshots;
pub mod jobs;
pub mod prices;
pub mod events;
pub mod parquet;
pub mod text;
pub mod manifest;
pub mod iceberg;
pub mod place;
pub mod lease;
pub mod order;
pub mod run;
