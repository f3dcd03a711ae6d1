//! The way from the root of a definition down to a step.
//!
//! Takes what a person set (`cinema.key=0001`), gives the tasks to begin with, and chooses
//! among the tasks that rows give rise to.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use source_language::{
    definition::{Definition, Step},
    source::{Conversation, Discovered, Memory, Source},
};

use uuid::Uuid;

use super::ToolError;

/// What templates call the day of a task.
const DAY: &str = "day";

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
        if definition.steps.values().any(|step| step.days.is_some()) {
            known.push(DAY);
        }
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
                let reason =
                    format!("`{word}` sets nothing; write such as `--set cinema.key=0001`");
                return Err(ToolError::Other(reason));
            };
            if !known.contains(&object) {
                let reason = format!(
                    "there is no `{object}` in this definition; known are {}",
                    known.join(", ")
                );
                return Err(ToolError::Other(reason));
            }
            let parsed = serde_json::from_str(value).ok();
            let parsed = parsed.filter(|parsed: &Value| !parsed.is_number() || object == "day");
            let object = set.entry(object).or_insert_with(|| json!({}));
            object[name] = parsed.unwrap_or_else(|| value.into());
        }
        Ok(Self(set))
    }

    /// Returns `tasks` with the day that was set in the place of those that their step runs
    /// for: each once, not once for each day.
    #[must_use]
    pub fn day_of(&self, definition: &Definition, tasks: Vec<Discovered>) -> Vec<Discovered> {
        let Some(day) = self.0.get(DAY) else {
            return tasks;
        };
        let has_days = |task: &Discovered| {
            let step = definition.steps.get(&task.step);
            step.is_some_and(|step| step.days.is_some())
        };
        let mut kept = Vec::new();
        for mut task in tasks {
            if has_days(&task) {
                let offset = task
                    .params
                    .get(DAY)
                    .and_then(|day| day.get("offset")?.as_i64());
                if offset.is_some_and(|offset| offset != 0) {
                    continue;
                }
                task.params.insert(DAY.to_owned(), day.clone());
            }
            kept.push(task);
        }
        kept
    }

    /// Whether the rows of `step` need not be asked for, since one was set.
    #[must_use]
    pub fn gives(&self, step: &Step) -> bool {
        step.singular()
            .is_some_and(|object| self.0.contains_key(object))
    }
}

/// Returns what a saved answer to `step` knows: what was set, the day, the run.
///
/// # Errors
///
/// If the day that was set is none.
pub fn known(
    source: &Arc<Source>,
    step: &str,
    set: &Set,
    now: Timestamp,
) -> Result<Map<String, Value>, ToolError> {
    let params = start(source.definition(), set, step).params;
    let memory = Arc::new(Memory::default());
    let conversation = Conversation::new(source.clone(), memory, step, params, now, Uuid::nil());
    let conversation = conversation.map_err(|problem| ToolError::Other(problem.message))?;
    Ok(conversation.known().clone())
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
            let reason = format!(
                "there is no step `{target}`; the steps are {}",
                known.join(", ")
            );
            return Err(ToolError::Other(reason));
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
    use source_language::source::shipped::SHIPPED;

    /// A source whose listing is asked for each of 14 days.
    fn daily() -> Arc<Source> {
        let text = r#"
            name = "daily"
            title = "Daily"
            access = "public"
            territory = "DE"
            timezone = "Europe/Berlin"
            currency = "EUR"
            [limit]
            key = "host"
            rate = 1.0
            burst = 1
            [steps.cinemas]
            every = "1d"
            yields = "cinemas"
            fixed = [{ key = "k", name = "Kino" }]
            [steps.showtimes]
            for_each = "cinemas"
            every = "1h"
            yields = "showtimes"
            days = 14
            request = { url = "https://kino.example/{{ day.date }}" }
            rows = ".[]"
            fields = { key = ".id", film_key = ".f", film_title = ".f", starts_at = { template = "{day.date} {.at}", formats = ["%Y-%m-%d %H:%M"], zone = "venue" } }
        "#;
        Arc::new(Source::compile(Definition::parse(text, "daily").unwrap()).unwrap())
    }

    #[test]
    fn a_day_that_was_set_is_the_day_that_is_asked_for_and_read() {
        let source = daily();
        let set = |word: &str| Set::read(&[word.to_owned()], source.definition()).unwrap();
        let rows = source_language::rows::Rows::Cinemas(vec![source_language::rows::Cinema {
            key: "k".to_owned(),
            ..source_language::rows::Cinema::default()
        }]);
        let tasks = source.discover("cinemas", &Map::new(), &rows);
        assert_eq!(tasks.len(), 14);
        let chosen = set("day.date=2026-12-05").day_of(source.definition(), tasks);
        let days: Vec<&Value> = chosen.iter().map(|task| &task.params["day"]).collect();
        assert_eq!(days, [&json!({ "date": "2026-12-05" })]);

        let now: Timestamp = "2026-11-20T11:00:00Z".parse().unwrap();
        let day = |word: &str| {
            known(&source, "showtimes", &set(word), now).map(|known| known["day"].clone())
        };
        let set_date = json!({ "date": "2026-12-05", "offset": 15 });
        assert_eq!(day("day.date=2026-12-05").unwrap(), set_date);
        assert_eq!(day("day.offset=15").unwrap(), set_date);
        assert_eq!(
            day("cinema.key=k").unwrap(),
            json!({ "date": "2026-11-20", "offset": 0 })
        );
        let reason = day("day.date=2026-13-05").unwrap_err().to_string();
        assert!(
            reason.contains("the day `2026-13-05` is no date"),
            "{reason}"
        );
    }

    #[test]
    fn a_day_is_only_set_where_steps_have_days() {
        let reason = read(&["day.date=2026-12-05"]).unwrap_err().to_string();
        assert!(
            reason.contains("there is no `day` in this definition"),
            "{reason}"
        );
    }

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
