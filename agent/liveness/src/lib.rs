//! Whether a process goes on, and who says so.
//!
//! Pod and coordinator judge themselves and the fleet by the same rules.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`activity`] | how statements end | what fails, and since when |
//! | [`stall`] | what fails, and the progress of the fleet | whether work goes on, and why not |
//! | [`vital`] | signs of life | the end of a process that hangs |
//! | [`serve`] | questions of the platform | `/live`, `/ready`, `/metrics` |

pub mod activity;
pub mod serve;
pub mod stall;
pub mod vital;
