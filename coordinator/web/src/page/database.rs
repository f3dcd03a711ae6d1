//! The database: the doctor's findings, sizes, partitions, statements, exports, passes, rollups.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use askama::Template;
use chrono::{DateTime, Utc};
use schema::reading::{
    database::{ExportRow, PartitionRow, RollupRow, StatementRow, TableSize},
    fleet::PassStatus,
};

use super::{
    Frame, format, render,
    svg::{self, State},
    time_text::TimeText,
};
use crate::{operations::Finding, problem::WebError, state::WebState};

/// The page.
#[derive(Template)]
#[template(path = "database.html")]
struct DatabasePage {
    frame: Frame,
    summary: String,
    findings: Vec<FindingRow>,
    fine: Vec<FindingRow>,
    failure: Option<String>,
    passes: Vec<PassLine>,
    tables: Vec<TableLine>,
    due: Vec<PartitionLine>,
    partitions: Vec<PartitionLine>,
    statements: Vec<StatementLine>,
    exports: Vec<ExportLine>,
    rollups: Vec<RollupLine>,
}

struct FindingRow {
    mark: String,
    what: String,
    is: String,
    means: String,
    remedy: String,
}

struct PassLine {
    mark: String,
    pass: String,
    coordinator: String,
    run: TimeText,
    worked: Option<TimeText>,
    took: String,
    result: String,
}

struct TableLine {
    name: String,
    bar: String,
    total: String,
    indexes: String,
    rows: String,
    dead: String,
    day: String,
    partitions: String,
    vacuum: Option<TimeText>,
}

struct PartitionLine {
    parent: String,
    name: String,
    from: String,
    size: String,
    rows: String,
    tablespace: String,
    due: String,
}

struct StatementLine {
    text: String,
    share: String,
    bar: String,
    calls: String,
    mean: String,
    hits: String,
}

struct ExportLine {
    address: String,
    data_set: String,
    days: String,
    last: String,
    rows: String,
    size: String,
    waiting: String,
    snapshots: String,
    metadata: String,
    state: &'static str,
    mark: String,
}

struct RollupLine {
    mark: String,
    name: String,
    state: String,
    lag: String,
    entries: String,
    rows: String,
    size: String,
    refreshed: Option<TimeText>,
    note: String,
}

/// `GET /database`.
///
/// # Errors
///
/// If the database does not answer in time.
pub async fn database(
    request: HttpRequest,
    state: Data<WebState>,
) -> Result<HttpResponse, WebError> {
    let sample = state.sampler.now(&state.db).await?;
    let now = sample.sample.at + sample.age;
    let (read, age) = state.overview.database(&state.db).await?;
    // A doctor who cannot look must not hide the rest.
    let (all, failure) = match state.overview.findings(&*state.operations).await {
        Ok((findings, _)) => (findings.to_vec(), None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let (fine, findings): (Vec<_>, Vec<_>) =
        all.iter().partition(|finding| finding.gravity == "fine");
    let whole: i64 = read.tables.iter().map(|table| table.total_bytes).sum();
    let largest = read
        .tables
        .first()
        .map_or(1, |table| table.total_bytes.max(1));
    let partitions: Vec<PartitionLine> = read.partitions.iter().map(partition_line).collect();
    let (due, partitions) = partitions
        .into_iter()
        .partition(|line| !line.due.is_empty());
    let page = DatabasePage {
        frame: Frame::of(&request, &state, "Database", "database").live(15),
        summary: format!(
            "{} in tables and indexes; sizes were read {} ago, findings are at most 15 s old.",
            format::bytes(whole),
            format::whole_seconds(age.as_secs_f64().ceil().max(1.0))
        ),
        findings: findings.into_iter().map(finding_row).collect(),
        fine: fine.into_iter().map(finding_row).collect(),
        failure,
        passes: sample
            .sample
            .passes
            .iter()
            .map(|pass| pass_line(pass, now))
            .collect(),
        tables: read
            .tables
            .iter()
            .map(|table| table_line(table, largest, now))
            .collect(),
        due,
        partitions,
        statements: read.statements.iter().map(statement_line).collect(),
        exports: read.exports.iter().map(export_line).collect(),
        rollups: read
            .rollups
            .iter()
            .map(|rollup| rollup_line(rollup, now))
            .collect(),
    };
    render(&request, &page)
}

fn finding_row(finding: &Finding) -> FindingRow {
    FindingRow {
        mark: svg::mark(match finding.gravity {
            "grave" => State::Bad,
            "warn" => State::Warn,
            _ => State::Ok,
        }),
        what: finding.what.clone(),
        is: finding.is.clone(),
        means: finding.means.clone(),
        remedy: finding.remedy.clone(),
    }
}

fn pass_line(pass: &PassStatus, now: DateTime<Utc>) -> PassLine {
    let is_failing = pass.failures > 0;
    PassLine {
        mark: svg::mark(if is_failing { State::Bad } else { State::Ok }),
        pass: pass.pass.clone(),
        coordinator: pass.coordinator.clone(),
        run: TimeText::ago(&pass.run_at, &now),
        worked: pass.worked_at.map(|at| TimeText::ago(&at, &now)),
        took: format::span(f64::from(pass.took_seconds)),
        result: match (&pass.error, &pass.report) {
            (Some(error), _) => format!("failed {} times in a row: {error}", pass.failures),
            (None, Some(report)) => format::report(report),
            (None, None) => "nothing to do yet".to_owned(),
        },
    }
}

fn table_line(table: &TableSize, largest: i64, now: DateTime<Utc>) -> TableLine {
    let share = format::share(table.total_bytes, largest);
    TableLine {
        name: table.table_name.clone(),
        bar: svg::bar(share, false),
        total: format::bytes(table.total_bytes),
        indexes: format::bytes(table.index_bytes),
        rows: format::grouped(table.rows_estimated),
        dead: format::percent(
            table.dead_rows,
            table.rows_estimated.saturating_add(table.dead_rows),
        ),
        day: table
            .day_bytes
            .map_or_else(|| "–".to_owned(), format::bytes),
        partitions: if table.partitions > 0 {
            table.partitions.to_string()
        } else {
            "–".to_owned()
        },
        vacuum: table.last_vacuum_at.map(|at| TimeText::ago(&at, &now)),
    }
}

fn partition_line(partition: &PartitionRow) -> PartitionLine {
    PartitionLine {
        parent: partition.parent.clone(),
        name: partition.partition.clone(),
        from: partition.from_at.map_or_else(
            || "all other times".to_owned(),
            |at| at.format("%-d %b %Y").to_string(),
        ),
        size: format::bytes(partition.bytes),
        rows: format::grouped(partition.rows_estimated),
        tablespace: partition.tablespace.clone(),
        due: match (&partition.due, &partition.held_because) {
            (Some(due), _) => format!("{due} is due"),
            (None, Some(reason)) => format!("kept: {reason}"),
            (None, None) => String::new(),
        },
    }
}

fn statement_line(statement: &StatementRow) -> StatementLine {
    StatementLine {
        text: statement.statement.clone(),
        share: format!("{:.1} %", statement.share * 100.0),
        bar: svg::bar(statement.share, false),
        calls: format::grouped(statement.calls),
        mean: format::span(statement.mean_millis / 1e3),
        hits: statement
            .hit_share
            .map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0)),
    }
}

fn export_line(export: &ExportRow) -> ExportLine {
    let (state, words) = match (export.is_under_way, export.days_waiting) {
        (true, _) => (State::Ok, "being written"),
        (false, 0) => (State::Ok, "up to date"),
        (false, _) => (State::Warn, "days wait"),
    };
    ExportLine {
        address: export.address.clone(),
        data_set: export.data_set.clone(),
        days: format::grouped(export.days),
        last: export
            .last_on
            .map_or_else(|| "–".to_owned(), |day| day.format("%-d %b %Y").to_string()),
        rows: format::grouped(export.row_count),
        size: format::bytes(export.bytes),
        waiting: format::grouped(export.days_waiting),
        snapshots: format::grouped(export.snapshots.into()),
        metadata: export.metadata_location.clone().unwrap_or_default(),
        state: words,
        mark: svg::mark(state),
    }
}

fn rollup_line(rollup: &RollupRow, now: DateTime<Utc>) -> RollupLine {
    let state = match rollup.state.as_str() {
        "set aside" => State::Bad,
        // A minute behind is how it works; longer, a person should look.
        "behind" if rollup.lag_seconds > 300.0 => State::Warn,
        "backfill" => State::Off,
        _ => State::Ok,
    };
    RollupLine {
        mark: svg::mark(state),
        name: rollup.name.clone(),
        state: if rollup.state == "backfill" {
            format!("backfill, {:.0} %", rollup.backfill_share * 100.0)
        } else {
            rollup.state.clone()
        },
        lag: if rollup.lag_seconds > 0.0 {
            format::span(rollup.lag_seconds)
        } else {
            "–".to_owned()
        },
        entries: format::grouped(rollup.entries),
        rows: format::grouped(rollup.rows_estimated),
        size: format::bytes(rollup.bytes),
        refreshed: rollup.refreshed_at.map(|at| TimeText::ago(&at, &now)),
        note: match (&rollup.last_error, &rollup.parent) {
            (Some(error), _) => error.clone(),
            (None, Some(parent)) => format!("reads {parent}"),
            (None, None) => String::new(),
        },
    }
}
