//! The agent: claims tasks, fetches their sources, stores what it saw.
//!
//! Modules stand in the order in which a task passes through them.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`definition`] | the text of a definition | its words |
//! | [`source`] | a definition | conversations: requests, one after the other, and the tasks of further steps |
//! | [`pod`] | settings | a running pod |
//! | [`heart`] | time | the lease of the pod |
//! | [`claim`] | free slots | claims |
//! | [`job`] | a claim | how it ended |
//! | [`limit`] | a permit | leave to send |
//! | [`pauses`] | what other pods met | pauses of this pod's limits |
//! | [`memory_budget`] | what answers want | leave to take it |
//! | [`fetch`] | a request | an answer |
//! | [`extract`] | a body | [`rows`] |
//! | [`expect`] | rows, and what was seen before | whether they can be true |
//! | [`pack`] | rows | what is stored of them |
//! | [`store`] | ended jobs | history |
//!
//! All that is remembered of a task is a conversation under way, and that may be
//! lost: if the process dies, its leases run out and another pod claims the same
//! tasks.
//!
//! Beside the way stand the [`tools`] of those who write definitions.

pub mod config;
pub mod logging;
pub mod metrics;
pub mod vital;
pub mod activity;
pub mod stall;
pub mod serve;
pub mod database;
pub mod memory_budget;

pub mod mask;
pub mod definition;
pub mod source;
pub mod pod;
pub mod heart;
pub mod claim;
pub mod job;
pub mod response;
pub mod limit;
pub mod pauses;
pub mod fetch;
pub mod extract;
pub mod rows;
pub mod expect;
pub mod pack;
pub mod storable;
pub mod store;

pub mod tools;
pub mod wording;
