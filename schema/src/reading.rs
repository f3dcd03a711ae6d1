//! Reads of the web page and the HTTP API: bounded in time, in rows, and without effect.
//!
//! The rows are what the API answers, so they can be serialised, and described for its document.

mod reader;
pub mod request;
mod window;
pub mod fleet;
pub mod recent_jobs;
pub mod source;
pub mod source_code;
pub mod source_answer;
pub mod job;
pub mod job_list;
pub mod job_tree;
pub mod task;
pub mod database;
pub mod search;
pub mod showtimes;
pub mod seats;
pub mod sale;
pub mod cinemas;
pub mod films;
pub mod film_depth;
pub mod film_pairs;
pub mod works;
pub mod attributes;
pub mod totals;
pub mod events;
pub mod event_rejects;
pub mod event_users;
pub mod experiments;
pub mod tables;
pub mod data_sets;
pub mod loads;
pub mod deliveries;

pub use reader::{MAX_SECONDS, ReadError, Reader};
pub use window::{Counted, MAX_COUNT};
