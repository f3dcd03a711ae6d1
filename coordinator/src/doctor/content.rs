//! Checks the content of the database: vacuum, locks, partitions, computed columns, roles.

use schema::diagnostics::Content;

use super::{Finding, Gravity, size};

/// Seconds after which an open transaction is old, and after which it does harm.
const OLD_SECONDS: f64 = 300.0;
const TOO_OLD_SECONDS: f64 = 3_600.0;

/// Seconds after which a session that waits for another is reported.
const BLOCKED_SECONDS: f64 = 30.0;

/// Autovacuum is behind in a table that has this many times the dead rows at which it starts.
const BEHIND_RATIO: f64 = 5.0;

/// A table with fewer dead rows is never behind.
const BEHIND_DEAD_ROWS: i64 = 10_000;

/// An index of this size that nothing uses is worth a word.
const LARGE_INDEX: i64 = 100 << 20;

/// A slot that holds back as much of the log is worth a word.
const LARGE_SLOT_WAL: i64 = 1 << 30;

/// Seconds that a change may wait to be computed.
const LAG_SECONDS: f64 = 300.0;

/// Judges what is in the database.
#[must_use]
pub fn judge(content: &Content) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (what, found) in [
        ("autovacuum of tables", autovacuum(content)),
        ("dead rows", dead_rows(content)),
        ("open transactions", transactions(content)),
        ("blocked sessions", blocked(content)),
        ("replication slots", slots(content)),
        ("indexes", indexes(content)),
        ("partitions ahead", partitions_ahead(content)),
        ("default partitions", default_partitions(content)),
        ("computed columns", computed(content)),
        ("materialised views", views(content)),
        ("access", access(content)),
        ("caps of sources", over_cap(content)),
    ] {
        if found.is_empty() {
            findings.push(Finding::fine(what, "as it should be"));
        }
        findings.extend(found);
    }
    findings
}

fn over_cap(content: &Content) -> Vec<Finding> {
    let sources = content.over_cap.iter().map(|over| {
        let (source, what) = (&over.source, &over.what);
        Finding::new(
            Gravity::Warn,
            "caps of sources",
            format!(
                "{source} would have {} {what}, its cap is {}",
                over.found, over.cap
            ),
            "results that bring more are not stored: does it name the same things anew each time?",
            format!("raise agent.max_{what}_per_source, or: coordinator source pause {source}"),
        )
    });
    sources.collect()
}

fn autovacuum(content: &Content) -> Vec<Finding> {
    let off = content.neglected.iter().filter(|table| !table.autovacuum);
    off.map(|table| {
        let name = &table.table_name;
        Finding::new(
            Gravity::Warn,
            "autovacuum of tables",
            format!("off for {name}"),
            "its dead rows stay until a person vacuums it",
            format!("ALTER TABLE {name} RESET (autovacuum_enabled);"),
        )
    })
    .collect()
}

fn dead_rows(content: &Content) -> Vec<Finding> {
    let behind = content.neglected.iter().filter(|table| {
        table.autovacuum && table.vacuum_due > BEHIND_RATIO && table.dead_rows > BEHIND_DEAD_ROWS
    });
    behind
        .map(|table| {
            let name = &table.table_name;
            Finding::new(
                Gravity::Warn,
                "dead rows",
                format!("{} in {name}", table.dead_rows),
                "autovacuum cannot keep up, or an open transaction keeps them: see below",
                format!("VACUUM (VERBOSE) {name};"),
            )
        })
        .collect()
}

fn transactions(content: &Content) -> Vec<Finding> {
    let mut findings = Vec::new();
    for open in &content.open {
        let Some(age) = open.age_seconds.filter(|age| *age > OLD_SECONDS) else {
            continue;
        };
        let is_prepared = open.kind == "prepared";
        let gravity = if is_prepared || age > TOO_OLD_SECONDS {
            Gravity::Grave
        } else {
            Gravity::Warn
        };
        let whose = open.application.as_deref().unwrap_or_default();
        let state = open.state.as_deref().unwrap_or_default();
        let is = format!(
            "{} {} {whose} {state}, {:.0} min",
            open.kind,
            open.name,
            age / 60.0
        );
        let remedy = if is_prepared {
            format!("ROLLBACK PREPARED '{}'; or COMMIT PREPARED", open.name)
        } else {
            format!("SELECT pg_terminate_backend({});", open.name)
        };
        findings.push(Finding::new(
            gravity,
            "open transactions",
            is,
            "no dead row that is younger is cleaned up, in the whole database",
            remedy,
        ));
    }
    findings
}

fn blocked(content: &Content) -> Vec<Finding> {
    let long = content
        .blocked
        .iter()
        .filter(|one| one.seconds > BLOCKED_SECONDS);
    long.map(|one| {
        let by: Vec<String> = one.blocked_by.iter().map(ToString::to_string).collect();
        Finding::new(
            Gravity::Warn,
            "blocked sessions",
            format!(
                "{} waits for {} since {:.0} s",
                one.pid,
                by.join(", "),
                one.seconds
            ),
            "a lock is held; what waits behind it stands still",
            format!(
                "SELECT * FROM pg_stat_activity WHERE pid IN ({});",
                by.join(", ")
            ),
        )
    })
    .collect()
}

fn slots(content: &Content) -> Vec<Finding> {
    let mut findings = Vec::new();
    for slot in &content.slots {
        let held = slot.held_bytes.unwrap_or(0);
        let is_lost = matches!(slot.wal_status.as_deref(), Some("lost" | "unreserved"));
        if !is_lost && (slot.active || held < LARGE_SLOT_WAL) {
            continue;
        }
        let (gravity, means) = if is_lost {
            (
                Gravity::Grave,
                "its reader has lost changes that it did not read in time, or will soon",
            )
        } else {
            (Gravity::Warn, "the log grows until the disk is full")
        };
        findings.push(Finding::new(
            gravity,
            "replication slots",
            format!("{} holds {} of the log", slot.slot_name, size(held)),
            means,
            format!(
                "start its reader again, or: SELECT pg_drop_replication_slot('{}');",
                slot.slot_name
            ),
        ));
    }
    findings
}

fn indexes(content: &Content) -> Vec<Finding> {
    let mut findings = Vec::new();
    for index in &content.useless {
        let name = &index.index_name;
        if !index.is_valid {
            findings.push(Finding::new(
                Gravity::Warn,
                "indexes",
                format!("{name} is not valid"),
                "it is kept up to date, and never used",
                format!("REINDEX INDEX CONCURRENTLY {name};"),
            ));
        } else if index.bytes >= LARGE_INDEX {
            findings.push(Finding::new(
                Gravity::Warn,
                "indexes",
                format!("{name}, {}, was never used", size(index.bytes)),
                "every write pays for it; statistics may have been reset of late",
                "wait a month, then drop it, if it is not one of the migrations'",
            ));
        }
    }
    findings
}

fn partitions_ahead(content: &Content) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in &content.partitions {
        let days = table.days_ahead.unwrap_or(0.0);
        let gravity = match days {
            ..1.0 => Gravity::Grave,
            ..3.0 => Gravity::Warn,
            _ => continue,
        };
        findings.push(Finding::new(
            gravity,
            "partitions ahead",
            format!("{}: {:.1} days", table.table_name, days.max(0.0)),
            "no coordinator leads, or it may not make them; rows go to the default partition",
            "SELECT ensure_partitions(7);",
        ));
    }
    findings
}

fn default_partitions(content: &Content) -> Vec<Finding> {
    let filled = content
        .partitions
        .iter()
        .filter(|table| table.default_has_rows);
    filled
        .map(|table| {
            Finding::new(
                Gravity::Warn,
                "default partitions",
                format!("{}_default has rows", table.table_name),
                "they came for a day that had no partition, and retention does not drop them",
                "SELECT ensure_partitions(7); moves those of the days from yesterday on",
            )
        })
        .collect()
}

fn computed(content: &Content) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut warn = |is: String, means: &str, remedy: String| {
        findings.push(Finding::new(
            Gravity::Warn,
            "computed columns",
            is,
            means,
            remedy,
        ));
    };
    for table in &content.materialisations {
        let name = &table.table_name;
        if let Some(reason) = &table.pause_reason {
            warn(
                format!("{name} rests: {reason}"),
                "an expression of a column cannot be run",
                "SELECT materialise_column(…) with one that can".to_owned(),
            );
        }
        if table.set_aside > 0 {
            let error = table.last_error.as_deref().unwrap_or_default();
            warn(
                format!("{} rows of {name} are set aside: {error}", table.set_aside),
                "they failed too often, and have no values",
                format!("SELECT * FROM materialisation_error WHERE table_name = '{name}';"),
            );
        }
        if table.lag_seconds.is_some_and(|lag| lag > LAG_SECONDS) {
            warn(
                format!(
                    "{name}: a change waits for {:.0} min",
                    table.lag_seconds.unwrap_or(0.0) / 60.0
                ),
                "no coordinator runs, or they cannot keep up",
                "SELECT * FROM materialisation_status;".to_owned(),
            );
        }
    }
    findings
}

fn views(content: &Content) -> Vec<Finding> {
    let failed = content
        .refreshes
        .iter()
        .filter_map(|view| Some((&view.view_name, view.error.as_ref()?)));
    failed
        .map(|(name, error)| {
            Finding::new(
                Gravity::Warn,
                "materialised views",
                format!("{name}: {error}"),
                "readers see an old state",
                format!("coordinator view refresh {name}"),
            )
        })
        .collect()
}

fn access(content: &Content) -> Vec<Finding> {
    if !content.has_access {
        return vec![Finding::fine("access", "only the fleet may read")];
    }
    let mut findings = Vec::new();
    let mut warn = |is: String, means: &str, remedy: String| {
        findings.push(Finding::new(Gravity::Warn, "access", is, means, remedy));
    };
    for role in &content.granted {
        let name = &role.role_name;
        if role.kind == "partner" && role.sees.is_empty() {
            warn(
                format!("partner {name} sees nothing under its own name"),
                "it sees rows only through other roles of which it is a member",
                format!("coordinator access partner {name} --source …"),
            );
        }
        if role.statement_timeout.is_none() {
            warn(
                format!("{name} has no statement timeout"),
                "one careless query may run for hours, and keep dead rows meanwhile",
                format!("ALTER ROLE {name} SET statement_timeout = '30s';"),
            );
        }
    }
    for name in &content.scopes_of_nobody {
        warn(
            format!("something was granted to partner {name}, and there is no such role"),
            "the grant has no effect, until some role gets that name",
            format!(
                "DELETE FROM partner_scope WHERE role_name = '{name}'; \
                 DELETE FROM partner_event_area WHERE role_name = '{name}';"
            ),
        );
    }
    findings
}
