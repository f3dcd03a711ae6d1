//! What `coordinator data-set list` and `show` print.

use anyhow::bail;
use comfy_table::Table;
use schema::reading::{
    Reader,
    data_sets::{self, DataSet, DataSetBuild, DataSetDay},
};
use serde_json::json;
use sqlx::PgPool;

use crate::command::table::{time_or, with_header};

/// Days that are shown.
const MAX_DAYS: i64 = 14;
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
    if as_json {
        let all =
            json!({ "data_set": one, "definition": definition, "days": days, "builds": builds });
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    println!("{name}: {}", one.description);
    println!("inputs: {}", or_none(&one.inputs));
    println!("read by: {}", or_none(&definition.dependents));
    println!("{}", days_table(&days));
    println!("last builds\n{}", builds_table(&builds));
    println!("{}", definition.query.trim_start());
    if let Some(check) = &definition.check_query {
        println!("\ncheck: rows of this are faults\n{}", check.trim_start());
    }
    Ok(())
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
            day.day
                .map_or_else(|| "whole".to_owned(), |day| day.to_string()),
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

fn builds_table(builds: &[DataSetBuild]) -> Table {
    let mut table = with_header(["build", "day", "began (UTC)", "ended as", "rows", "error"]);
    for build in builds {
        table.add_row([
            build.build_id.to_string(),
            build
                .day
                .map_or_else(|| "whole".to_owned(), |day| day.to_string()),
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
