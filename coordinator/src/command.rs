//! The command line: one module per subcommand.

pub mod apply;
pub mod codes;
pub mod job;
pub mod quarantine;
pub mod run;
pub mod source;
pub mod version;
