//! A process of the fleet: started with a log, signalled, and killed with its handle.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{error::HarnessError, program, wait::wait_until};

/// How much of a log is shown.
const TAIL_LINES: usize = 40;
/// Time for a program to come so far that it catches signals.
const START: Duration = Duration::from_mins(1);

#[derive(Debug, Clone)]
enum Program {
    /// Of this project, by its name.
    Ours(&'static str),
    /// Any other.
    File(PathBuf),
}

/// A program to start.
#[derive(Debug, Clone)]
pub struct Start {
    program: Program,
    name: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
}

impl Start {
    /// The program `program` of this project, called `name` in logs.
    #[must_use]
    pub fn new(program: &'static str, name: &str) -> Self {
        Self::of(Program::Ours(program), name)
    }

    /// A program that is not of this project, called `name` in logs.
    #[must_use]
    pub fn file(program: PathBuf, name: &str) -> Self {
        Self::of(Program::File(program), name)
    }

    fn of(program: Program, name: &str) -> Self {
        Self {
            program,
            name: name.to_owned(),
            args: Vec::new(),
            env: Vec::new(),
        }
    }

    /// Calls it `name` in logs.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    fn command(&self) -> Result<Command, HarnessError> {
        let mut command = Command::new(match &self.program {
            Program::Ours(name) => program::find(name)?,
            Program::File(file) => file.clone(),
        });
        command
            .args(&self.args)
            .env("NO_COLOR", "1")
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null());
        Ok(command)
    }

    /// Runs it to its end and returns what it printed.
    ///
    /// # Errors
    ///
    /// [`HarnessError::Ended`] if it fails.
    pub fn run(&self) -> Result<String, HarnessError> {
        let failed = |source| HarnessError::Process {
            action: "start",
            name: self.name.clone(),
            source,
        };
        let output = self.command()?.output().map_err(failed)?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(printed);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(HarnessError::Ended {
            name: self.name.clone(),
            status: output.status,
            tail: format!("{printed}{said}"),
        })
    }

    /// Starts it; it logs to a file of its name in `logs`, behind what is there.
    ///
    /// # Errors
    ///
    /// If it was not built or cannot be started.
    pub fn spawn(&self, logs: &Path) -> Result<Process, HarnessError> {
        let log = logs.join(format!("{}.log", self.name));
        let file = File::options().create(true).append(true).open(&log);
        let file = file.map_err(HarnessError::file(&log))?;
        let also = file.try_clone().map_err(HarnessError::file(&log))?;
        let child = self.command()?.stdout(also).stderr(file).spawn();
        let child = child.map_err(|source| HarnessError::Process {
            action: "start",
            name: self.name.clone(),
            source,
        })?;
        Ok(Process {
            name: self.name.clone(),
            log,
            child,
            ended: None,
            was_killed: false,
        })
    }
}

/// A process that was started; dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
    ended: Option<ExitStatus>,
    was_killed: bool,
}

impl Process {
    /// Its name in logs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it runs, frozen or not.
    pub fn is_running(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended.is_none()
    }

    /// Everything that it has logged, also before a restart.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The address of the page that it serves, as its log says, without a slash at its end.
    #[must_use]
    pub fn page_address(&self) -> Option<String> {
        let log = self.log();
        let (_, behind) = log.split_once("the web page is served")?;
        let (_, behind) = behind.split_once("address=")?;
        let address = behind.split_whitespace().next()?;
        Some(format!("http://{address}"))
    }

    /// The address of its probes and metrics, as its log says, without a slash at its end.
    #[must_use]
    pub fn metrics_address(&self) -> Option<String> {
        let log = self.log();
        let receiver = log.split_once("probes=");
        let (_, behind) = receiver.or_else(|| log.split_once("address="))?;
        let address = behind.split_whitespace().next()?;
        Some(format!("http://{address}"))
    }

    /// The last lines of its log.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }

    /// Sends SIGTERM, waits for its end, and returns how long it took.
    ///
    /// # Errors
    ///
    /// [`HarnessError::TooLate`] after `bound`, and [`HarnessError::Ended`] if it
    /// ends with anything but 0.
    pub async fn stop(&mut self, bound: Duration) -> Result<Duration, HarnessError> {
        let began = Instant::now();
        self.terminate().await?;
        self.wait_for_end(bound).await?;
        Ok(began.elapsed())
    }

    /// Sends SIGTERM, once the process catches it, and does not wait for its end.
    ///
    /// # Errors
    ///
    /// If the signal cannot be sent.
    pub async fn terminate(&mut self) -> Result<(), HarnessError> {
        let what = format!("{} to catch SIGTERM", self.name);
        wait_until(&what, START, async || {
            Ok((!self.is_running() || self.catches(Signal::TERM)).then_some(()))
        })
        .await?;
        self.signal("stop", Signal::TERM)
    }

    /// Whether a signal finds a handler; a program that was just started has none.
    fn catches(&self, signal: Signal) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let caught = status
            .as_deref()
            .unwrap_or_default()
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask & (1 << (signal.as_raw() - 1)) != 0)
    }

    /// Waits until it has ended with 0.
    ///
    /// # Errors
    ///
    /// As [`stop`](Self::stop).
    pub async fn wait_for_end(&mut self, bound: Duration) -> Result<(), HarnessError> {
        let what = format!("the end of {}", self.name);
        wait_until(
            &what,
            bound,
            async || Ok((!self.is_running()).then_some(())),
        )
        .await?;
        match self.ended {
            Some(status) if !status.success() => Err(HarnessError::Ended {
                name: self.name.clone(),
                status,
                tail: self.log_tail(),
            }),
            _ => Ok(()),
        }
    }

    /// Kills it at once, as a crash would.
    ///
    /// # Errors
    ///
    /// If it has ended by itself before.
    pub fn kill(&mut self) -> Result<(), HarnessError> {
        self.signal("kill", Signal::KILL)?;
        self.was_killed = true;
        self.ended = self.child.wait().ok();
        Ok(())
    }

    /// Whether [`kill`](Self::kill) ended it.
    #[must_use]
    pub fn was_killed(&self) -> bool {
        self.was_killed
    }

    /// Freezes it.
    ///
    /// # Errors
    ///
    /// If the signal cannot be sent.
    pub fn pause(&mut self) -> Result<(), HarnessError> {
        self.signal("pause", Signal::STOP)
    }

    /// Lets it go on.
    ///
    /// # Errors
    ///
    /// If the signal cannot be sent.
    pub fn resume(&mut self) -> Result<(), HarnessError> {
        self.signal("resume", Signal::CONT)
    }

    fn signal(&mut self, action: &'static str, signal: Signal) -> Result<(), HarnessError> {
        let failed = |source| HarnessError::Process {
            action,
            name: self.name.clone(),
            source,
        };
        let pid = Pid::from_raw(self.child.id().cast_signed())
            .ok_or_else(|| failed(io::Error::from(io::ErrorKind::NotFound)))?;
        // Its number is its own until it was waited for.
        if !self.is_running() {
            return Err(HarnessError::Process {
                action,
                name: self.name.clone(),
                source: io::Error::other("it has ended before"),
            });
        }
        kill_process(pid, signal).map_err(|error| HarnessError::Process {
            action,
            name: self.name.clone(),
            source: error.into(),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            // A destructor has nobody to tell.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
