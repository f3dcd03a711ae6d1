//! What processes used of the processors, as the system counts it.

use std::{fs, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// Clock ticks in a second, as `/proc` counts on every Linux.
const TICKS_PER_SECOND: u64 = 100;

/// What `/proc/PID/stat` says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own_ticks: u64,
    /// Of its children that have ended.
    ended_ticks: u64,
}

/// Returns the time that a process has used; zero if it is gone.
#[must_use]
pub fn of_process(pid: u32) -> Duration {
    read(pid).map_or(Duration::ZERO, |stat| ticks(stat.own_ticks))
}

/// Returns the time that a process and its children have used, ended ones included.
#[must_use]
pub fn of_family(pid: u32) -> Duration {
    let Some(own) = read(pid) else {
        return Duration::ZERO;
    };
    let living = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let child = entry.ok()?.file_name().to_str()?.parse().ok()?;
            read(child).filter(|stat| stat.parent == pid)
        });
    let living: u64 = living.map(|stat| stat.own_ticks + stat.ended_ticks).sum();
    ticks(own.own_ticks + own.ended_ticks + living)
}

/// Returns the time that the calling thread has used: what a core did for it, however
/// many others wanted the core meanwhile.
#[must_use]
pub fn of_this_thread() -> Duration {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    let nanos = used
        .tv_sec
        .saturating_mul(1_000_000_000)
        .saturating_add(used.tv_nsec);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

/// Returns the parent of a process.
#[must_use]
pub fn parent_of(pid: u32) -> Option<u32> {
    read(pid).map(|stat| stat.parent)
}

fn ticks(count: u64) -> Duration {
    Duration::from_millis(count * 1000 / TICKS_PER_SECOND)
}

fn read(pid: u32) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Reads `pid (name) state parent …`; the name may hold anything.
fn parse(stat: &str) -> Option<Stat> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        own_ticks: number(11)? + number(12)?,
        ended_ticks: number(13)? + number(14)?,
    })
}

/// Returns the memory that this process holds, in bytes; zero where the system does not say.
#[must_use]
pub fn own_memory_bytes() -> u64 {
    memory_bytes("self", "VmRSS:")
}

/// Returns the most memory that a process has held, in bytes; zero if it is gone.
#[must_use]
pub fn peak_memory_bytes(pid: u32) -> u64 {
    memory_bytes(&pid.to_string(), "VmHWM:")
}

fn memory_bytes(process: &str, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_any_name() {
        let line = "7 (a) b) S 3 7 7 0 -1 4194560 1 2 3 4 50 60 7 8 20 0 1 0 99 0 0";
        let expected = Stat {
            parent: 3,
            own_ticks: 110,
            ended_ticks: 15,
        };
        assert_eq!(parse(line), Some(expected));
    }

    #[test]
    fn this_process_uses_memory() {
        let (now, peak) = (own_memory_bytes(), peak_memory_bytes(std::process::id()));
        assert!(now > 100_000 && peak > 100_000);
    }
}
