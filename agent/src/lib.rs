//! The agent: claims tasks, fetches their sources, stores what they answer.
//!
//! Modules stand in the order in which a task passes through them. What a source is asked and
//! what its answers say is for `source_language` to know; requests are sent by `source_fetch`.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`pod`] | settings | a running pod |
//! | [`registration`] | the identity of the pod | its row in the database |
//! | [`heartbeat`] | time | the lease of the pod |
//! | [`claim`] | free slots | claims |
//! | [`job`] | a claim | its result |
//! | [`pause_sync`] | pauses that other pods met | pauses of this pod's limits |
//! | [`pack`] | rows | what is stored of them |
//! | [`store`] | results of jobs | history |
//!
//! The only state of a task in memory is a conversation under way, which may be lost: if the
//! process dies, its leases run out and another pod claims the same tasks.

pub mod config;
pub mod metrics;
pub mod database;

pub mod pod;
pub mod registration;
pub mod heartbeat;
pub mod claim;
pub mod held_conversation;
pub mod trace;
pub mod job;
pub mod pause_sync;
pub mod pack;
pub mod store;
