//! Conditions of what is made of stored data: rollups, partitions, exports, forecasts, events, regions.

use std::time::Duration;

use schema::{
    alert::{Severity, SubjectKind},
    alert_facts::Fact,
};

use super::{BASE, Condition, FoundBy, HOUR, MINUTE, Unit};
use crate::alert::runbook::{command, hand, owner_sql, sql};

pub(super) const LIST: [Condition; 12] = [
    Condition {
        name: "rollup_set_aside",
        about: SubjectKind::Rollup,
        found_by: FoundBy::Fact(Fact::RollupAside),
        threshold: 0.0,
        unit: Unit::Hours,
        what: "rollup {subject} is set aside",
        measure: "since",
        means: "its query fails, so its view shows an old state",
        next_step: "SELECT last_error FROM rollup_status WHERE name = '{subject}'; then fullhouse.refresh_rollup or fullhouse.drop_rollup",
        look: &[sql(
            "the error, and how far it is",
            "SELECT name, state, entries, lag_seconds, last_error FROM rollup_status WHERE name = '{subject}';",
        )],
        act: &[
            owner_sql(
                "when what it reads is right again: compute it",
                "SELECT fullhouse.refresh_rollup('{subject}');",
            ),
            owner_sql(
                "if nobody needs it",
                "SELECT fullhouse.drop_rollup('{subject}');",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "partitions_missing",
        about: SubjectKind::Table,
        severity: Severity::Critical,
        found_by: FoundBy::Fact(Fact::PartitionsMissing),
        threshold: 2.0,
        unit: Unit::Days,
        every: MINUTE,
        what: "table {subject} lacks partitions for the days to come",
        measure: "partitions ahead",
        means: "rows of days without a partition go to the default partition, from which retention drops nothing",
        next_step: "SELECT ensure_partitions(7); and see why the pass partitions does not",
        look: &[
            command("the partitions of each table", "partition list"),
            sql(
                "for how many days each table has some",
                "SELECT table_name, until_at, default_has_rows FROM partition_supply();",
            ),
            sql(
                "why the pass does not make them",
                "SELECT coordinator, run_at, failures, error FROM background_pass WHERE pass = 'partitions';",
            ),
        ],
        act: &[sql("make them now", "SELECT ensure_partitions(7);")],
        ..BASE
    },
    Condition {
        name: "partition_default_used",
        about: SubjectKind::Table,
        found_by: FoundBy::Fact(Fact::PartitionDefault),
        every: MINUTE,
        holds_for: Duration::from_mins(5),
        what: "{subject}_default has rows",
        measure: "tables",
        means: "they came for a day that had no partition, and retention does not drop them",
        next_step: "SELECT ensure_partitions(7); moves those of the days from yesterday on",
        look: &[
            sql(
                "which tables",
                "SELECT table_name, until_at FROM partition_supply() WHERE default_has_rows;",
            ),
            command("the partitions of each table", "partition list"),
        ],
        act: &[
            sql(
                "make partitions, and move rows of the days from yesterday on",
                "SELECT ensure_partitions(7);",
            ),
            hand("rows of older days stay in the default partition until you delete them"),
        ],
        ..BASE
    },
    Condition {
        name: "data_set_failed",
        about: SubjectKind::BuiltDataSet,
        found_by: FoundBy::Fact(Fact::DataSetFailed),
        every: MINUTE,
        what: "data set {subject} failed three times",
        measure: "days",
        means: "its last good result can still be read; data sets that read it wait, unless it says on_failure = \"continue\"",
        next_step: "coordinator data-set explain {subject}",
        look: &[
            command(
                "why it failed, and what waits for it",
                "data-set show {subject}",
            ),
            sql(
                "the days that failed",
                "SELECT day, tries, tried_at, error FROM data_set_status WHERE name = '{subject}' AND state = 'failed' ORDER BY day;",
            ),
        ],
        act: &[
            hand(
                "correct its query or its check in its file, and apply that: coordinator data-set apply FILE",
            ),
            command(
                "when what it reads is right again: try all of its days",
                "data-set build {subject} --reason 'the input is right again'",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "data_set_late",
        about: SubjectKind::BuiltDataSet,
        found_by: FoundBy::Fact(Fact::DataSetLate),
        every: MINUTE,
        holds_for: Duration::from_mins(5),
        what: "data set {subject} is late",
        measure: "days not built by their deadline",
        means: "readers lack these days, or see an older result of them",
        next_step: "coordinator data-set explain {subject}",
        look: &[
            command("what it waits for", "data-set explain {subject}"),
            sql(
                "the days that are late",
                "SELECT day, state, waiting_for, due_by, error FROM data_set_status WHERE name = '{subject}' AND is_late ORDER BY day;",
            ),
            sql(
                "whether the leader builds at all",
                "SELECT coordinator, run_at, failures, error FROM background_pass WHERE pass = 'data_sets';",
            ),
        ],
        act: &[hand(
            "see to the data set that it waits for; it has an alert of its own if it failed. If the deadline is too early for the data, move it in the file",
        )],
        ..BASE
    },
    Condition {
        name: "export_behind",
        about: SubjectKind::DataSet,
        found_by: FoundBy::Fact(Fact::ExportBehind),
        threshold: 1.0,
        unit: Unit::Days,
        every: Duration::from_mins(10),
        holds_for: Duration::from_mins(15),
        what: "the export to {subject} is behind",
        measure: "a complete day waits for",
        means: "readers of the files lack days, and retention waits for the export",
        next_step: "SELECT * FROM export_status; and the log of the pass export",
        look: &[
            sql(
                "how far each data set is",
                "SELECT address, data_set, last_on, days_waiting, waiting_from_on, is_under_way FROM export_status;",
            ),
            sql(
                "why the pass fails",
                "SELECT coordinator, run_at, failures, error FROM background_pass WHERE pass = 'export';",
            ),
        ],
        act: &[
            hand(
                "restore the way to the store: address, key, space; the next pass goes on where it stopped",
            ),
            hand(
                "if nobody reads these files any more, remove the export from the settings: retention waits for it",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "forecast_late",
        about: SubjectKind::Fleet,
        severity: Severity::Info,
        found_by: FoundBy::Fact(Fact::ForecastLate),
        threshold: 8.0 * 24.0,
        unit: Unit::Hours,
        every: Duration::from_mins(10),
        holds_for: HOUR,
        what: "the {subject} makes no forecasts",
        measure: "since the last",
        means: "forecasts of admissions get old",
        next_step: "coordinator forecast accuracy, and the log of the pass forecasts",
        look: &[
            command(
                "how good they were, and when the last were made",
                "forecast accuracy",
            ),
            sql(
                "why the pass fails",
                "SELECT coordinator, run_at, failures, error FROM background_pass WHERE pass = 'forecasts';",
            ),
        ],
        act: &[command("make them now", "forecast run")],
        ..BASE
    },
    Condition {
        name: "anomaly_open",
        about: SubjectKind::Anomaly,
        severity: Severity::Info,
        found_by: FoundBy::Fact(Fact::AnomalyOpen),
        threshold: 0.0,
        every: MINUTE,
        holds_for: Duration::ZERO,
        what: "anomaly {subject} looks like a fault of the data",
        measure: "score",
        means: "figures of these days are probably wrong; nobody has decided",
        next_step: "coordinator anomaly explain {subject}, then accept or reject it",
        look: &[
            command(
                "the figures, the evidence, and what deviates in the same way",
                "anomaly explain {subject}",
            ),
            sql(
                "all that are open",
                "SELECT anomaly_id, subject_kind, subject_name, metric, cause, score, reason FROM anomaly WHERE state = 'open' ORDER BY score DESC;",
            ),
        ],
        act: &[
            command(
                "it is one: correct its cause, and keep its days out of training",
                "anomaly accept {subject} --reason 'codes were not mapped'",
            ),
            command(
                "it is none",
                "anomaly reject {subject} --reason 'a festival'",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "event_rejects",
        about: SubjectKind::Client,
        found_by: FoundBy::Fact(Fact::EventRejects),
        threshold: 0.1,
        unit: Unit::Share,
        every: MINUTE,
        holds_for: Duration::from_mins(5),
        over_for: Duration::from_mins(5),
        what: "events of client {subject} are rejected",
        measure: "share within 30 min",
        means: "the client sends what its schema or its key does not allow; rejected events are kept for 30 days",
        next_step: "coordinator event rejects --client {subject}",
        look: &[
            command(
                "what is wrong with them, and where",
                "event rejects --client {subject}",
            ),
            command("its keys, and what each may send", "event key list"),
        ],
        act: &[hand(
            "the client sends what its schema forbids: correct it, or register a version of the schema that allows it; rejected events are kept for 30 days",
        )],
        ..BASE
    },
    Condition {
        name: "event_silence",
        about: SubjectKind::Client,
        found_by: FoundBy::Fact(Fact::EventSilence),
        threshold: 12.0,
        unit: Unit::Hours,
        every: MINUTE,
        holds_for: MINUTE,
        what: "client {subject} sends no events",
        measure: "for",
        means: "it sent on most days of the week before: a release that broke it, a revoked key, or a receiver that is away",
        next_step: "coordinator event key list, and the logs of receivers",
        look: &[
            command("its keys: revoked, expired, last used", "event key list"),
            sql(
                "what came within two days",
                "SELECT bucket_at, accepted, rejected, limited FROM event_key_intake WHERE client = '{subject}' AND bucket_at > now() - interval '2 days' ORDER BY bucket_at DESC LIMIT 50;",
            ),
            hand("the logs of the receivers, and whether their address answers from outside"),
        ],
        act: &[hand(
            "ask who ships the client what was released; events that were kept by the clients arrive later",
        )],
        ..BASE
    },
    Condition {
        name: "region_gap",
        about: SubjectKind::Region,
        found_by: FoundBy::Fact(Fact::RegionGap),
        threshold: 30.0,
        unit: Unit::Minutes,
        every: MINUTE,
        holds_for: MINUTE,
        what: "region {subject} lacks files",
        measure: "for",
        means: "events of these files are not in the database of the receiver; the sender writes lost and damaged files again",
        next_step: "coordinator region show {subject}",
        look: &[
            sql(
                "how many files, and which is the first",
                "SELECT direction, place, gap_files, gap, gap_since, succeeded_at, error FROM region_status WHERE name = '{subject}';",
            ),
            hand("received-{subject}.json at the place: every file that the receiver lacks"),
        ],
        act: &[
            hand(
                "see that the sender runs and may read the report and write to the place: its pass regions writes the files again within minutes",
            ),
            hand(
                "see that receivers in the file of the sender names the region as the receiver calls it",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "region_late",
        about: SubjectKind::Region,
        found_by: FoundBy::Fact(Fact::RegionLate),
        threshold: 2.0,
        unit: Unit::Hours,
        every: MINUTE,
        holds_for: MINUTE,
        what: "region {subject} is late",
        measure: "since it last succeeded",
        means: "events are not sent, or not received; nothing is lost: all of them follow when the link works again",
        next_step: "coordinator region show {subject}",
        look: &[
            sql(
                "why the last try failed",
                "SELECT direction, place, done_until, tried_at, succeeded_at, error FROM region_status WHERE name = '{subject}';",
            ),
            sql(
                "whether the leader works on regions at all",
                "SELECT coordinator, run_at, failures, error FROM background_pass WHERE pass = 'regions';",
            ),
        ],
        act: &[
            hand(
                "restore the way to the place: address, key, space; the next pass goes on where it stopped",
            ),
            hand(
                "if a file or the manifest is refused, ask the sender; if a client is not listed, add it to the file of the region and apply that",
            ),
            hand("if nobody needs the region any more, remove it: coordinator region remove NAME"),
        ],
        ..BASE
    },
];
