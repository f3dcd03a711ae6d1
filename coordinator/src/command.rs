//! The command line: one module per subcommand.

pub mod apply;
pub mod codes;
pub mod fleet;
pub mod job;
pub mod limit;
pub mod quarantine;
pub mod run;
pub mod source;
pub mod task;
pub mod version;
