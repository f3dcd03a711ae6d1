//! Parts of a pod against what they will meet: a real database, and hostile servers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod agree;
mod deadline;
mod heartbeat;
mod hostile;
mod name_server;
mod paused;
mod phases;
mod rebinding;
mod secrets;
mod staged_pod;
mod store;
mod survives;
