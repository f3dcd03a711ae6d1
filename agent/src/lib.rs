//! The agent: claims tasks, fetches their sources, stores what it saw.
//!
//! Modules stand in the order in which a task passes through them. What a source is asked and
//! what its answers say is for `source_language` to know; requests are sent by `source_fetch`.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`pod`] | settings | a running pod |
//! | [`heart`] | time | the lease of the pod |
//! | [`claim`] | free slots | claims |
//! | [`job`] | a claim | how it ended |
//! | [`pauses`] | what other pods met | pauses of this pod's limits |
//! | [`pack`] | rows | what is stored of them |
//! | [`store`] | ended jobs | history |
//!
//! All that is remembered of a task is a conversation under way, and that may be
//! lost: if the process dies, its leases run out and another pod claims the same
//! tasks.

pub mod config;
pub mod metrics;
pub mod database;

pub mod pod;
pub mod heart;
pub mod claim;
pub mod job;
pub mod pauses;
pub mod pack;
pub mod store;
