//! The command line: one module per subcommand.

pub mod apply;
pub mod codes;
pub mod explain;
pub mod job;
pub mod quarantine;
pub mod run;
pub mod simulate;
pub mod source;
pub mod version;
pub mod weight;
