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
//! | `events` | [`events`] | events of apps, devices and services | stored once, with counts |
//! | `analytics` | [`rollup`] | stored rows | totals that are kept up to date |
//! | | [`mapping`] | a corrected meaning of a code | stored rows that follow it |
//! | | [`attribute`] | the meaning of an attribute of showtimes | views that follow it |
//! | | [`materialise`] | rows that changed | columns computed from them |
//! | | [`refresh`] | a schedule | materialised views, refreshed |
//! | | [`data_set`] | a declared query and its inputs | a table, built again when an input changed |
//! | | [`load`] | files that were listed, rows of them | days that are due, rows on their way to a table |
//! | | [`delivery`] | builds, and what destinations have | days to deliver, and their rows |
//! | | [`lineage`] | a job | the jobs that led to it |
//! | | [`sales`] | stored snapshots | how many seats were sold at each time |
//! | | [`pair`] | nothing | what people decide on pairs of films and of cinemas |
//! | | [`work`] | films that are new or changed | which of them are one work |
//! | | [`venue`] | cinemas and starts that are new or changed | which are one venue, and what is listed twice |
//! | | [`forecasts`] | an origin | what was known then; forecasts and their scores, stored |
//! | | [`anomaly`] | totals of a day and of the days before | what is anomalous, and what people decided |
//! | `administration` | [`diagnostics`] | the server | what a doctor checks first |
//! | | [`activity`] | the server | who runs which statement now, and of which job |
//! | | [`fleet_status`] | a time | what the fleet is doing |
//! | | [`background`] | a run of a background pass | its row for operators |
//! | | [`progress`] | a time | whether due work is completed |
//! | | [`secret`] | nothing | the text of a token or key, and its hash |
//! | | [`token`] | a hash | who may use the HTTP API |
//! | | [`audit`] | an action of a person | its row, and lists of them |
//! | | [`throughput`] | hours that are over | how many jobs succeeded in each |
//! | | [`alert_facts`] | a limit | the subjects whose values pass it |
//! | | [`alert`] | what a condition found | alerts, and of which receivers are to be notified |
//! | | [`silence`] | a pattern and a reason | alerts of which nobody is notified for a time |
//! | | [`message`] | notifications for receivers | the message that is to be sent next |
//! | | [`report`] | a business day, and a partner or none | what was seen, what was missed, what it cost |
//! | | [`idempotency`] | a request with a key | the answer that it was given before |
//! | `reading` | [`reading`] | filters of a person | rows for the web page and the HTTP API, bounded in time |

pub use vocabulary as enums;

mod database;
mod scheduling;
mod storing;
mod lifecycle;
pub mod events;
mod analytics;
mod administration;
pub mod reading;

pub use administration::{
    activity, alert, alert_facts, audit, background, diagnostics, fleet_status, idempotency,
    message, progress, report, secret, silence, throughput, token,
};
pub use analytics::{
    anomaly, attribute, data_set, delivery, forecasts, lineage, load, mapping, materialise, pair,
    refresh, rollup, sales, venue, work,
};
pub use database::{access, connect, local_server, migrate, private, scratch};
pub use lifecycle::{export, partition, seal};
pub use scheduling::{explain, fleet, leader, limit, pod, queue, schedule, source, task, weight};
pub use storing::{baseline, cap, catalogue, film_fact, finish, health, quarantine, seat};
