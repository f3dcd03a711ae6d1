//! Runs the benchmarks.

use std::{env, fs, path::PathBuf, process::Command, process::ExitCode, time::Duration};

use anyhow::{Context, bail};
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
/// Prints a table and writes target/bench.json. The machine should have nothing else to
/// do meanwhile.
#[derive(Debug, Parser)]
#[command(version, after_help = names())]
struct Arguments {
    /// Benchmarks to run [default: all].
    names: Vec<String>,
    /// Measure the programs as they were built last.
    #[arg(long)]
    no_build: bool,
}

fn names() -> String {
    let lines = bench::ALL.map(|benchmark| format!("  {:<20} {}", benchmark.name, benchmark.about));
    format!("Benchmarks:\n{}", lines.join("\n"))
}

fn main() -> ExitCode {
    let outcome = run(&Arguments::parse());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let chosen = bench::named(&arguments.names)?;
    if !arguments.no_build {
        build()?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let measured = runtime.block_on(async {
        tokio::select! {
            measured = measure(&chosen) => measured,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                bail!("stopped; nothing is left running")
            }
        }
    });
    // What only computes is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(100));
    let figures = measured?;
    println!("{}", table(&figures));
    let file = write(&figures)?;
    eprintln!("written to {}", file.display());
    Ok(())
}

async fn measure(chosen: &[Benchmark]) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for benchmark in chosen {
        eprintln!("{}: {}", benchmark.name, benchmark.about);
        let measured = benchmark.run().await;
        figures.extend(measured.with_context(|| format!("{} failed", benchmark.name))?);
    }
    Ok(figures)
}

/// Builds the programs that are measured, in the profile of this one.
fn build() -> anyhow::Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args([
        "build",
        "--quiet",
        "--bin=coordinator",
        "--bin=agent",
        "--bin=simulated-chains",
    ]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let status = build
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env("SQLX_OFFLINE", "true")
        .status()
        .context("cargo cannot be started; run this with `make bench`")?;
    if !status.success() {
        bail!("the programs to measure were not built; see above");
    }
    Ok(())
}

/// Writes the figures beside the programs' directory.
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
