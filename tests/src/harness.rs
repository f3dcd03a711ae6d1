//! The harness: whole fleets of real processes, watched from outside.
//!
//! | module | is |
//! |---|---|
//! | [`program`] | where the programs of this project are |
//! | [`process`] | a process with a log, that dies with its handle |
//! | [`wait`] | waiting for a state, with a bound |
//! | [`tool`] | tools of the machine that some tests need |
//! | [`chains`] | the simulated chains as a process, and what their witness says |
//! | [`replay`] | a server that answers with given seat maps |
//! | [`oversized`] | servers that answer with too much |
//! | [`memory`] | what memory a process takes, and a limit for it |
//! | [`delay`] | a way to the database that takes time |
//! | [`pooler`] | `PgBouncer` between a fleet and its database |
//! | [`trace_sink`] | a collector of traces |
//! | [`monitoring`] | Prometheus and Alertmanager, which watch a fleet |
//! | [`fleet`] | database, chains, coordinators and pods |
//! | [`audit`] | what was stored against what was served |
//! | [`disorder`] | what comes late, is moved, re-mapped, sealed and unsealed meanwhile |
//! | [`recount`] | rollups against a recount |
//!
//! Nothing here outlives its owner: processes and Postgres are killed when a
//! handle is dropped, also by a panic. A fleet that is dropped before
//! [`fleet::Fleet::end`] prints the ends of its logs.

pub mod error;

pub mod program;
pub mod process;
pub mod wait;
pub mod tool;

pub mod chains;
pub mod replay;
pub mod oversized;
pub mod memory;
pub mod delay;
pub mod pooler;
pub mod trace_sink;
pub mod monitoring;
mod logins;
mod port;
pub mod fleet;
pub mod audit;
pub mod disorder;
pub mod recount;
