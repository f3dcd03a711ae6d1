//! The command line: one module per subcommand.

pub mod apply;
pub mod job;
pub mod run;
pub mod source;
