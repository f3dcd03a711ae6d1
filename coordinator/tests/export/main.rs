//! Exports, against a database, stores that fail, a real S3 server, and the programs that read
//! them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod fixture;
mod python;

mod again;
mod steps;
mod text;
mod readers;
mod s3;
mod schedule;
