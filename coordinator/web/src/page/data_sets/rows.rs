//! What the pages of data sets write of a data set, a day and a build, and the graph of all.

use chrono::{DateTime, NaiveDate, Utc};
use schema::reading::{
    data_sets::{DataSet, DataSetBuild, DataSetDay},
    deliveries::DataSetDelivery,
    loads::{DataSetFile, DataSetRowError},
};

use crate::page::{
    address::encode,
    chart::{Graph, GraphNode},
    format,
    svg::{State, mark},
    time_text::TimeText,
};

/// How a state is.
fn state_of(word: &str, is_late: bool) -> State {
    match word {
        "failed" => State::Bad,
        _ if is_late => State::Bad,
        "retrying" | "timed_out" | "lost" => State::Warn,
        "waiting" | "superseded" => State::Off,
        _ => State::Ok,
    }
}

/// A data set in the list.
pub(super) struct DataSetLine {
    pub(super) mark: String,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) description: String,
    pub(super) state: String,
    pub(super) fresh_to: String,
    pub(super) days: String,
    pub(super) built: Option<TimeText>,
    pub(super) waits_for: String,
    pub(super) rows: String,
    pub(super) error: String,
}

impl DataSetLine {
    pub(super) fn of(one: &DataSet, now: &DateTime<Utc>) -> Self {
        Self {
            mark: mark(state_of(&one.state, one.late_days > 0)),
            name: one.name.clone(),
            href: format!("data-sets/{}", encode(&one.name)),
            description: one.description.clone(),
            state: words_of(one),
            fresh_to: one
                .last_built_day
                .map_or_else(|| "–".to_owned(), |day| day.to_string()),
            days: if one.partition == "day" {
                format!("{} of {}", one.built_days, one.days)
            } else {
                "whole".to_owned()
            },
            built: one.built_at.map(|at| TimeText::ago(&at, now)),
            waits_for: one.waiting_for.join(", "),
            rows: one
                .row_count
                .map_or_else(|| "–".to_owned(), format::grouped),
            error: one.error.clone().unwrap_or_default(),
        }
    }
}

/// The state of a data set in a few words.
pub(super) fn words_of(one: &DataSet) -> String {
    let days = |count: i64| format::counted(count, "day");
    let late = if one.late_days > 0 {
        if one.partition == "day" {
            format!(", {} late", days(one.late_days))
        } else {
            ", late".to_owned()
        }
    } else {
        String::new()
    };
    let state = match one.state.as_str() {
        _ if one.partition != "day" => one.state.clone(),
        "failed" | "retrying" => format!("{}: {}", one.state, days(one.failing_days)),
        "waiting" => format!("waiting: {}", days(one.waiting_days)),
        "due" => format!("due: {}", days(one.due_days)),
        word => word.to_owned(),
    };
    state + &late
}

/// A day of a data set.
pub(super) struct DayLine {
    pub(super) mark: String,
    pub(super) day: String,
    pub(super) state: String,
    pub(super) why: String,
    pub(super) built: Option<TimeText>,
    pub(super) due_by: Option<TimeText>,
    pub(super) rows: String,
    pub(super) bytes: String,
    pub(super) took: String,
}

impl DayLine {
    pub(super) fn of(day: &DataSetDay, now: &DateTime<Utc>) -> Self {
        let mut why = Vec::new();
        if !day.waiting_for.is_empty() {
            why.push(format!("waits for {}", day.waiting_for.join(", ")));
        }
        if !day.changed_inputs.is_empty() {
            why.push(format!("changed: {}", day.changed_inputs.join(", ")));
        }
        why.extend(day.error.clone());
        Self {
            mark: mark(state_of(&day.state, day.is_late)),
            day: day
                .day
                .map_or_else(|| "whole".to_owned(), |day| day.to_string()),
            state: format!("{}{}", day.state, if day.is_late { ", late" } else { "" }),
            why: why.join("; "),
            built: day.built_at.map(|at| TimeText::ago(&at, now)),
            due_by: day
                .due_by
                .filter(|_| day.state != "built")
                .map(|at| TimeText::distance(&at, now)),
            rows: day
                .row_count
                .map_or_else(|| "–".to_owned(), format::grouped),
            bytes: day.bytes.map_or_else(|| "–".to_owned(), format::bytes),
            took: day
                .took_seconds
                .map_or_else(|| "–".to_owned(), format::span),
        }
    }
}

/// A build.
pub(super) struct BuildLine {
    pub(super) mark: String,
    pub(super) number: i64,
    pub(super) day: String,
    pub(super) state: String,
    pub(super) started: TimeText,
    pub(super) took: String,
    pub(super) rows: String,
    pub(super) by: String,
    pub(super) error: String,
}

impl BuildLine {
    pub(super) fn of(build: &DataSetBuild, now: &DateTime<Utc>) -> Self {
        Self {
            mark: mark(match build.state.as_str() {
                "failed" | "timed_out" | "lost" => State::Bad,
                "superseded" => State::Off,
                _ => State::Ok,
            }),
            number: build.build_id,
            day: build
                .day
                .map_or_else(|| "whole".to_owned(), |day| day.to_string()),
            state: build.state.replace('_', " "),
            started: TimeText::ago(&build.started_at, now),
            took: build.ended_at.map_or_else(
                || "–".to_owned(),
                |ended| format::span((ended - build.started_at).as_seconds_f64()),
            ),
            rows: build
                .row_count
                .map_or_else(|| "–".to_owned(), format::grouped),
            by: build.started_by.clone(),
            error: build.error.clone().unwrap_or_default(),
        }
    }
}

/// A file of a data set.
pub(super) struct FileLine {
    pub(super) mark: String,
    pub(super) day: String,
    pub(super) path: String,
    pub(super) bytes: String,
    pub(super) modified: TimeText,
    pub(super) read: Option<TimeText>,
    pub(super) rows: String,
    pub(super) errors: String,
}

impl FileLine {
    pub(super) fn of(file: &DataSetFile, now: &DateTime<Utc>) -> Self {
        let number = |count: Option<i64>| count.map_or_else(|| "–".to_owned(), format::grouped);
        Self {
            mark: mark(match file.error_count {
                None => State::Off,
                Some(0) => State::Ok,
                Some(_) => State::Warn,
            }),
            day: day_or_whole(file.day),
            path: file.path.clone(),
            bytes: format::bytes(file.bytes),
            modified: TimeText::ago(&file.modified_at, now),
            read: file.read_at.map(|at| TimeText::ago(&at, now)),
            rows: number(file.row_count),
            errors: number(file.error_count),
        }
    }
}

/// A row of a file that could not be mapped.
pub(super) struct RowErrorLine {
    pub(super) day: String,
    pub(super) path: String,
    pub(super) line: i64,
    pub(super) column: String,
    pub(super) reason: String,
    pub(super) excerpt: String,
}

impl RowErrorLine {
    pub(super) fn of(error: &DataSetRowError) -> Self {
        Self {
            day: day_or_whole(error.day),
            path: error.path.clone(),
            line: error.line,
            column: error.column_name.clone(),
            reason: error.reason.clone(),
            excerpt: error.excerpt.clone(),
        }
    }
}

/// A day at a destination.
pub(super) struct DeliveryLine {
    pub(super) mark: String,
    pub(super) destination: String,
    pub(super) day: String,
    pub(super) state: String,
    pub(super) why: String,
    pub(super) delivered: Option<TimeText>,
    pub(super) rows: String,
    pub(super) rejected: String,
}

impl DeliveryLine {
    pub(super) fn of(delivery: &DataSetDelivery, now: &DateTime<Utc>) -> Self {
        let number = |count: Option<i64>| count.map_or_else(|| "–".to_owned(), format::grouped);
        Self {
            mark: mark(match delivery.state.as_str() {
                "failed" | "no_settings" => State::Bad,
                "rejected" => State::Warn,
                "delivered" => State::Ok,
                _ => State::Off,
            }),
            destination: delivery.kind.as_ref().map_or_else(
                || delivery.destination.clone(),
                |kind| format!("{} ({kind})", delivery.destination),
            ),
            day: day_or_whole(delivery.day),
            state: delivery.state.replace('_', " "),
            why: delivery
                .error
                .clone()
                .unwrap_or_else(|| delivery.rejections.join("; ")),
            delivered: delivery.delivered_at.map(|at| TimeText::ago(&at, now)),
            rows: number(delivery.documents),
            rejected: number(delivery.rejected),
        }
    }
}

fn day_or_whole(day: Option<NaiveDate>) -> String {
    day.map_or_else(|| "whole".to_owned(), |day| day.to_string())
}

/// The graph of data sets and of what they read; `root` is the way to the root of the server.
pub(super) fn graph(all: &[DataSet], root: &str) -> Graph {
    let mut nodes: Vec<GraphNode> = all
        .iter()
        .map(|one| GraphNode {
            label: one.name.clone(),
            words: words_of(one),
            href: Some(format!("{root}data-sets/{}", encode(&one.name))),
            state: Some(state_of(&one.state, one.late_days > 0)),
        })
        .collect();
    let mut edges = Vec::new();
    for (place, one) in all.iter().enumerate() {
        for input in &one.inputs {
            let known = nodes.iter().position(|node| node.label == *input);
            let from = known.unwrap_or_else(|| {
                nodes.push(GraphNode {
                    label: input.clone(),
                    words: if input.starts_with("files/") {
                        "files".to_owned()
                    } else {
                        "stored data".to_owned()
                    },
                    href: None,
                    state: None,
                });
                nodes.len() - 1
            });
            edges.push((from, place));
        }
    }
    Graph {
        label: format!(
            "{} and what they read, from left to right. The table below says the same.",
            format::counted(all.len(), "data set")
        ),
        nodes,
        edges,
    }
}
