//! Exports, against a database, stores that fail, a real S3 server, and the programs that read
//! them.

pub(crate) mod fixture;
mod read_back;
pub(crate) mod python;

mod again;
mod events;
pub(crate) mod steps;
mod text;
mod readers;
mod catalog;
mod tables;
pub(crate) mod s3;
mod schedule;
mod network;
