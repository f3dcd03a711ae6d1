//! Conditions of the database server.

use std::time::Duration;

use schema::{
    alert::{Severity, SubjectKind},
    alert_facts::Fact,
};

use super::{BASE, Condition, FoundBy, HOUR, MINUTE, Unit};
use crate::alert::runbook::{hand, owner_sql, sql};

pub(super) const LIST: [Condition; 6] = [
    Condition {
        name: "database_old_transaction",
        about: SubjectKind::Server,
        found_by: FoundBy::Fact(Fact::OldTransaction),
        threshold: 60.0,
        unit: Unit::Minutes,
        every: MINUTE,
        what: "a transaction is open for long: {subject}",
        measure: "for",
        means: "dead rows cannot be cleaned up meanwhile, anywhere in the database",
        next_step: "SELECT * FROM database_transaction; end a forgotten session with pg_terminate_backend",
        look: &[sql(
            "the open transactions",
            "SELECT kind, name, role_name, application, started_at, statement FROM database_transaction ORDER BY started_at LIMIT 10;",
        )],
        act: &[
            owner_sql(
                "end a forgotten session; its number is the name",
                "SELECT pg_terminate_backend(name::integer) FROM database_transaction WHERE kind = 'session' AND name = '0';",
            ),
            hand(
                "a prepared transaction: ROLLBACK PREPARED 'NAME'; a replication slot: drop it if nobody reads it",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "database_wraparound",
        about: SubjectKind::Server,
        severity: Severity::Critical,
        found_by: FoundBy::Fact(Fact::Wraparound),
        threshold: 1_000_000_000.0,
        every: MINUTE,
        what: "database {subject} comes near wraparound",
        measure: "transactions since its oldest rows were frozen",
        means: "at about 2,100 million the server takes no more writes",
        next_step: "VACUUM (FREEZE) the tables with the highest transaction_age in database_table; end what is old in database_transaction",
        look: &[
            sql(
                "the tables with the oldest rows",
                "SELECT table_name, transaction_age, last_vacuum_at FROM database_table ORDER BY transaction_age DESC LIMIT 10;",
            ),
            sql(
                "what holds rows back from being frozen",
                "SELECT kind, name, started_at, holds_transactions FROM database_transaction ORDER BY holds_transactions DESC NULLS LAST LIMIT 5;",
            ),
        ],
        act: &[
            owner_sql(
                "freeze the oldest tables, one after the other",
                "VACUUM (FREEZE) task;",
            ),
            hand("end what holds rows back first: it makes the vacuum useless"),
        ],
        ..BASE
    },
    Condition {
        name: "database_table_bloat",
        about: SubjectKind::Table,
        found_by: FoundBy::Fact(Fact::TableBloat),
        threshold: 10.0,
        every: MINUTE,
        holds_for: HOUR,
        what: "dead rows of table {subject} are not cleaned up",
        measure: "times the number at which vacuum is due",
        means: "the table grows and is read more slowly",
        next_step: "end what is old in database_transaction, then VACUUM {subject}",
        look: &[
            sql(
                "its dead rows, and when it was vacuumed",
                "SELECT table_name, dead_rows, vacuum_at_dead_rows, vacuum_due, last_vacuum_at, autovacuum FROM database_table ORDER BY dead_rows DESC LIMIT 10;",
            ),
            sql(
                "what keeps dead rows",
                "SELECT kind, name, started_at, holds_transactions, statement FROM database_transaction ORDER BY started_at LIMIT 10;",
            ),
        ],
        act: &[
            hand(
                "end what keeps dead rows: a forgotten session, a prepared transaction, a replication slot",
            ),
            owner_sql("then clean up now", "VACUUM {subject};"),
        ],
        ..BASE
    },
    Condition {
        name: "database_slot_holds_log",
        about: SubjectKind::Server,
        found_by: FoundBy::Fact(Fact::SlotHoldsWal),
        threshold: 10_000_000_000.0,
        unit: Unit::Bytes,
        every: MINUTE,
        holds_for: Duration::from_mins(5),
        what: "replication slot {subject} holds back the log",
        measure: "on the disk",
        means: "the disk of the server fills up, and then it stops",
        next_step: "start its reader, or SELECT pg_drop_replication_slot('{subject}');",
        look: &[sql(
            "the slots, and how much each holds",
            "SELECT slot_name, held_bytes, active, wal_status FROM database_slot ORDER BY held_bytes DESC;",
        )],
        act: &[
            hand("start the reader of the slot"),
            owner_sql(
                "if nobody reads it any more",
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{subject}' AND NOT active;",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "database_archive_failing",
        about: SubjectKind::Server,
        severity: Severity::Critical,
        found_by: FoundBy::Fact(Fact::ArchiveFailing),
        threshold: 15.0,
        unit: Unit::Minutes,
        every: MINUTE,
        what: "the log of the {subject} is not archived",
        measure: "for",
        means: "backups have no end to restore to, and the log fills the disk",
        next_step: "SELECT * FROM pg_stat_archiver; and the log of archive_command",
        look: &[
            sql(
                "the last that was archived, and the last that was not",
                "SELECT last_archived_wal, last_archived_time, last_failed_wal, last_failed_time, failed_count FROM pg_stat_archiver;",
            ),
            hand("the log of the server has what `archive_command` prints"),
        ],
        act: &[hand(
            "restore the way to the archive: space, key, network; the server tries again by itself and loses nothing while its disk has room",
        )],
        ..BASE
    },
    Condition {
        name: "database_connections",
        about: SubjectKind::Server,
        found_by: FoundBy::Fact(Fact::ConnectionsScarce),
        threshold: 0.9,
        unit: Unit::Share,
        holds_for: MINUTE,
        what: "connections of the {subject} are scarce",
        measure: "used",
        means: "a pod that gets none cannot store",
        next_step: "raise max_connections, lower database.connections, or put PgBouncer in between",
        look: &[sql(
            "who holds them",
            "SELECT usename, application_name, state, count(*) AS connections FROM pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 20;",
        )],
        act: &[
            hand("lower `database.connections` of the pods, or put PgBouncer in between"),
            owner_sql(
                "raise the limit, which takes a restart",
                "ALTER SYSTEM SET max_connections = 200;",
            ),
        ],
        ..BASE
    },
];
