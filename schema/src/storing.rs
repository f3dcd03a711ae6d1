//! What a finished job writes: cinemas and showtimes, seats, history, what is known of a source.

pub mod catalogue;
pub mod knowledge;
pub mod cap;
pub mod seat;
pub mod finish;
pub mod health;
pub mod quarantine;
