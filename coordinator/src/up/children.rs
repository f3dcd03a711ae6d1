//! The processes of a local fleet: started, watched, stopped in order.
//!
//! Each has a process group of its own, so Ctrl-C reaches only their parent,
//! which stops them one after another. Their numbers are on file: what a parent
//! that was killed left running is found by the next and stopped.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use schema::private::{self, Guest};
use tokio::{
    process::{Child as Process, Command},
    time::{sleep, timeout},
};
use tracing::warn;

/// How long a process may take to end after SIGTERM; a pod drains in it.
const PATIENCE: Duration = Duration::from_secs(40);

/// A program to start.
#[derive(Debug)]
pub(crate) struct Child {
    name: String,
    program: &'static str,
    args: Vec<String>,
    env: Vec<(String, String)>,
}

impl Child {
    /// The program `program` of this project, called `name` in the log directory.
    pub(crate) fn named(name: &str, program: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            program,
            args: Vec::new(),
            env: Vec::new(),
        }
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Has it read this settings file, if there is one.
    pub(crate) fn config(self, file: Option<&Path>) -> Self {
        match file {
            Some(file) => self.args([format!("--config={}", file.display())]),
            None => self,
        }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    #[cfg(test)]
    pub(crate) fn arguments(&self) -> &[String] {
        &self.args
    }

    fn command(&self) -> anyhow::Result<Command> {
        let here = std::env::current_exe().context("this program cannot find itself")?;
        let program = here.with_file_name(self.program);
        if !program.is_file() {
            bail!("there is no {}; `make up` builds it", program.display());
        }
        let mut command = Command::new(program);
        command
            .args(&self.args)
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null())
            .process_group(0);
        Ok(command)
    }

    /// Runs it to its end.
    pub(crate) async fn run_once(&self) -> anyhow::Result<()> {
        let output = self.command()?.output().await?;
        if !output.status.success() {
            bail!(
                "{} failed: {}",
                self.name,
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }
}

/// The processes that were started, in order.
#[derive(Debug)]
pub(crate) struct Children {
    logs: PathBuf,
    pids: PathBuf,
    running: Vec<(String, Process)>,
}

impl Children {
    /// Keeps logs and numbers below `directory`.
    pub(crate) fn new(directory: &Path) -> anyhow::Result<Self> {
        let logs = private::directory(&directory.join("logs"), Guest::default())?;
        Ok(Self {
            logs,
            pids: directory.join("pids"),
            running: Vec::new(),
        })
    }

    /// Starts a process; it logs to a file of its name.
    pub(crate) fn start(&mut self, child: Child) -> anyhow::Result<()> {
        let log = private::create(&self.log_of(&child.name))?;
        let process = child
            .command()?
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", child.name))?;
        if let Some(pid) = process.id() {
            let mut pids = private::append(&self.pids, None)?;
            writeln!(pids, "{pid} {}", child.program)?;
        }
        self.running.push((child.name, process));
        Ok(())
    }

    /// The file that a process logs to.
    pub(crate) fn log_of(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// Fails if one of them has ended by itself.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        let mut ended = None;
        for (name, process) in &mut self.running {
            if let Some(status) = process.try_wait()? {
                ended = Some((name.clone(), status));
            }
        }
        if let Some((name, status)) = ended {
            let log = self.log_of(&name);
            let tail = last_lines(&log, 8);
            bail!(
                "{name} ended by itself ({status}); the end of {}:\n{tail}",
                log.display()
            );
        }
        Ok(())
    }

    /// Stops the pods, then the others, the last started first.
    pub(crate) async fn stop(&mut self) {
        let (pods, others): (Vec<_>, Vec<_>) = self
            .running
            .drain(..)
            .rev()
            .partition(|(name, _)| name.starts_with("pod-"));
        stop_together(pods).await;
        for other in others {
            stop_together(vec![other]).await;
        }
        forget(&self.pids);
    }

    /// Stops what an earlier parent left running.
    pub(crate) async fn stop_strays(&self) {
        let strays: Vec<Pid> = private::read(&self.pids)
            .unwrap_or_else(|error| {
                warn!(%error, "what an earlier run left cannot be found");
                None
            })
            .unwrap_or_default()
            .lines()
            .filter_map(stray)
            .collect();
        for pid in &strays {
            warn!(
                pid = pid.as_raw_nonzero().get(),
                "stopping what an earlier run left"
            );
            signal(*pid, Signal::TERM);
        }
        let deadline = Instant::now() + PATIENCE;
        while strays.iter().any(|pid| test_kill_process(*pid).is_ok()) {
            if Instant::now() > deadline {
                for pid in &strays {
                    signal(*pid, Signal::KILL);
                }
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        forget(&self.pids);
    }
}

async fn stop_together(mut processes: Vec<(String, Process)>) {
    for (_, process) in &processes {
        if let Some(pid) = process
            .id()
            .and_then(|pid| Pid::from_raw(pid.cast_signed()))
        {
            signal(pid, Signal::TERM);
        }
    }
    for (name, process) in &mut processes {
        if timeout(PATIENCE, process.wait()).await.is_err() {
            warn!(name, "did not end in time and is killed");
            if let Err(error) = process.kill().await {
                warn!(name, %error, "cannot be killed");
            }
        }
    }
}

fn signal(pid: Pid, signal: Signal) {
    // A process that has just ended is what was wanted.
    if let Err(error) = kill_process(pid, signal)
        && error != rustix::io::Errno::SRCH
    {
        warn!(pid = pid.as_raw_nonzero().get(), %error, "cannot be signalled");
    }
}

/// The process of a line of the file, if it is still that program.
fn stray(line: &str) -> Option<Pid> {
    let (pid, program) = line.split_once(' ')?;
    let pid: i32 = pid.parse().ok()?;
    let executable = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    // A binary that was built again meanwhile is shown with " (deleted)".
    let is_same = executable
        .file_name()?
        .to_string_lossy()
        .starts_with(program);
    is_same.then(|| Pid::from_raw(pid)).flatten()
}

fn forget(pids: &Path) {
    if let Err(error) = fs::remove_file(pids)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        warn!(%error, "cannot remove {}", pids.display());
    }
}

fn last_lines(file: &Path, count: usize) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(count);
    lines.get(from..).unwrap_or_default().join("\n")
}
