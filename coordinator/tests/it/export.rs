//! Exports, against a database, stores that fail, a real S3 server, and the programs that read
//! them.

mod fixture;
mod read_back;
mod python;

mod again;
mod events;
mod steps;
mod text;
mod readers;
mod catalog;
mod tables;
mod s3;
mod schedule;
mod network;
