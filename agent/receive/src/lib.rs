//! The HTTP receiver of events of apps, devices and services.
//!
//! A request is answered after its events are committed, with a result for each. What is not committed
//! is not acknowledged; what is sent twice is stored once, by its message id. Modules stand in the
//! order in which a request passes through them.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`config`] | file, environment, flags | the settings |
//! | [`metrics`] | what happened | counters and histograms |
//! | `database` | an address | connections, its clock, whether it answers |
//! | `problem` | what is wrong with a request | its answer (RFC 9457) |
//! | `memory` | bytes | reservations of a bounded total |
//! | `unpack` | a compressed body | its bytes, within bounds |
//! | `body` | a stream | the body, within bounds of time and size |
//! | `usage` | uses of keys | their rows, some seconds later |
//! | `keys` | the text of a key | who sends, and what the key may do |
//! | `cors` | origins of public keys | the headers for pages |
//! | `schemas` | a client | its compiled schemas |
//! | `names` | names of events | their numbers |
//! | `check` | decoded events | events to store, and answers |
//! | `rejects` | rejected events | rows for a person, bounded |
//! | `writer` | events of many requests | few transactions |
//! | `pipeline` | decoded events | the steps behind the body |
//! | `request` | a request | its answer |
//! | [`fn@replay`] | rejected events | those that are sound now, stored |
//! | `watch` | time | whether the database answers, what was noted |
//! | [`receiver`] | settings | a receiver that runs, and its end |

pub mod config;
pub mod metrics;
mod database;
mod problem;
mod memory;
mod unpack;
mod body;
mod usage;
mod keys;
mod cors;
mod schemas;
mod names;
mod check;
mod rejects;
mod writer;
mod pipeline;
mod request;
mod replay;
mod watch;
pub mod receiver;

pub use config::{ReceiveSettings, Settings};
pub use receiver::{ReceiveError, Receiver, StopSignals, run};
pub use replay::replay;
