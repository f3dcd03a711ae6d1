//! The database of Fullhouse: migrations, statements, and the functions that run
//! them. No other crate names a table.
//!
//! A folder per purpose; its modules are used by their own names (`schema::queue`, from
//! `scheduling/queue.rs`). They stand in the order in which a task passes through them.
//!
//! | folder | module | takes | gives |
//! |---|---|---|---|
//! | `database` | [`connect`] | addresses of servers | connections to the one that takes writes |
//! | | [`private`] | a path | a directory that only its owner can enter |
//! | | [`local_server`] | a directory | a private Postgres server |
//! | | [`access`] | a role | what it may see and do |
//! | | [`migrate`] | a database | the schema in its present form |
//! | | [`scratch`] | a test | a database of its own |
//! | `scheduling` | [`leader`] | a process | the term in which it schedules |
//! | | [`source`] | a definition | its steps and root tasks |
//! | | [`queue`] | ready tasks | claims |
//! | | [`schedule`] | tasks and ended jobs | what is due, and decisions |
//! | | [`limit`] | limit keys | what is given out now |
//! | | [`task`] | an operator's request | tasks that run, end, or run again |
//! | | [`pod`] | a heartbeat | the lease of its claims |
//! | | [`fleet`] | the work that the limits permit | how many agents are wanted |
//! | | [`weight`] | an operator's weights | how much a look is worth |
//! | | [`explain`] | a task | its state and what it waits for |
//! | `storing` | [`catalogue`] | cinemas and showtimes | their ids, and discovered tasks |
//! | | [`film_fact`] | what a listing says of films | what the statement of showtimes takes |
//! | | [`baseline`] | a task that lists | what its answer is compared with |
//! | | [`cap`] | a source | how many tasks and layouts it may have |
//! | | [`seat`] | layouts, codes, tariffs | their ids |
//! | | [`finish`] | finished jobs | history, logs, snapshots |
//! | | [`health`] | what answers were like | the health of a source |
//! | | [`quarantine`] | an answer that could not be used | a row that shows it to a person |
//! | `lifecycle` | [`seal`] | showtimes that are over | their snapshots packed into one row |
//! | | [`partition`] | days that are over | partitions detached or dropped |
//! | | [`export`] | days that are complete | their rows, and what was exported of them |
//! | `analytics` | [`rollup`] | stored rows | totals that are kept up to date |
//! | | [`mapping`] | a corrected meaning of a code | stored rows that follow it |
//! | | [`attribute`] | the meaning of an attribute of showtimes | views that follow it |
//! | | [`materialise`] | rows that changed | columns computed from them |
//! | | [`refresh`] | a schedule | materialised views, refreshed |
//! | | [`lineage`] | a job | the jobs that led to it |
//! | | [`sales`] | stored snapshots | how many seats were sold at each time |
//! | | [`work`] | films that are new or changed | which of them are one work |
//! | | [`venue`] | cinemas and starts that are new or changed | which are one venue, and what is listed twice |
//! | | [`forecasts`] | an origin | what was known then; forecasts and their scores, stored |
//! | | [`anomaly`] | totals of a day and of the days before | what is anomalous, and what people decided |
//! | `administration` | [`diagnostics`] | the server | what a doctor checks first |
//! | | [`fleet_status`] | a time | what the fleet is doing |
//! | | [`background`] | a run of a background pass | its row for operators |
//! | | [`progress`] | a time | whether due work is completed |
//! | | [`token`] | a hash | who may use the HTTP API |
//! | | [`audit`] | an action of a person | its row, and lists of them |
//! | | [`idempotency`] | a request with a key | the answer that it was given before |
//! | `reading` | [`reading`] | filters of a person | rows for the web page and the HTTP API, bounded in time |

pub use vocabulary as enums;

mod database;
mod scheduling;
mod storing;
mod lifecycle;
mod analytics;
mod administration;
pub mod reading;

pub use administration::{
    audit, background, diagnostics, fleet_status, idempotency, progress, token,
};
pub use analytics::{
    anomaly, attribute, forecasts, lineage, mapping, materialise, refresh, rollup, sales, venue,
    work,
};
pub use database::{access, connect, local_server, migrate, private, scratch};
pub use lifecycle::{export, partition, seal};
pub use scheduling::{explain, fleet, leader, limit, pod, queue, schedule, source, task, weight};
pub use storing::{baseline, cap, catalogue, film_fact, finish, health, quarantine, seat};
