//! The server's processes: who they are, whether they live, signals to them.

use super::error::ServerError;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// The process that holds a data directory, as its file `postmaster.pid` says.
#[derive(Debug)]
pub(super) struct Postmaster {
    pub(super) pid: u32,
    pub(super) port: u16,
    /// Accepts connections; otherwise it is starting, recovering or stopping.
    pub(super) ready: bool,
}

impl Postmaster {
    /// Finds the living server of `data`.
    ///
    /// The file outlives a crash, and its number may belong to another process
    /// by then, so the process must also have been started for `data`.
    pub(super) fn of(data: &Path) -> Option<Self> {
        let file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let postmaster = Self::read(&file)?;
        let data = data.to_str()?;
        list()
            .iter()
            .any(|process| {
                process.pid == postmaster.pid && process.lives() && process.command.contains(data)
            })
            .then_some(postmaster)
    }

    /// Reads the lines of `postmaster.pid`: the first is the process, the fourth
    /// the port, the eighth its state.
    fn read(file: &str) -> Option<Self> {
        let lines: Vec<&str> = file.lines().map(str::trim).collect();
        Some(Self {
            pid: lines.first()?.parse().ok()?,
            port: lines.get(3).and_then(|line| line.parse().ok()).unwrap_or(0),
            ready: lines.get(7) == Some(&"ready"),
        })
    }

    /// Lists the server's processes, the postmaster first.
    ///
    /// Each of them leads its own group, so they are found by their parent.
    pub(super) fn family(&self) -> Vec<u32> {
        let children = list()
            .into_iter()
            .filter(|process| process.parent == self.pid);
        [self.pid]
            .into_iter()
            .chain(children.map(|process| process.pid))
            .collect()
    }
}

/// One line of the process table.
struct Process {
    pid: u32,
    parent: u32,
    /// As in `ps`: `T` is frozen, `Z` and `X` are dead.
    state: char,
    command: String,
}

impl Process {
    fn lives(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }
}

/// Reads the process table, from `ps` where there is no `/proc`.
fn list() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        let ps = std::process::Command::new("ps")
            .args(["-A", "-o", "pid=,ppid=,state=,command="])
            .output();
        return ps.map_or_else(
            |_| Vec::new(),
            |ps| {
                String::from_utf8_lossy(&ps.stdout)
                    .lines()
                    .filter_map(ps_line)
                    .collect()
            },
        );
    };
    entries
        .filter_map(|entry| {
            let directory = entry.ok()?.path();
            let stat = fs::read_to_string(directory.join("stat")).ok()?;
            let command = fs::read(directory.join("cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            stat_line(&stat, command)
        })
        .collect()
}

/// Reads `/proc/<pid>/stat`: `pid (name) state parent …`; the name may hold anything.
fn stat_line(stat: &str, command: String) -> Option<Process> {
    let (pid, rest) = stat.split_once(" (")?;
    let (_, rest) = rest.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    Some(Process {
        pid: pid.parse().ok()?,
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
        command,
    })
}

/// Reads a line of `ps`.
fn ps_line(line: &str) -> Option<Process> {
    let mut fields = line.split_whitespace();
    Some(Process {
        pid: fields.next()?.parse().ok()?,
        parent: fields.next()?.parse().ok()?,
        state: fields.next()?.chars().next()?,
        command: fields.collect::<Vec<_>>().join(" "),
    })
}

/// Returns whether any of `pids` still lives.
pub(super) fn any_alive(pids: &[u32]) -> bool {
    list()
        .iter()
        .any(|process| pids.contains(&process.pid) && process.lives())
}

/// Returns whether all of `pids` that live are frozen.
pub(super) fn all_frozen(pids: &[u32]) -> bool {
    list()
        .iter()
        .filter(|process| pids.contains(&process.pid) && process.lives())
        .all(|process| process.state == 'T')
}

/// Sends the signal `name` to each of `pids`; ignores processes that have ended.
pub(super) async fn signal(name: &str, pids: &[u32]) -> Result<(), ServerError> {
    run(kill_command(name, pids).into()).await.map(drop)
}

/// Kills the server and waits a moment for its end, for a destructor.
pub(super) fn kill_now(postmaster: &Postmaster) {
    let send = |name, pids: &[u32]| {
        // A destructor cannot report an error.
        let _ = kill_command(name, pids).stderr(Stdio::null()).status();
    };
    // Frozen, it starts no process that the list of its family would lack.
    send("STOP", &[postmaster.pid]);
    let family = postmaster.family();
    send("KILL", &family);
    // The owner of the server removes its directory next.
    let bound = Instant::now() + Duration::from_secs(2);
    while any_alive(&family) && Instant::now() < bound {
        thread::sleep(Duration::from_millis(2));
    }
}

/// `kill` is part of every shell, while the program of that name may be missing.
fn kill_command(name: &str, pids: &[u32]) -> std::process::Command {
    let mut shell = std::process::Command::new("sh");
    shell
        .args([
            "-c",
            "signal=$1; shift; kill -s \"$signal\" \"$@\"",
            "sh",
            name,
        ])
        .args(pids.iter().map(ToString::to_string));
    shell
}

/// Runs a command to its end and keeps what it printed.
pub(super) async fn run(mut command: Command) -> Result<Output, ServerError> {
    let output = command.output().await;
    output.map_err(|source| ServerError::Spawn {
        program: command
            .as_std()
            .get_program()
            .to_string_lossy()
            .into_owned(),
        source,
    })
}

/// Removes the `postmaster.pid` of a server that is known to be dead.
///
/// Postgres does so itself unless the number was given to another process since.
pub(super) fn remove_stale_pid_file(data: &Path) -> Result<(), ServerError> {
    let path = data.join("postmaster.pid");
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(ServerError::File { path, source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let process = stat_line("42 (a) b (c) T 7 42 42", "c".to_owned()).unwrap();
        assert_eq!((process.pid, process.state, process.parent), (42, 'T', 7));
    }

    #[test]
    fn the_pid_file_tells_process_port_and_readiness() {
        let file = "4711\n/data\n1700000000\n5433\n\n127.0.0.1\n  1 2\nready   \n";
        let postmaster = Postmaster::read(file).unwrap();
        assert_eq!(
            (postmaster.pid, postmaster.port, postmaster.ready),
            (4711, 5433, true)
        );
    }

    #[test]
    fn a_server_that_has_just_begun_is_not_ready() {
        let postmaster = Postmaster::read("4711\n/data\n1700000000\n").unwrap();
        assert!(!postmaster.ready);
    }

    #[test]
    fn this_process_is_in_the_table_with_its_parent() {
        let own = std::process::id();
        let table = list();
        let found = table.iter().find(|process| process.pid == own).unwrap();
        assert_eq!(found.parent, std::os::unix::process::parent_id());
        assert!(found.lives());
    }
}
