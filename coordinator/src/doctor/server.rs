//! The server and its settings.

use schema::diagnostics::{Server, Setting};

use super::{Finding, Gravity, size};

/// The required value of a setting.
enum Wanted {
    /// This word.
    Word(&'static str),
    /// This much memory or disk, in bytes, or more.
    Bytes(i64),
    /// This number or more.
    AtLeast(f64),
    /// This number or less.
    AtMost(f64),
}

/// The check of one setting.
struct Rule {
    name: &'static str,
    wanted: Wanted,
    otherwise: Gravity,
    means: &'static str,
    /// The value to set.
    better: &'static str,
}

const MB: i64 = 1 << 20;
const GB: i64 = 1 << 30;

const RULES: [Rule; 12] = [
    Rule {
        name: "fsync",
        wanted: Wanted::Word("on"),
        otherwise: Gravity::Grave,
        means: "a crash of the machine may destroy the whole database",
        better: "on",
    },
    Rule {
        name: "full_page_writes",
        wanted: Wanted::Word("on"),
        otherwise: Gravity::Grave,
        means: "a crash may leave torn pages",
        better: "on",
    },
    Rule {
        name: "autovacuum",
        wanted: Wanted::Word("on"),
        otherwise: Gravity::Grave,
        means: "dead rows pile up, and one day the server stops to save itself from wraparound",
        better: "on",
    },
    Rule {
        name: "track_counts",
        wanted: Wanted::Word("on"),
        otherwise: Gravity::Grave,
        means: "autovacuum does not know what to do",
        better: "on",
    },
    Rule {
        name: "synchronous_commit",
        wanted: Wanted::Word("on"),
        otherwise: Gravity::Warn,
        means: "a crash may lose the results of the last moments without a trace",
        better: "on",
    },
    Rule {
        name: "max_wal_size",
        wanted: Wanted::Bytes(4 * GB),
        otherwise: Gravity::Warn,
        means: "checkpoints come often, and each makes the log larger and stores slower",
        better: "8GB",
    },
    Rule {
        name: "work_mem",
        wanted: Wanted::Bytes(16 * MB),
        otherwise: Gravity::Warn,
        means: "sorts and hashes of analysts go to temporary files",
        better: "32MB",
    },
    Rule {
        name: "maintenance_work_mem",
        wanted: Wanted::Bytes(256 * MB),
        otherwise: Gravity::Warn,
        means: "vacuum and indexes take more passes than they need",
        better: "512MB",
    },
    Rule {
        name: "random_page_cost",
        wanted: Wanted::AtMost(2.0),
        otherwise: Gravity::Warn,
        means: "right for spinning disks; on SSDs the planner passes over indexes that serve",
        better: "1.1",
    },
    Rule {
        name: "from_collapse_limit",
        wanted: Wanted::AtLeast(12.0),
        otherwise: Gravity::Warn,
        means: "queries over several views are planned piece by piece, and filters do not reach the indexes",
        better: "16",
    },
    Rule {
        name: "join_collapse_limit",
        wanted: Wanted::AtLeast(12.0),
        otherwise: Gravity::Warn,
        means: "queries over several views are joined in the order in which they are written",
        better: "16",
    },
    Rule {
        name: "track_activity_query_size",
        wanted: Wanted::Bytes(1024),
        otherwise: Gravity::Warn,
        means: "pg_stat_activity cuts statements off",
        better: "4096",
    },
];

/// Oldest server that has all that the schema uses.
const MIN_SERVER_VERSION: i32 = 150_000;

/// Transactions since the last freezing at which to look, and at which to act at once; the
/// server stops at about 2.1 billion.
const WARN_FREEZE_AGE: i32 = 500_000_000;
const GRAVE_FREEZE_AGE: i32 = 1_200_000_000;

/// Judges the server and its settings.
#[must_use]
pub fn judge(server: &Server) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES
        .iter()
        .filter_map(|rule| Some(apply(rule, server.settings.get(rule.name)?)))
        .collect();
    findings.extend([version(server), encoding(server), time_zone(server)]);
    findings.extend([wraparound(server), connections(server), statistics(server)]);
    findings.extend(shared_buffers(server));
    findings.extend(checksums(server));
    findings.push(waiting(server));
    if !server.sees_all_sessions {
        findings.push(Finding::new(
            Gravity::Warn,
            "rights of this role",
            "it sees only its own sessions",
            "transactions and locks of others are not examined",
            "GRANT pg_monitor TO CURRENT_USER;",
        ));
    }
    findings
}

fn apply(rule: &Rule, setting: &Setting) -> Finding {
    let number = || setting.value.parse::<f64>().ok();
    let is_good = match rule.wanted {
        Wanted::Word(word) => setting.value == word,
        Wanted::Bytes(least) => setting.bytes().is_none_or(|bytes| bytes >= least),
        Wanted::AtLeast(least) => number().is_none_or(|value| value >= least),
        Wanted::AtMost(most) => number().is_none_or(|value| value <= most),
    };
    let is = setting.bytes().map_or_else(|| setting.value.clone(), size);
    if is_good {
        return Finding::fine(rule.name, is);
    }
    Finding::new(
        rule.otherwise,
        rule.name,
        is,
        rule.means,
        set(setting, rule.better),
    )
}

/// The command that changes a setting.
fn set(setting: &Setting, value: &str) -> String {
    let then = if setting.needs_restart {
        "then restart the server"
    } else {
        "SELECT pg_reload_conf();"
    };
    format!("ALTER SYSTEM SET {} = '{value}'; {then}", setting.name)
}

fn version(server: &Server) -> Finding {
    let is = format!("{}.{}", server.version / 10_000, server.version % 10_000);
    if server.version >= MIN_SERVER_VERSION {
        return Finding::fine("server version", is);
    }
    Finding::new(
        Gravity::Grave,
        "server version",
        is,
        "views of partners need security_invoker, which is new in 15",
        "upgrade the server to 15 or newer",
    )
}

fn encoding(server: &Server) -> Finding {
    if server.encoding == "UTF8" {
        return Finding::fine("encoding", "UTF8");
    }
    Finding::new(
        Gravity::Grave,
        "encoding",
        &server.encoding,
        "titles in other scripts cannot be stored",
        "CREATE DATABASE fullhouse ENCODING 'UTF8' TEMPLATE template0; and move the data",
    )
}

/// Our own connections ask for UTC whatever is set; people who connect get what is set for
/// the database, else what the server writes its log in says where it thinks it is.
fn time_zone(server: &Server) -> Finding {
    let set_here = server
        .overrides
        .iter()
        .rev()
        .find_map(|one| one.strip_prefix("TimeZone="));
    let of_log = server.settings.get("log_timezone");
    let zone = set_here.or_else(|| of_log.map(|setting| setting.value.as_str()));
    match zone {
        Some("UTC" | "Etc/UTC" | "GMT") | None => {
            Finding::fine("time zone", zone.unwrap_or("not known"))
        }
        Some(other) => Finding::new(
            Gravity::Warn,
            "time zone",
            other,
            "whoever asks for a day in SQL without naming a zone gets another one than the fleet",
            "ALTER DATABASE fullhouse SET TimeZone = 'UTC';",
        ),
    }
}

fn wraparound(server: &Server) -> Finding {
    let what = "age of the oldest transaction";
    let is = format!("{} million", server.transaction_age / 1_000_000);
    let gravity = match server.transaction_age {
        ..WARN_FREEZE_AGE => return Finding::fine(what, is),
        WARN_FREEZE_AGE..GRAVE_FREEZE_AGE => Gravity::Warn,
        GRAVE_FREEZE_AGE.. => Gravity::Grave,
    };
    Finding::new(
        gravity,
        what,
        is,
        "at about 2,100 million the server takes no more writes",
        "VACUUM (FREEZE) the tables with the highest transaction_age in database_table; end what is old in database_transaction",
    )
}

fn connections(server: &Server) -> Finding {
    let most = server
        .settings
        .get("max_connections")
        .and_then(|setting| setting.value.parse::<i64>().ok())
        .unwrap_or(i64::MAX);
    let is = format!("{} of {most}", server.connections);
    let used = server.connections.saturating_mul(100) / most.max(1);
    let gravity = match used {
        ..70 => return Finding::fine("connections", is),
        70..90 => Gravity::Warn,
        _ => Gravity::Grave,
    };
    Finding::new(
        gravity,
        "connections",
        is,
        "a pod that gets none cannot store: each takes up to database.connections, 8 by default",
        "ALTER SYSTEM SET max_connections = '400'; then restart the server; or put PgBouncer in between",
    )
}

fn statistics(server: &Server) -> Finding {
    let what = "pg_stat_statements";
    let is_loaded = server.settings.contains_key("pg_stat_statements.max");
    let (is, remedy) = match (is_loaded, server.has_statement_statistics) {
        (true, true) => return Finding::fine(what, "installed"),
        (true, false) => (
            "loaded, not installed",
            "CREATE EXTENSION pg_stat_statements;",
        ),
        (false, _) => (
            "not loaded",
            "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'; then restart the server; CREATE EXTENSION pg_stat_statements;",
        ),
    };
    Finding::new(
        Gravity::Warn,
        what,
        is,
        "nothing says which statements the time goes to: database_statement is empty",
        remedy,
    )
}

/// How much memory the machine has cannot be asked; that a small cache serves a large
/// database badly is certain.
fn shared_buffers(server: &Server) -> Option<Finding> {
    let setting = server.settings.get("shared_buffers")?;
    let bytes = setting.bytes()?;
    let is = format!("{} for {}", size(bytes), size(server.database_bytes));
    if bytes >= GB || bytes >= server.database_bytes {
        return Some(Finding::fine("shared_buffers", is));
    }
    Some(Finding::new(
        Gravity::Warn,
        "shared_buffers",
        is,
        "what is read again and again does not stay in memory",
        format!(
            "a quarter of the machine's memory, such as: {}",
            set(setting, "4GB")
        ),
    ))
}

fn checksums(server: &Server) -> Option<Finding> {
    let setting = server.settings.get("data_checksums")?;
    if setting.value == "on" {
        return Some(Finding::fine("data_checksums", "on"));
    }
    Some(Finding::new(
        Gravity::Warn,
        "data_checksums",
        &setting.value,
        "a disk that returns wrong bytes is not noticed",
        "stop the server, and: pg_checksums --enable --pgdata=DIRECTORY",
    ))
}

fn waiting(server: &Server) -> Finding {
    let what = "settings that wait for a restart";
    let names: Vec<&str> = server
        .settings
        .values()
        .filter(|setting| setting.waits_for_restart)
        .map(|setting| setting.name.as_str())
        .collect();
    if names.is_empty() {
        return Finding::fine(what, "none");
    }
    Finding::new(
        Gravity::Warn,
        what,
        names.join(", "),
        "the settings in the file are not in force",
        "restart the server",
    )
}
