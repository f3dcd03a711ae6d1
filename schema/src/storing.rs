//! The writes of a finished job: cinemas and showtimes, seats, history, health, quarantine.

pub mod catalogue;
pub mod film_fact;
pub mod baseline;
pub mod cap;
pub mod seat;
pub mod finish;
pub mod health;
pub mod quarantine;
