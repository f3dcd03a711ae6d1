//! The command line: one module per subcommand.

pub mod access;
pub mod anomaly;
pub mod codes;
pub mod attributes;
pub mod doctor;
pub mod explain;
pub mod export;
pub mod film;
pub mod forecast;
pub mod fleet;
pub mod job;
pub mod limit;
pub mod observation;
pub mod partition;
pub mod quarantine;
pub mod run;
pub mod seal;
pub mod simulate;
pub mod source;
mod table;
pub mod task;
pub mod token;
pub mod venue;
pub mod version;
pub mod view;
pub mod weight;
