//! The database of Fullhouse: migrations, statements, and the functions that run
//! them. No other crate names a table.
//!
//! Modules stand in the order in which a task passes through them.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`source`] | a definition | steps and root tasks |
//! | [`leader`] | a process | the term in which it schedules |
//! | [`schedule`] | tasks and ended jobs | decisions |
//! | [`limit`] | limit keys | what is given out now |
//! | [`task`] | what a person asks | tasks that run, end, or run again |
//! | [`queue`] | ready tasks | claims |
//! | [`pod`] | a heartbeat | the lease of its claims |
//! | [`fleet`] | the work that the limits permit | how many agents are wanted |
//! | [`catalogue`] | cinemas and showtimes | their ids, and discovered tasks |
//! | [`knowledge`] | a task that lists | what its answer is compared with |
//! | [`seat`] | layouts, codes, tariffs | their ids |
//! | [`finish`] | finished jobs | history, logs, snapshots |
//! | [`health`] | what answers were like | the health of a source |
//! | [`cap`] | a source | how much it may have |
//! | [`quarantine`] | a source | what it said that could not be used |
//! | [`seal`] | showtimes that are over | their snapshots in one row |
//! | [`partition`] | days that are over | room |
//! | [`rollup`] | what was stored | totals, kept up with it |
//! | [`mapping`] | what codes mean | the past, corrected |
//! | [`export`] | days that are complete | their rows, and what was exported of them |
//! | [`story`] | a job | what led to it |
//! | [`materialise`] | rows that changed | what is computed of them |
//! | [`refresh`] | a schedule | materialised views, new |
//! | [`access`] | a role | what it may see |
//! | [`vitals`] | the database itself | what a doctor asks first |
//! | [`sales`] | stored snapshots | what was sold when |
//! | [`weight`] | an operator's word | what a look is worth |
//! | [`explain`] | a task | where it stands |
//! | [`pulse`] | a moment | what the fleet is doing |
//! | [`progress`] | a moment | whether work goes on |

pub mod connect;
pub mod local_server;
pub mod migrate;
pub mod private;
pub mod scratch;
pub use vocabulary as word;

pub mod source;
pub mod leader;
pub mod schedule;
pub mod limit;
pub mod task;
pub mod queue;
pub mod pod;
pub mod fleet;
pub mod catalogue;
pub mod knowledge;
pub mod cap;
pub mod seat;
pub mod finish;
pub mod health;
pub mod quarantine;
pub mod seal;
pub mod partition;
pub mod rollup;
pub mod mapping;
pub mod export;
pub mod story;
pub mod materialise;
pub mod refresh;
pub mod access;
pub mod vitals;
pub mod sales;
pub mod weight;
pub mod explain;
pub mod pulse;
pub mod progress;
