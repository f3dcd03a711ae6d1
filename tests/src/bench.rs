//! Benchmarks: what the fleet does in a second on this machine, beside plain peers.
//!
//! Each benchmark is bounded to about a minute and gives [`figure::Figure`]s: a value,
//! what is to be reached, a peer that was measured in the same run, and the command
//! that repeats it. None of them is a test: machines differ, so nothing here fails
//! because it was slow.
//!
//! | module | measures |
//! |---|---|
//! | [`schedule_tick`] | the leader's decisions of a tick, a million tasks in memory |
//! | [`simulate`] | which sales a policy sees in time, beside fixed intervals and clairvoyants |
//! | [`extract`] | seats read per second by each shipped definition, beside [`typed`] reading |
//! | [`claim_to_completion`] | jobs through queue and history, beside plain SQL |
//! | [`end_to_end`] | a whole fleet against simulated chains, beside a [`bare_loop`] |
//!
//! [`server`] is the database that is measured with, [`cpu`] reads what processes used.

pub mod figure;
pub mod error;
pub mod cpu;
pub mod server;
pub mod typed;

pub mod schedule_tick;
pub mod simulate;
pub mod extract;
pub mod claim_to_completion;
pub mod bare_loop;
pub mod end_to_end;

use error::BenchError;
use figure::Figure;
use futures_util::future::LocalBoxFuture;

/// What a benchmark gives.
pub type Measured = Result<Vec<Figure>, BenchError>;

/// One benchmark.
#[derive(Clone, Copy)]
pub struct Benchmark {
    /// Its name on the command line; its figures begin with it.
    pub name: &'static str,
    /// What it measures, in a line.
    pub about: &'static str,
    run: fn() -> LocalBoxFuture<'static, Measured>,
}

impl Benchmark {
    /// Runs it to its end; dropped before, it ends the processes that it started.
    ///
    /// # Errors
    ///
    /// See [`BenchError`].
    pub async fn run(&self) -> Measured {
        (self.run)().await
    }
}

impl std::fmt::Debug for Benchmark {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Benchmark({})", self.name)
    }
}

/// Every benchmark, the quick ones first.
pub const ALL: [Benchmark; 5] = [
    Benchmark {
        name: schedule_tick::NAME,
        about: "the leader's decisions of a tick, with a million tasks and 1,000 limit keys",
        run: || Box::pin(in_a_thread(schedule_tick::run)),
    },
    Benchmark {
        name: simulate::NAME,
        about: "share of sales seen within 5 minutes with three budgets, beside clairvoyants",
        run: || Box::pin(in_a_thread(simulate::run)),
    },
    Benchmark {
        name: extract::NAME,
        about: "seats per second and core of each shipped definition, beside typed serde",
        run: || Box::pin(in_a_thread(extract::run)),
    },
    Benchmark {
        name: claim_to_completion::NAME,
        about: "jobs per second from queue to history without HTTP, beside plain SQL",
        run: || Box::pin(claim_to_completion::run()),
    },
    Benchmark {
        name: end_to_end::NAME,
        about: "snapshots per second of a whole fleet, beside a bare loop",
        run: || Box::pin(end_to_end::run()),
    },
];

/// The benchmarks with these names, or all if there are none.
///
/// # Errors
///
/// [`BenchError::Unknown`] for the first name that is none.
pub fn named(names: &[String]) -> Result<Vec<Benchmark>, BenchError> {
    if names.is_empty() {
        return Ok(ALL.to_vec());
    }
    names
        .iter()
        .map(|name| {
            let found = ALL.iter().find(|benchmark| benchmark.name == name);
            found.copied().ok_or_else(|| BenchError::Unknown {
                name: name.clone(),
                known: ALL.map(|benchmark| benchmark.name).join(", "),
            })
        })
        .collect()
}

/// Runs what computes and waits for nothing, so that Ctrl-C is heard meanwhile.
async fn in_a_thread(measure: fn() -> Measured) -> Measured {
    tokio::task::spawn_blocking(measure)
        .await
        .map_err(BenchError::Panicked)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_told_with_those_that_exist() {
        let refused = named(&["fast".to_owned()]).map(|found| found.len());
        let told = refused.map_err(|error| error.to_string());
        assert!(told.is_err_and(|told| told.contains("fast") && told.contains("end_to_end")));
    }

    #[test]
    fn no_name_means_all() {
        assert!(named(&[]).is_ok_and(|found| found.len() == ALL.len()));
    }
}
