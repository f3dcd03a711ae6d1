//! From the rows of one step to the tasks of the steps below.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::Source;
use crate::{
    definition::{Step, Yields},
    rows::{Cinema, Item, Rows, Showtime},
};

/// A task that a row gives rise to.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovered {
    /// The step of the task.
    pub step: String,
    /// Keys of the rows above, outermost first, joined by `/`; unique in its step.
    pub key: String,
    /// The values that the rows above hand down to the templates.
    pub params: Map<String, Value>,
    /// The value of its `gate` in the row: a look is due when it changes.
    pub gate: Option<String>,
    /// Index of the row in the rows that were given.
    pub row_index: usize,
}

impl Source {
    /// Returns the tasks that the rows of `step` give rise to: one for each row and each
    /// step that fans out over `step`, or one for each day where that step has `days`.
    ///
    /// `params` are those of the task that gave the rows.
    #[must_use]
    pub fn discover(
        &self,
        step: &str,
        params: &Map<String, Value>,
        rows: &Rows,
    ) -> Vec<Discovered> {
        self.discover_part(step, params, rows, 0..usize::MAX)
    }

    /// As [`discover`](Self::discover), of the rows in `part` only: what tasks are handed
    /// takes several times the memory of their rows.
    #[must_use]
    pub fn discover_part(
        &self,
        step: &str,
        params: &Map<String, Value>,
        rows: &Rows,
        part: Range<usize>,
    ) -> Vec<Discovered> {
        let object = self.definition.steps.get(step).and_then(Step::singular);
        let handed: Vec<(&str, Map<String, Value>, Counts)> = match rows {
            Rows::Cinemas(cinemas) => of_part(cinemas, &part)
                .iter()
                .map(|row| (row.key.as_str(), of_cinema(row), Counts::default()))
                .collect(),
            Rows::Showtimes(showtimes) => of_part(showtimes, &part)
                .iter()
                .map(|row| (row.key.as_str(), of_showtime(row), Counts::of(row)))
                .collect(),
            Rows::Items(items) => of_part(items, &part)
                .iter()
                .map(|row| (row.key.as_str(), of_item(row), Counts::default()))
                .collect(),
            Rows::Seats(_) | Rows::Prices(_) | Rows::Observations(_) => return Vec::new(),
        };
        let above = self.key_of(step, params);
        let children = self
            .definition
            .steps
            .iter()
            .filter(|(_, child)| child.for_each.as_deref() == Some(step));
        let mut found = Vec::new();
        for (child, words) in children {
            let follow = self.steps.get(child).map(|plan| &plan.follow);
            for (index, (key, values, counts)) in handed.iter().enumerate() {
                let row_index = part.start + index;
                let mut params = params.clone();
                if let Some(object) = object {
                    params.insert(object.to_owned(), Value::Object(values.clone()));
                }
                if follow.is_some_and(|follow| !follow.leads(&self.defaults, &params)) {
                    continue;
                }
                let key = if above.is_empty() {
                    (*key).to_owned()
                } else {
                    format!("{above}/{key}")
                };
                let gate = words.gate.as_deref();
                let row = Discovered {
                    step: child.clone(),
                    gate: gate.and_then(|gate| counts.get(gate).or_else(|| text(&params, gate))),
                    key,
                    params,
                    row_index,
                };
                match words.days {
                    Some(days) => found.extend((0..days).map(|day| row.on(day))),
                    None => found.push(row),
                }
            }
        }
        found
    }

    /// Returns the key of the task of `step` with these `params`; empty for a root step.
    fn key_of(&self, step: &str, params: &Map<String, Value>) -> String {
        let mut keys: Vec<&str> = self
            .definition
            .ancestors(step)
            .into_iter()
            .filter_map(|parent| self.definition.steps.get(parent)?.singular())
            .filter_map(|object| params.get(object)?.get("key")?.as_str())
            .collect();
        keys.reverse();
        keys.join("/")
    }
}

impl Discovered {
    /// The same task for the day that is so many days after today, whenever that is.
    fn on(&self, day: u16) -> Self {
        let mut task = self.clone();
        task.key = format!("{}/+{day}", self.key);
        task.params
            .insert("day".to_owned(), json!({ "offset": day }));
        task
    }
}

/// What a listing says of the seats of a showtime: a gate may watch it, and nothing else may,
/// since it is different at each look.
#[derive(Default)]
struct Counts {
    total: Option<u32>,
    available: Option<u32>,
    sold_out: Option<bool>,
}

impl Counts {
    fn of(row: &Showtime) -> Self {
        Self {
            total: row.seats_total,
            available: row.seats_available,
            sold_out: row.sold_out,
        }
    }

    fn get(&self, gate: &str) -> Option<String> {
        match gate {
            "showtime.seats_total" => self.total.map(|count| count.to_string()),
            "showtime.seats_available" => self.available.map(|count| count.to_string()),
            "showtime.sold_out" => self.sold_out.map(|sold_out| sold_out.to_string()),
            _ => None,
        }
    }
}

/// Returns the value at a path such as `showtime.sold` as text.
fn text(params: &Map<String, Value>, path: &str) -> Option<String> {
    let mut names = path.split('.');
    let mut at = params.get(names.next()?)?;
    for name in names {
        at = at.get(name)?;
    }
    match at {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The rows of a part that there are.
fn of_part<'r, T>(rows: &'r [T], part: &Range<usize>) -> &'r [T] {
    let end = part.end.min(rows.len());
    rows.get(part.start..end).unwrap_or_default()
}

/// What a cinema hands down; the words of [`Yields::handed_down`], and what it carries.
fn of_cinema(row: &Cinema) -> Map<String, Value> {
    let mut values = row.carry.clone();
    let handed = [
        row.key.as_str().into(),
        row.name.as_str().into(),
        row.timezone.as_str().into(),
        row.latitude.into(),
        row.longitude.into(),
    ];
    values.extend(named(Yields::Cinemas, handed));
    values
}

/// Returns the values that a showtime hands down.
fn of_showtime(row: &Showtime) -> Map<String, Value> {
    let mut values = row.carry.clone();
    let handed = [
        row.key.as_str().into(),
        row.film_key.as_str().into(),
        row.auditorium_key.as_deref().into(),
        row.starts_at.to_string().into(),
    ];
    values.extend(named(Yields::Showtimes, handed));
    values
}

/// Returns the values that an item hands down.
fn of_item(row: &Item) -> Map<String, Value> {
    let mut values = row.carry.clone();
    values.extend(named(Yields::Items, [row.key.as_str().into()]));
    values
}

fn named(
    yields: Yields,
    values: impl IntoIterator<Item = Value>,
) -> impl Iterator<Item = (String, Value)> {
    yields
        .handed_down()
        .iter()
        .map(|name| (*name).to_owned())
        .zip(values)
        .filter(|(_, value)| !value.is_null())
}
