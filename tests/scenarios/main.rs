//! Scenarios: whole promises, with real processes, a real database and simulated
//! chains whose witness is compared with what was stored.
//!
//! Each cites the invariants of the design that it watches by their numbers, and
//! fails on any warning or error in the logs that it did not announce.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accept;
mod analysts;
mod audit;
mod bad_source;
mod computed;
mod drain;
mod events;
mod export;
mod films;
mod http_api;
mod leader;
mod limits;
mod metrics;
mod monitoring;
mod outage;
mod pods;
mod poison;
mod pooler;
mod read_only;
mod recount;
mod redesign;
mod replay;
mod rescue;
mod speed;
mod survives;
mod talk;
mod traces;

use std::time::Duration;

use source_language::wording::with_causes;
use tests::harness::error::HarnessError;

/// Far beyond what any scenario takes: it ends one that hangs, with its logs.
const BOUND: Duration = Duration::from_mins(10);

/// Runs a scenario to its end; all processes that it started die with it.
fn scenario(run: impl Future<Output = Result<(), HarnessError>>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a scenario needs threads");
    match runtime.block_on(async { tokio::time::timeout(BOUND, run).await }) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{}", with_causes(&error)),
        Err(elapsed) => panic!("the scenario was not over within {BOUND:?}: {elapsed}"),
    }
}
