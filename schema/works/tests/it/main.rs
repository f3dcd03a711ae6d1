//! Tests of the package as its users call it.

#![allow(clippy::unwrap_used)]

mod groups;
mod incremental;
mod labelled;
mod properties;
mod titles;
mod world;
mod venues;
mod venue_world;
