//! The coordinator: leads, schedules, fills the queue, and is the command line of the fleet.
//!
//! Modules stand from the programs that a person starts down to the clock; each imports only
//! modules that stand below it.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`up`] | nothing | a whole fleet on this machine |
//! | [`command`] | a command line | its work, and sentences about it |
//! | [`web`] | a request over HTTP | what only a coordinator can do for it |
//! | [`operate`] | an action of a person | the change, with its row in the audit |
//! | [`config`] | a file, the environment | settings |
//! | [`simulate`] | a world of sales, a policy, a budget | what would have been seen |
//! | [`doctor`] | what the database says of itself | findings, and what to do about them |
//! | [`explain`] | a task | when it is looked at next, and why |
//! | [`lead`] | the leader's lease | ticks |
//! | [`tick`] | ended jobs, due tasks | queue rows |
//! | [`progress_watch`] | the progress of the fleet | the reason of a stall |
//! | [`background`] | what is due in the database | passes that run in parallel with the ticks |
//! | [`delivery`] | days of data sets | documents, mails and files outside |
//! | [`report`] | a day | the mail with its report |
//! | [`alert`] | facts of the database | alerts, and messages about them |
//! | [`regions`] | events | files for other databases, and from them |
//! | [`export`] | days that are complete | files that other programs read |
//! | [`load`] | files that others write | rows of data sets |
//! | [`metrics`] | counts | the page for Prometheus |
//! | [`history_cursor`] | the history | jobs that are not learnt from yet |
//! | [`schedule`] | tasks, ended jobs, free agents | what to queue, and what to store |
//! | [`health`] | answers | whether a source can be believed |
//! | [`limits`] | the limits of a source | what each limit key may send |
//! | [`policy`] | a task that is due | how urgent it is |
//! | [`due`] | a look or a failure | when the next look is due |
//! | [`database_uptime`] | answers of the database | how long it has served |
//! | [`db_time`] | the database's clock | instants |

pub mod up;
pub mod command;
pub mod web;
pub mod operate;
pub mod config;
pub mod simulate;
pub mod doctor;
pub mod explain;
pub mod lead;
pub mod tick;
pub mod progress_watch;
pub mod background;
pub mod delivery;
pub mod report;
pub mod alert;
pub mod regions;
pub mod export;
pub mod load;
pub mod metrics;
pub mod history_cursor;
pub mod schedule;
pub mod health;
pub mod limits;
pub mod policy;
pub mod due;
pub mod database_uptime;
pub mod db_time;
