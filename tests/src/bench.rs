//! Benchmarks: what the fleet does in a second on this machine, beside plain peers.
//!
//! Each benchmark is bounded to a minute or some and gives [`figure::Figure`]s: a value,
//! what is to be reached, a peer that was measured in the same run, and the command
//! that repeats it. None of them is a test: machines differ, so nothing here fails
//! because it was slow.
//!
//! | module | measures |
//! |---|---|
//! | [`schedule_tick`] | the leader's decisions of a tick, a million tasks in memory |
//! | [`simulate`] | which sales a policy sees in time, beside fixed intervals and clairvoyants |
//! | [`extract`] | rows read per second by each shipped definition, beside typed reading and jaq |
//! | [`claim_to_completion`] | jobs through queue and history, beside plain SQL |
//! | [`storage`] | bytes per seat record, live and sealed, how fast it is sealed and asked |
//! | [`export`] | bytes per seat record as Parquet, and how many are written in a second |
//! | [`rollup`] | what rollups add to the cost of storing, how fast they are up to date and queried |
//! | [`history`] | how long the questions of the history take when it is large |
//! | [`walk`] | how long a tool takes to read through all that analysts may see |
//! | [`limits`] | what a fleet uses of 200 limits and never exceeds, whatever happens to it |
//! | [`end_to_end`] | a whole fleet against simulated chains, beside a [`bare_loop`] |
//! | [`tracing`] | what a trace of every job costs |
//! | [`latency`] | how long a task waits, queued and due, at 500 a second |
//! | [`viewers`] | what 200 open pages add to the load of the database |
//! | [`remote`] | a whole fleet whose database is 12 ms away, beside a local one |
//! | [`takeover`] | until a standby leads and places, a million tasks in the database |
//! | [`agents`] | 20,000 agents in one process, sources that take 5 s to answer |
//! | [`events`] | events stored in a second by a receiver, until they are acknowledged, bytes of each |
//! | [`event_users`] | how long active users, retention and an erasure take among many users and events |
//! | [`recount`] | rows in which rollups differ from a recount after a load with disorder |
//! | [`held`] | the same load while a forgotten transaction is held |
//!
//! [`steady`] and [`saturated`] are whole fleets under a load, [`scale`] makes runs shorter
//! or longer, [`server`] is the database that is measured with, [`cpu`] reads what processes used.

pub mod figure;
pub mod error;
pub mod cpu;
pub mod server;
pub mod scale;
pub mod steady;
pub mod saturated;
pub mod typed;

pub mod schedule_tick;
pub mod simulate;
pub mod extract;
pub mod claim_to_completion;
pub mod storage;
pub mod export;
pub mod rollup;
pub mod history;
pub mod walk;
pub mod limits;
pub mod bare_loop;
pub mod end_to_end;
pub mod tracing;
pub mod latency;
pub mod viewers;
pub mod remote;
pub mod takeover;
pub mod agents;
pub mod events;
pub mod event_users;
pub mod held;
pub mod recount;

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
pub const ALL: [Benchmark; 21] = [
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
        about: "rows per second and core of each shipped definition, beside typed serde and jaq",
        run: || Box::pin(in_a_thread(extract::run)),
    },
    Benchmark {
        name: claim_to_completion::NAME,
        about: "jobs per second from queue to history without HTTP, beside plain SQL",
        run: || Box::pin(claim_to_completion::run()),
    },
    Benchmark {
        name: storage::NAME,
        about: "bytes per seat record live and sealed, sealing, and queries of both (SHOWTIMES=4000)",
        run: || Box::pin(storage::run()),
    },
    Benchmark {
        name: export::NAME,
        about: "bytes per seat record as Parquet, and seat records exported per second (SHOWTIMES=4000)",
        run: || Box::pin(export::run_all()),
    },
    Benchmark {
        name: rollup::NAME,
        about: "cost of rollups on storing, backfill, a late bucket, film-day totals (SHOWTIMES=4000)",
        run: || Box::pin(rollup::run()),
    },
    Benchmark {
        name: history::NAME,
        about: "milliseconds of list, rare filter, lineage, search, pages (JOBS=300000 LINES=5)",
        run: || Box::pin(history::run()),
    },
    Benchmark {
        name: walk::NAME,
        about: "a read-only role scans every view and every rollup, column by column (SHOWTIMES=4000)",
        run: || Box::pin(walk::run()),
    },
    Benchmark {
        name: limits::NAME,
        about: "use and worst excess of 200 limits by up to eight pods, in peace and in trouble",
        run: || Box::pin(limits::run()),
    },
    Benchmark {
        name: end_to_end::NAME,
        about: "snapshots per second of a whole fleet, beside a bare loop",
        run: || Box::pin(end_to_end::run()),
    },
    Benchmark {
        name: tracing::NAME,
        about: "processor time of pod and coordinator per job with a trace of each, beside none (PAIRS=2)",
        run: || Box::pin(tracing::run()),
    },
    Benchmark {
        name: latency::NAME,
        about: "milliseconds from queued and from due to started, at 500 tasks a second",
        run: || Box::pin(latency::run()),
    },
    Benchmark {
        name: viewers::NAME,
        about: "what 200 open pages add to the database's load at 300 jobs a second (VIEWERS=200)",
        run: || Box::pin(viewers::run()),
    },
    Benchmark {
        name: remote::NAME,
        about: "snapshots per second with the database 12 ms away, beside a local one",
        run: || Box::pin(remote::run()),
    },
    Benchmark {
        name: takeover::NAME,
        about: "seconds until a standby has placed its first tasks, with a million in the database",
        run: || Box::pin(takeover::run()),
    },
    Benchmark {
        name: agents::NAME,
        about: "20,000 agents in one process, sources that take 5 s to answer",
        run: || Box::pin(agents::run()),
    },
    Benchmark {
        name: events::NAME,
        about: "events a second through `agent receive`, in batches and alone (EVENT_SECONDS=15)",
        run: || Box::pin(events::run()),
    },
    Benchmark {
        name: event_users::NAME,
        about: "seconds of 28-day actives, retention and one erasure (EVENTS=1000000 CLONES=24)",
        run: || Box::pin(event_users::run()),
    },
    Benchmark {
        name: held::NAME,
        about: "latency and database time per job beside a transaction held open (MINUTES=2)",
        run: || Box::pin(held::run()),
    },
    Benchmark {
        name: recount::NAME,
        about: "rollups beside a recount after a load with late, moved and re-mapped data (MINUTES=10)",
        run: || Box::pin(recount::run()),
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
        let result = refused.map_err(|error| error.to_string());
        assert!(
            result.is_err_and(|message| message.contains("fast") && message.contains("end_to_end"))
        );
    }

    #[test]
    fn no_name_means_all() {
        assert!(named(&[]).is_ok_and(|found| found.len() == ALL.len()));
    }
}
