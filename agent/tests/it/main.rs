//! Parts of a pod against what they will meet: a real database, and hostile servers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod agree;
mod archived;
mod deadline;
mod film_facts;
mod heartbeat;
mod hostile;
// It belongs to the harness of the scenarios, which run it beside real processes.
#[path = "../../../tests/src/harness/oversized.rs"]
#[allow(dead_code, unreachable_pub)]
mod oversized;
// Shared with the scenarios; not all of it is used here.
#[path = "../../../tests/src/harness/trace_sink.rs"]
#[allow(dead_code, unreachable_pub)]
mod trace_sink;
mod traces;
mod name_server;
mod paused;
mod phases;
mod rebinding;
mod receive;
mod robots;
mod secrets;
mod staged_pod;
mod store;
mod survives;
