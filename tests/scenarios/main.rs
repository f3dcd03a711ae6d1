//! Scenarios: whole promises, with real processes, a real database and simulated
//! chains whose witness is compared with what was stored.
//!
//! Each cites the invariants of the design that it watches by their numbers, and
//! fails on any warning or error in the logs that it did not announce.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod audit;
mod bad_source;
mod drain;
mod leader;
mod limits;
mod outage;
mod pods;
mod poison;
mod redesign;
mod replay;
mod speed;
mod talk;

use std::time::Duration;

use agent::fetch::with_causes;
use tests::harness::error::HarnessError;

/// Runs a scenario to its end; whatever it started dies with it.
fn scenario(bound: Duration, run: impl Future<Output = Result<(), HarnessError>>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a scenario needs threads");
    match runtime.block_on(async { tokio::time::timeout(bound, run).await }) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{}", with_causes(&error)),
        Err(elapsed) => panic!("the scenario was not over within {bound:?}: {elapsed}"),
    }
}
