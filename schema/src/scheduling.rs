//! Scheduling: sources, tasks, limits, the queue, and the pods that claim from it.

pub mod leader;
pub mod source;
pub mod queue;
pub mod schedule;
pub mod limit;
pub mod task;
pub mod pod;
pub mod fleet;
pub mod weight;
pub mod explain;
