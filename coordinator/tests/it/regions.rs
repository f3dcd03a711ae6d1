//! Regions: events that go from one database to another as files, whatever fails on the way.

mod fixture;

mod erasure;
mod gaps;
mod hostile;
mod late;
mod s3;
mod steps;
mod transfer;
