//! The server in this process, with a database of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;
mod access;
mod action;
mod client;
mod contract;
mod tls;
mod viewer;
mod works;
mod events;
mod event_action;
mod data_sets;
mod experiments;
mod alerts;
mod reports;
mod verdicts;
mod anomalies;
