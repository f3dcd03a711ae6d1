//! Tests of the package as its users call it, on a simulated world.

#![allow(clippy::unwrap_used)]

mod hidden;
mod origins;
mod releases;
mod rolling;
mod showtimes;
mod table;
mod world;
