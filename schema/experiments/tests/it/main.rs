//! Tests of the package as its users call it: against other software, and on simulated experiments.

#![allow(clippy::unwrap_used)]

mod alarms;
mod coverage;
mod looks;
mod planned;
mod reference;
mod refused;
mod simulated;
mod warnings;
