//! The agent: claims tasks, fetches their sources, stores what they answer.
//!
//! Modules stand in the order in which a task passes through them.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`definition`] | the text of a definition | its words |
//! | [`source`] | a definition | conversations: requests, one after the other, and the tasks of further steps |
//! | [`pod`] | settings | a running pod |
//! | [`registration`] | the identity of the pod | its row in the database |
//! | [`heartbeat`] | time | the lease of the pod |
//! | [`claim`] | free slots | claims |
//! | [`job`] | a claim | its result |
//! | [`limit`] | a permit | leave to send |
//! | [`pause_sync`] | pauses that other pods met | pauses of this pod's limits |
//! | [`memory_budget`] | what answers want | leave to take it |
//! | [`fetch`] | a request | an answer |
//! | [`extract`] | a body | [`rows`] |
//! | [`expect`] | rows, and what was seen before | whether they can be true |
//! | [`pack`] | rows | what is stored of them |
//! | [`store`] | results of jobs | history |
//!
//! The only state of a task in memory is a conversation under way, which may be lost: if the
//! process dies, its leases run out and another pod claims the same tasks.
//!
//! The [`tools`] are for authors of definitions.

pub mod config;
pub mod logging;
pub mod metrics;
pub mod liveness;
pub mod activity;
pub mod stall;
pub mod serve;
pub mod database;
pub mod memory_budget;

pub mod mask;
pub mod definition;
pub mod source;
pub mod pod;
pub mod registration;
pub mod heartbeat;
pub mod claim;
pub mod job;
pub mod limit;
pub mod pause_sync;
pub mod fetch;
pub mod extract;
pub mod rows;
pub mod expect;
pub mod pack;
pub mod storable;
pub mod store;

pub mod tools;
mod wording;
