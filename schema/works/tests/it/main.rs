//! Tests of the package as its users call it.

#![allow(clippy::unwrap_used)]

mod groups;
mod properties;
mod titles;
