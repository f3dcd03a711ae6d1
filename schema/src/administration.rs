//! Queries of operators and of the web page about the whole fleet.

pub mod diagnostics;
pub mod activity;
pub mod fleet_status;
pub mod progress;
pub mod background;
pub mod secret;
pub mod token;
pub mod audit;
pub mod idempotency;
pub mod throughput;
pub mod alert;
pub mod alert_facts;
pub mod message;
pub mod silence;
pub mod report;
