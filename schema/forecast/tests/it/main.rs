//! Tests of the package as its users call it, on a simulated world.

#![allow(clippy::unwrap_used)]

mod rolling;
mod showtimes;
mod world;
