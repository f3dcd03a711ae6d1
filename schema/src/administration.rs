//! What operators and the page ask of the fleet as a whole.

pub mod vitals;
pub mod pulse;
pub mod progress;
