//! The server's settings, written again before each start.

use super::binaries::Binaries;
use super::builder::Builder;
use super::error::ServerError;
use super::owner::Owner;
use crate::private;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

/// The file of our settings in the data directory, included by `postgresql.conf`.
pub(super) const FILE: &str = "fullhouse.conf";

/// The rules of login: everybody who knows the password of a role.
const LOGINS: &str = "# Written anew at each start.\n\
    local all all scram-sha-256\n\
    host all all 127.0.0.1/32 scram-sha-256\n";

const MEBIBYTE: u64 = 1 << 20;

/// Libraries that show an operator what the database does, if they are installed.
const LIBRARIES: [&str; 2] = ["pg_stat_statements", "auto_explain"];

/// The data that survives a crash of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Everything committed. For all that is kept, measured or broken on purpose.
    #[default]
    Full,
    /// Nothing is certain. For tests that throw their data away.
    None,
}

/// Writes the settings for a start on `port`.
pub(super) fn write(
    builder: &Builder,
    binaries: &Binaries,
    owner: Owner,
    port: u16,
) -> Result<(), ServerError> {
    let mut settings = defaults(memory_bytes());
    let libraries: Vec<_> = LIBRARIES
        .into_iter()
        .filter(|name| binaries.has_library(name))
        .collect();
    settings.insert("shared_preload_libraries".into(), libraries.join(","));
    if libraries.contains(&"auto_explain") {
        settings.insert("auto_explain.log_min_duration".into(), "1s".into());
    }
    if builder.durability == Durability::None {
        for name in ["fsync", "synchronous_commit", "full_page_writes"] {
            settings.insert(name.into(), "off".into());
        }
    }
    settings.extend(builder.settings.clone());
    settings.insert("port".into(), port.to_string());
    let data = builder.data();
    // Replaced and not written: who runs the server may have put anything there.
    private::replace(&data.join(FILE), &file(&settings), owner.ids())?;
    private::replace(&data.join("pg_hba.conf"), LOGINS, owner.ids())?;
    Ok(())
}

/// Settings for a fleet on one machine that has `memory_bytes`.
fn defaults(memory_bytes: u64) -> BTreeMap<String, String> {
    // Postgres keeps its pages here and the system keeps the rest: past a
    // gigabyte the queue and the newest snapshots fit anyway.
    let buffers = (memory_bytes / 8).clamp(64 * MEBIBYTE, 1024 * MEBIBYTE) / MEBIBYTE;
    [
        // Reached by programs of this machine over TCP only: a socket's path
        // may have 107 bytes, which a directory below a checkout soon exceeds.
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("unix_socket_directories", String::new()),
        ("password_encryption", "scram-sha-256".to_owned()),
        ("max_connections", "200".to_owned()),
        ("shared_buffers", format!("{buffers}MB")),
        // Fewer checkpoints: after each, the first change of a page logs all of it.
        ("max_wal_size", "4GB".to_owned()),
        ("checkpoint_timeout", "15min".to_owned()),
        ("wal_compression", "on".to_owned()),
        // The statements are short; compiling a plan costs more than it saves.
        ("jit", "off".to_owned()),
        ("random_page_cost", "1.1".to_owned()),
        // Taken when it is needed, by few sessions: analysts sort, vacuum and indexes pass.
        ("work_mem", "16MB".to_owned()),
        ("maintenance_work_mem", "256MB".to_owned()),
        // Views of views have more tables than Postgres plans together by default.
        ("from_collapse_limit", "16".to_owned()),
        ("join_collapse_limit", "16".to_owned()),
        ("track_activity_query_size", "4096".to_owned()),
        ("track_io_timing", "on".to_owned()),
        ("timezone", "UTC".to_owned()),
        ("log_timezone", "UTC".to_owned()),
        ("log_line_prefix", "%m [%p] %q%a %u@%d ".to_owned()),
        ("log_lock_waits", "on".to_owned()),
        // Start-up failures are recognised by their messages.
        ("lc_messages", "C".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Writes settings in the syntax of `postgresql.conf`.
fn file(settings: &BTreeMap<String, String>) -> String {
    let mut text = String::from("# Written anew at each start.\n");
    for (name, value) in settings {
        let value = value.replace('\'', "''");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name} = '{value}'");
    }
    text
}

/// Returns the memory that this process may use, the machine's or its container's.
fn memory_bytes() -> u64 {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let machine = machine_memory_bytes(&read("/proc/meminfo")).unwrap_or(1024 * MEBIBYTE);
    [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ]
    .into_iter()
    .filter_map(|limit| read(limit).trim().parse().ok())
    .fold(machine, u64::min)
}

/// Reads the machine's memory from the text of `/proc/meminfo`.
fn machine_memory_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffers_follow_the_memory_within_bounds() {
        let buffers = |mebibytes: u64| defaults(mebibytes * MEBIBYTE)["shared_buffers"].clone();
        assert_eq!(buffers(256), "64MB");
        assert_eq!(buffers(4096), "512MB");
        assert_eq!(buffers(65_536), "1024MB");
    }

    #[test]
    fn a_quote_in_a_value_is_doubled() {
        let settings = BTreeMap::from([("search_path".to_owned(), "it's".to_owned())]);
        assert!(file(&settings).ends_with("search_path = 'it''s'\n"));
    }

    #[test]
    fn the_memory_is_read_in_bytes() {
        assert_eq!(
            machine_memory_bytes("MemTotal:    24000 kB\nMemFree: 1 kB"),
            Some(24_576_000)
        );
    }
}
