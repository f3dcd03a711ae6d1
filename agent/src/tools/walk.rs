//! The way from the root of a definition down to a step.
//!
//! Takes what a person set (`cinema.key=0001`), gives the tasks to begin with, and chooses
//! among the tasks that rows give rise to.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::ToolError;
use crate::{
    definition::{Definition, Step},
    source::Discovered,
};

/// What was set by hand: an object of templates, and its values.
#[derive(Debug, Clone, Default)]
pub struct Set(pub Map<String, Value>);

impl Set {
    /// Reads words such as `cinema.key=0001`; a value that is JSON keeps its type where that
    /// is no number, since keys look like numbers.
    ///
    /// # Errors
    ///
    /// If a word is not of this form, or names an object that the definition does not have.
    pub fn read(words: &[String], definition: &Definition) -> Result<Self, ToolError> {
        let mut known: Vec<&str> = definition
            .steps
            .values()
            .filter_map(Step::singular)
            .collect();
        known.push("day");
        // A body that was saved may need what would have been asked before it.
        let first = definition.steps.values().flat_map(|step| step.first.keys());
        for name in first.map(String::as_str) {
            if !known.contains(&name) {
                known.push(name);
            }
        }
        let mut set = Map::new();
        for word in words {
            let parts = word
                .split_once('=')
                .and_then(|(name, value)| Some((name.split_once('.')?, value)));
            let Some(((object, name), value)) = parts else {
                let told = format!("`{word}` sets nothing; write such as `--set cinema.key=0001`");
                return Err(ToolError::Told(told));
            };
            if !known.contains(&object) {
                let told = format!(
                    "there is no `{object}` in this definition; known are {}",
                    known.join(", ")
                );
                return Err(ToolError::Told(told));
            }
            let parsed = serde_json::from_str(value).ok();
            let parsed = parsed.filter(|parsed: &Value| !parsed.is_number() || object == "day");
            let object = set.entry(object).or_insert_with(|| json!({}));
            object[name] = parsed.unwrap_or_else(|| value.into());
        }
        Ok(Self(set))
    }

    /// Whether the rows of `step` need not be asked for, since one was set.
    #[must_use]
    pub fn gives(&self, step: &Step) -> bool {
        step.singular()
            .is_some_and(|object| self.0.contains_key(object))
    }
}

/// One task to begin with.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// The step.
    pub step: String,
    /// Keys of the rows above, as far as they were set.
    pub key: String,
    /// What its templates know.
    pub params: Map<String, Value>,
}

/// Returns the first steps to ask on the way to `target`: those that stand on nothing but
/// what was set. Without a target, on the way to all steps.
///
/// # Errors
///
/// If there is no such step.
pub fn starts(
    definition: &Definition,
    set: &Set,
    target: Option<&str>,
) -> Result<Vec<Start>, ToolError> {
    let steps = &definition.steps;
    let targets: Vec<&str> = match target {
        Some(target) if !steps.contains_key(target) => {
            let known: Vec<&str> = steps.keys().map(String::as_str).collect();
            let told = format!(
                "there is no step `{target}`; the steps are {}",
                known.join(", ")
            );
            return Err(ToolError::Told(told));
        }
        Some(target) => vec![target],
        None => steps.keys().map(String::as_str).collect(),
    };
    let mut found: Vec<Start> = Vec::new();
    for target in targets {
        // From the target upwards, until what is above was set.
        let mut first = target;
        while let Some(parent) = steps.get(first).and_then(|step| step.for_each.as_deref()) {
            if steps.get(parent).is_some_and(|parent| set.gives(parent)) {
                break;
            }
            first = parent;
        }
        if !found.iter().any(|start| start.step == first) {
            found.push(start(definition, set, first));
        }
    }
    Ok(found)
}

fn start(definition: &Definition, set: &Set, step: &str) -> Start {
    let mut params = set.0.clone();
    let mut keys = Vec::new();
    for above in definition.ancestors(step) {
        let object = definition.steps.get(above).and_then(Step::singular);
        let key = object.and_then(|object| set.0.get(object)?.get("key"));
        keys.extend(key.map(super::present::plain));
    }
    keys.reverse();
    if definition
        .steps
        .get(step)
        .is_some_and(|step| step.days.is_some())
    {
        params
            .entry("day")
            .or_insert_with(|| json!({ "offset": 0 }));
    }
    Start {
        step: step.to_owned(),
        key: keys.join("/"),
        params,
    }
}

/// Chooses the tasks to go on with: of each step at most `most`, and only on the way to
/// `target`; `counts` remembers how many a step has had.
pub fn choose(
    definition: &Definition,
    tasks: Vec<Discovered>,
    target: Option<&str>,
    most: usize,
    counts: &mut BTreeMap<String, usize>,
) -> Vec<Discovered> {
    let leads = |step: &str| {
        target.is_none_or(|target| step == target || definition.ancestors(target).contains(&step))
    };
    let mut chosen = Vec::new();
    for task in tasks.into_iter().filter(|task| leads(&task.step)) {
        let count = counts.entry(task.step.clone()).or_default();
        if *count < most {
            *count += 1;
            chosen.push(task);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::source::shipped::SHIPPED;

    fn definition() -> Definition {
        let (name, text) = SHIPPED.iter().find(|(name, _)| *name == "bhd").unwrap();
        Definition::parse(text, name).unwrap()
    }

    fn read(words: &[&str]) -> Result<Set, ToolError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Set::read(&words, &definition())
    }

    #[test]
    fn a_walk_begins_below_what_was_set() {
        let definition = definition();
        let steps = |words: &[&str], target| {
            let starts = starts(&definition, &read(words).unwrap(), target).unwrap();
            starts
                .into_iter()
                .map(|start| (start.step, start.key))
                .collect::<Vec<_>>()
        };
        let one = |step: &str, key: &str| vec![(step.to_owned(), key.to_owned())];
        assert_eq!(steps(&[], Some("seats")), one("cinemas", ""));
        assert_eq!(
            steps(&["cinema.key=0001"], Some("seats")),
            one("showtimes", "0001")
        );
        let both = ["cinema.key=0001", "showtime.key=77"];
        assert_eq!(steps(&both, Some("seats")), one("seats", "0001/77"));
        assert_eq!(steps(&[], None), one("cinemas", ""));
    }

    #[test]
    fn a_key_stays_a_text() {
        let set = read(&["cinema.key=0001", "cinema.open=true", "showtime.key=7"]).unwrap();
        assert_eq!(set.0["cinema"], json!({ "key": "0001", "open": true }));
        assert_eq!(set.0["showtime"], json!({ "key": "7" }));
        assert!(
            read(&["film.key=1"])
                .unwrap_err()
                .to_string()
                .contains("known are cinema, showtime")
        );
        assert!(
            read(&["cinema"])
                .unwrap_err()
                .to_string()
                .contains("--set cinema.key")
        );
    }
}
