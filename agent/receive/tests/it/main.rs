//! A receiver against a real database, with real HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod staged;

mod results;
mod schemas;
mod replay;
mod segment;
mod real_clients;
mod keys;
mod pages;
mod bodies;
mod hostile;
mod races;
mod outage;
