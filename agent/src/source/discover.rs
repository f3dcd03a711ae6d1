//! From the rows of one step to the tasks of the steps below.

use serde_json::{Map, Value};

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
    /// What the rows above hand down to the templates.
    pub params: Map<String, Value>,
    /// Index of the row in the rows that were given.
    pub row_index: usize,
}

impl Source {
    /// Returns the tasks that the rows of `step` give rise to: one for each row and each
    /// step that fans out over `step`.
    ///
    /// `params` are those of the task that gave the rows.
    #[must_use]
    pub fn discover(
        &self,
        step: &str,
        params: &Map<String, Value>,
        rows: &Rows,
    ) -> Vec<Discovered> {
        let object = self.definition.steps.get(step).and_then(Step::singular);
        let handed: Vec<(&str, Map<String, Value>)> = match rows {
            Rows::Cinemas(cinemas) => cinemas
                .iter()
                .map(|row| (row.key.as_str(), of_cinema(row)))
                .collect(),
            Rows::Showtimes(showtimes) => showtimes
                .iter()
                .map(|row| (row.key.as_str(), of_showtime(row)))
                .collect(),
            Rows::Items(items) => items
                .iter()
                .map(|row| (row.key.as_str(), of_item(row)))
                .collect(),
            Rows::Seats(_) | Rows::Prices(_) | Rows::Observations(_) => return Vec::new(),
        };
        let above = self.key_of(step, params);
        let children = self
            .definition
            .steps
            .iter()
            .filter(|(_, child)| child.for_each.as_deref() == Some(step));
        children
            .flat_map(|(child, _)| {
                handed.iter().enumerate().map(|(row_index, (key, values))| {
                    let mut params = params.clone();
                    if let Some(object) = object {
                        params.insert(object.to_owned(), Value::Object(values.clone()));
                    }
                    Discovered {
                        step: child.clone(),
                        key: if above.is_empty() {
                            (*key).to_owned()
                        } else {
                            format!("{above}/{key}")
                        },
                        params,
                        row_index,
                    }
                })
            })
            .collect()
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

/// What a showtime hands down.
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

/// What an item hands down.
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
