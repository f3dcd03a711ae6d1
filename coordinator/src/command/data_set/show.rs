//! What `coordinator data-set list` and `show` print.

use anyhow::bail;
use chrono::NaiveDate;
use comfy_table::Table;
use schema::reading::{
    Reader,
    data_sets::{self, DataSet, DataSetBuild, DataSetDay},
    deliveries::{DataSetDelivery, deliveries},
    loads::{self, DataSetFiles},
};
use serde_json::json;
use sqlx::PgPool;

use crate::command::table::{time_or, with_header};

/// Days that are shown.
const MAX_DAYS: i64 = 14;
/// Files, and rows that could not be mapped, that are shown.
const MAX_FILES: i64 = 30;
const MAX_ERRORS: i64 = 20;
/// Deliveries that are shown.
const MAX_DELIVERIES: i64 = 30;
/// Builds that are shown.
const MAX_BUILDS: i64 = 10;

/// The table of all data sets.
pub(super) fn table(all: &[DataSet]) -> Table {
    let mut table = with_header([
        "data set",
        "state",
        "built to",
        "days built",
        "built at (UTC)",
        "waits for",
        "error",
    ]);
    for one in all {
        let late = if one.late_days > 0 { ", late" } else { "" };
        table.add_row([
            one.name.clone(),
            format!("{}{late}", one.state),
            one.last_built_day
                .map(|day| day.to_string())
                .unwrap_or_default(),
            format!("{} of {}", one.built_days, one.days),
            time_or(one.built_at, "never"),
            one.waiting_for.join(", "),
            one.error.clone().unwrap_or_default(),
        ]);
    }
    table
}

/// Prints all that is known of a data set.
pub(super) async fn show(db: &PgPool, name: &str, as_json: bool) -> anyhow::Result<()> {
    let mut reader = Reader::begin(db).await?;
    let found = data_sets::one(&mut reader, name).await?;
    let definition = data_sets::definition(&mut reader, name).await?;
    let (Some(one), Some(definition)) = (found, definition) else {
        bail!("there is no data set {name}; `coordinator data-set list` shows all");
    };
    let days = data_sets::days(&mut reader, name, None, MAX_DAYS, None).await?;
    let builds = data_sets::builds(&mut reader, name, MAX_BUILDS).await?;
    let files = loads::files(&mut reader, name, MAX_FILES, MAX_ERRORS).await?;
    let delivered = deliveries(&mut reader, name, MAX_DELIVERIES).await?;
    if as_json {
        let all = json!({
            "data_set": one, "definition": definition, "days": days, "builds": builds, "files": files,
            "deliveries": delivered
        });
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    println!("{name}: {}", one.description);
    println!("inputs: {}", or_none(&one.inputs));
    println!("read by: {}", or_none(&definition.dependents));
    println!("{}", days_table(&days));
    println!("last builds\n{}", builds_table(&builds));
    if !delivered.is_empty() {
        println!("deliveries\n{}", deliveries_table(&delivered));
    }
    if let Some(mapping) = &definition.files {
        show_files(&files);
        println!("{}", serde_json::to_string_pretty(mapping)?);
    } else {
        println!("{}", definition.query.trim_start());
    }
    if let Some(check) = &definition.check_query {
        println!("\ncheck: rows of this are faults\n{}", check.trim_start());
    }
    Ok(())
}

fn show_files(found: &DataSetFiles) {
    match &found.listing {
        None => println!("files: not listed yet"),
        Some(listing) => {
            println!(
                "files, listed {} (UTC)",
                time_or(listing.listed_at, "never")
            );
            if let Some(error) = &listing.error {
                let again = time_or(listing.retry_at, "soon");
                println!("they cannot be listed, tried again {again} (UTC): {error}");
            }
        }
    }
    let mut table = with_header([
        "day",
        "file",
        "bytes",
        "modified (UTC)",
        "read (UTC)",
        "rows",
        "errors",
    ]);
    let number = |count: Option<i64>| count.map(|count| count.to_string()).unwrap_or_default();
    for file in &found.files {
        table.add_row([
            day_or_whole(file.day),
            file.path.clone(),
            file.bytes.to_string(),
            time_or(Some(file.modified_at), ""),
            time_or(file.read_at, "not yet"),
            number(file.row_count),
            number(file.error_count),
        ]);
    }
    println!("{table}");
    if found.errors.is_empty() {
        return;
    }
    let mut table = with_header(["day", "file", "line", "column", "reason", "row"]);
    for error in &found.errors {
        table.add_row([
            day_or_whole(error.day),
            error.path.clone(),
            error.line.to_string(),
            error.column_name.clone(),
            error.reason.clone(),
            error.excerpt.clone(),
        ]);
    }
    println!("rows that could not be mapped\n{table}");
}

fn day_or_whole(day: Option<NaiveDate>) -> String {
    day.map_or_else(|| "whole".to_owned(), |day| day.to_string())
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn days_table(days: &[DataSetDay]) -> Table {
    let mut table = with_header([
        "day",
        "state",
        "built at (UTC)",
        "rows",
        "waits for",
        "changed",
        "error",
    ]);
    for day in days {
        let late = if day.is_late { ", late" } else { "" };
        table.add_row([
            day_or_whole(day.day),
            format!("{}{late}", day.state),
            time_or(day.built_at, "never"),
            day.row_count
                .map(|rows| rows.to_string())
                .unwrap_or_default(),
            day.waiting_for.join(", "),
            day.changed_inputs.join(", "),
            day.error.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn deliveries_table(delivered: &[DataSetDelivery]) -> Table {
    let mut table = with_header([
        "destination",
        "day",
        "state",
        "delivered (UTC)",
        "rows",
        "refused",
        "error",
    ]);
    let number = |count: Option<i64>| count.map(|count| count.to_string()).unwrap_or_default();
    for one in delivered {
        let again = one.next_try_at.map_or_else(String::new, |at| {
            format!(", tried again {} (UTC)", time_or(Some(at), ""))
        });
        let reasons = one.error.iter().chain(&one.rejections);
        let reasons: Vec<&str> = reasons.map(String::as_str).collect();
        table.add_row([
            one.destination.clone(),
            day_or_whole(one.day),
            format!("{}{again}", one.state),
            time_or(one.delivered_at, "never"),
            number(one.documents),
            number(one.rejected),
            reasons.join("; "),
        ]);
    }
    table
}

fn builds_table(builds: &[DataSetBuild]) -> Table {
    let mut table = with_header(["build", "day", "began (UTC)", "ended as", "rows", "error"]);
    for build in builds {
        table.add_row([
            build.build_id.to_string(),
            day_or_whole(build.day),
            time_or(Some(build.started_at), ""),
            build.state.clone(),
            build
                .row_count
                .map(|rows| rows.to_string())
                .unwrap_or_default(),
            build.error.clone().unwrap_or_default(),
        ]);
    }
    table
}
