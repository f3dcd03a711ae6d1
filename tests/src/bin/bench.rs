//! Runs the benchmarks.

use std::{env, fs, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use clap::Parser;
use tests::bench::{
    self, Benchmark,
    figure::{Figure, table},
};

/// As in the agent, so that what it computes is measured as it runs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures what this machine does with the fleet, beside plain peers.
///
/// Prints a table and writes target/bench.json. A benchmark that fails costs only its own
/// figures; the exit code is 1 then. The machine should have nothing else to do meanwhile.
///
/// Measures the programs as they were built last: `make bench` builds them first.
#[derive(Debug, Parser)]
#[command(version, after_help = names())]
struct Arguments {
    /// Benchmarks to run [default: all].
    names: Vec<String>,
}

fn names() -> String {
    let lines = bench::ALL.map(|benchmark| format!("  {:<20} {}", benchmark.name, benchmark.about));
    format!("Benchmarks:\n{}", lines.join("\n"))
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(unmeasured) if unmeasured.is_empty() => ExitCode::SUCCESS,
        Ok(unmeasured) => {
            for reason in unmeasured {
                eprintln!("bench: {reason}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the chosen benchmarks, and returns why some of them gave no figures.
fn run(arguments: &Arguments) -> anyhow::Result<Vec<String>> {
    let chosen = bench::named(&arguments.names)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut results = Results::default();
    runtime.block_on(async {
        tokio::select! {
            () = results.measure(&chosen) => anyhow::Ok(()),
            interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        }
    })?;
    results.note_interrupted(&chosen);
    // A computation that was interrupted is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(100));
    if !results.figures.is_empty() {
        println!("{}", table(&results.figures));
        let file = write(&results.figures)?;
        eprintln!("written to {}", file.display());
    }
    Ok(results.unmeasured)
}

/// What the benchmarks gave so far; survives one that fails and an interruption.
#[derive(Debug, Default)]
struct Results {
    ended: usize,
    figures: Vec<Figure>,
    unmeasured: Vec<String>,
}

impl Results {
    async fn measure(&mut self, chosen: &[Benchmark]) {
        for benchmark in chosen {
            eprintln!("{}: {}", benchmark.name, benchmark.about);
            match benchmark.run().await {
                Ok(figures) => self.figures.extend(figures),
                Err(error) => {
                    let error = anyhow::Error::from(error);
                    let reason = format!("{} failed: {error:#}", benchmark.name);
                    eprintln!("  {reason}");
                    self.unmeasured.push(reason);
                }
            }
            self.ended += 1;
        }
    }

    /// Records which of the chosen benchmarks an interruption kept from ending.
    fn note_interrupted(&mut self, chosen: &[Benchmark]) {
        let missing = chosen.get(self.ended..).unwrap_or_default();
        self.unmeasured.extend(missing.iter().map(|benchmark| {
            format!(
                "{} was interrupted; nothing of it is left running",
                benchmark.name
            )
        }));
    }
}

/// Writes the figures into the directory that holds the directory of the programs.
fn write(figures: &[Figure]) -> anyhow::Result<PathBuf> {
    let own = env::current_exe().context("this program cannot find itself")?;
    let target = own.parent().and_then(|profile| profile.parent());
    let file = target
        .context("this program is in no directory")?
        .join("bench.json");
    let text = serde_json::to_string_pretty(figures)? + "\n";
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}
