//! The coordinator: leads, schedules, keeps the queue topped up.
//!
//! Modules stand in the order of the data's way.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`lead`] | the leader's lease | ticks |
//! | [`tick`] | ended jobs, due tasks | queue rows |
//! | [`history_cursor`] | the history | jobs not yet learnt from |
//! | [`health`] | answers | whether a source can be believed |
//! | [`schedule`] | tasks, ended jobs, free agents | what to queue |
//! | [`due`] | a look or a failure | when the next is due |
//! | [`policy`] | a task that is due | what it may claim of the limit |
//! | [`limits`] | what a source allows | what each limit key may send |
//! | [`background`] | what is due in the database | passes beside the ticks, each on its own |
//! | [`doctor`] | what the database says of itself | what to do about it |
//! | [`export`] | days that are complete | files that other programs read |
//! | [`simulate`] | a world of sales, a policy, a budget | what would have been seen |
//! | [`up`] | nothing | a whole fleet on this machine |

pub mod config;
pub mod command;
pub mod metrics;
pub mod db_time;
pub mod database_uptime;
pub mod progress_watch;

pub mod lead;
pub mod tick;
pub mod history_cursor;
pub mod health;
pub mod schedule;
pub mod due;
pub mod policy;
pub mod limits;
pub mod background;
pub mod doctor;
pub mod export;
pub mod simulate;
pub mod up;
