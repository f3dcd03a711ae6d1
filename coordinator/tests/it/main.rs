//! The leader's work and the command line, against databases of their own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod alerts;
mod anomalies;
mod attributes;
mod background;
mod doctor;
mod export;
mod fence;
mod fixture;
mod forecasts;
mod mail_server;
mod computed;
mod data_sets;
mod deliveries;
mod operate;
mod event;
mod policy;
mod regions;
mod reports;
mod queue;
mod sealing;
mod scopes;
mod works;
mod work_rollups;
mod venues;
