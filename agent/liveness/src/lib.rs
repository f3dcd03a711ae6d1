//! Whether a process does its work, and what shows that.
//!
//! Pod and coordinator judge themselves and the fleet by the same rules.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`activity`] | how statements end | activities that fail, and since when |
//! | [`stall`] | activities that fail, and the progress of the fleet | whether work has stopped, and why |
//! | [`build_info`] | a registry of metrics | the version of the program in it |
//! | [`watchdog`] | signs of life | the end of a process that hangs |
//! | [`serve`] | requests of the platform | `/live`, `/ready`, `/metrics` |

pub mod activity;
pub mod build_info;
pub mod serve;
pub mod stall;
pub mod watchdog;
