//! What a definition says in vain, or what will trouble its author later.
//!
//! Takes a definition that compiles and its text, gives warnings with their lines. A
//! warning may be wrong: nothing is refused for it.

use std::sync::LazyLock;

use regex::Regex;
use source_language::definition::{
    Access, Definition, DefinitionError, Limit, Otherwise, Robots, Step, Yields,
};
use toml::Value;

/// Every text of a definition, with the words that lead to it.
type Texts = Vec<(Vec<String>, String)>;

/// Returns the warnings about `definition`, whose text is `text`, by line.
#[must_use]
pub fn lint(definition: &Definition, text: &str) -> Vec<DefinitionError> {
    let mut texts = Texts::new();
    if let Ok(table) = text.parse::<toml::Table>() {
        collect(&Value::Table(table), &mut Vec::new(), &mut texts);
    }
    let mut lints = Lints {
        definition,
        texts,
        found: Vec::new(),
    };
    lints.head();
    for (name, step) in &definition.steps {
        lints.step(name, step);
    }
    lints.secrets();
    lints.found.sort_by_key(|warning| warning.line);
    lints.found
}

struct Lints<'a> {
    definition: &'a Definition,
    texts: Texts,
    found: Vec<DefinitionError>,
}

impl Lints<'_> {
    fn warn(&mut self, path: &[&str], problem: impl Into<String>, way_out: &str) {
        self.found
            .push(self.definition.error(path, problem, way_out));
    }

    /// Whether a text under one of `places` says `word`; all texts, if there are none.
    fn says(&self, places: &[&[&str]], word: &str) -> bool {
        self.texts.iter().any(|(path, text)| {
            let within = |place: &&[&str]| {
                path.iter().zip(*place).filter(|(a, b)| a == b).count() == place.len()
            };
            (places.is_empty() || places.iter().any(within)) && mentions(text, word)
        })
    }

    fn head(&mut self) {
        let definition = self.definition;
        for name in definition.vars.keys() {
            if !self.says(&[], &format!("vars.{name}")) {
                let problem = format!("nothing uses `vars.{name}`");
                self.warn(&["vars", name], problem, "leave it out");
            }
        }
        for name in definition.secrets.keys() {
            if !self.says(&[], &format!("secret.{name}")) {
                let problem = format!("nothing uses `secret.{name}`");
                self.warn(&["secrets", name], problem, "leave it out");
            }
        }
        for name in definition.limits.keys() {
            let used = |step: &Step| step.limit.as_ref() == Some(name);
            if !definition.steps.values().any(used) {
                let problem = format!("no step has `limit = \"{name}\"`");
                self.warn(
                    &["limits", name],
                    problem,
                    "leave it out, or name it in a step",
                );
            }
        }
        self.limit(&["limit"], &definition.limit);
        for (name, limit) in &definition.limits {
            self.limit(&["limits", name], limit);
        }
        if definition.contact.is_none() {
            self.warn(
                &["name"],
                "whoever runs the site cannot tell who asks",
                "add `contact = \"you@example.org\"` or an address of a page",
            );
        }
        if definition.robots == Some(Robots::Ignore) && definition.access == Access::Public {
            self.warn(
                &["robots"],
                "robots.txt is ignored without an agreement",
                "write `robots = \"obey\"`, or `access = \"permitted\"` if the owner agreed",
            );
        }
    }

    /// Budgets and hours that say nothing, or less than the steps ask for.
    fn limit(&mut self, at: &[&str], limit: &Limit) {
        let path = |word| -> Vec<&str> { at.iter().copied().chain([word]).collect() };
        if limit.zone.is_some() && limit.per_day.is_none() && limit.between.is_none() {
            let problem = "a zone is for `per_day` and `between`, and there is neither";
            self.warn(&path("zone"), problem, "leave it out");
        }
        let minutes = limit.between.map_or(24 * 60, |between| between.minutes());
        let reachable = limit.rate_per_second * 60.0 * f64::from(minutes);
        let Some(per_day) = limit.per_day else {
            return;
        };
        if f64::from(per_day) >= reachable {
            self.warn(
                &path("per_day"),
                format!("at this rate no more than {reachable:.0} requests are sent in a day"),
                "leave it out, or write less",
            );
        }
        // Of other steps nobody knows how many tasks they will have.
        let steps = self.definition.steps.iter();
        let roots = steps.filter(|(name, step)| {
            step.for_each.is_none() && self.definition.limit_of(name) == limit
        });
        let wanted: f64 = roots
            .map(|(_, step)| {
                f64::from(step.days.unwrap_or(1)) * 86_400.0 / step.every.as_secs_f64()
            })
            .sum();
        if wanted > f64::from(per_day) {
            self.warn(
                &path("per_day"),
                format!("the first steps alone ask {wanted:.0} times a day"),
                "raise it, or their `every`",
            );
        }
    }

    fn step(&mut self, name: &str, step: &Step) {
        self.carried(name, step);
        self.taken(name, step);
        self.named(name, step);
        if step.may_be_empty && step.container.is_none() && step.ok.0.is_empty() {
            self.warn(
                &["steps", name, "may_be_empty"],
                "an answer that lost its rows looks like one that has none",
                "say what every true answer has: `container` or `ok`; or `empty_if` in its place",
            );
        }
        if step
            .status
            .as_ref()
            .is_some_and(|status| status.otherwise == Otherwise::Error)
        {
            self.warn(
                &["steps", name, "status", "otherwise"],
                "one new code costs the whole map",
                "write `otherwise = \"unmapped\"`: the code is kept, counted and shown",
            );
        }
    }

    /// What is carried is for the templates and paths of the steps below.
    fn carried(&mut self, name: &str, step: &Step) {
        let Some(object) = step.singular() else {
            return;
        };
        let steps = self.definition.steps.keys();
        let below: Vec<&String> = steps
            .filter(|below| self.definition.ancestors(below).contains(&name))
            .collect();
        let below: Vec<[&str; 2]> = below.iter().map(|name| ["steps", name.as_str()]).collect();
        let below: Vec<&[&str]> = below.iter().map(<[&str; 2]>::as_slice).collect();
        let is_column = |value: &String| {
            let mut rows = step.fixed.iter().flatten();
            rows.any(|row| row.contains_key(value))
        };
        let own = ["fields", "carry", "metrics", "status", "prices"];
        let own = own.map(|table| ["steps", name, table]);
        let own: Vec<&[&str]> = own.iter().map(<[&str; 3]>::as_slice).collect();
        for value in step.carry.keys() {
            // A template of the step itself has it.
            if self.says(&own, &format!("{{{value}}}")) {
                continue;
            }
            if !below.is_empty() && self.says(&below, &format!("{object}.{value}")) {
                continue;
            }
            // A column of fixed rows is carried unasked, and may be there for a field.
            if !is_column(value) {
                let problem = format!("no step below uses `{object}.{value}`");
                self.warn(&["steps", name, "carry", value], problem, "leave it out");
            } else if !self.says(&[&["steps", name, "fields"]], &format!(".{value}")) {
                let problem = format!("no field and no step below uses the column `{value}`");
                self.warn(&["steps", name, "fixed"], problem, "leave it out");
            }
        }
    }

    /// What is taken from a first request is for the rest of the step.
    fn taken(&mut self, name: &str, step: &Step) {
        for (first, words) in &step.first {
            if words.take.is_empty() && !self.definition.cookies {
                self.warn(
                    &["steps", name, "first", first],
                    "this request is sent, and nothing of its answer is kept",
                    "add `take`, or `cookies = true` at the top if its cookies matter",
                );
            }
            for value in words.take.keys() {
                let used = words.expires_in.as_ref() == Some(value)
                    || self.says(&[&["steps", name]], &format!("{first}.{value}"));
                if !used {
                    let path = ["steps", name, "first", first, "take", value];
                    self.warn(
                        &path,
                        format!("nothing uses `{first}.{value}`"),
                        "leave it out",
                    );
                }
            }
        }
    }

    /// Levels and joins are known to the fields by name.
    fn named(&mut self, name: &str, step: &Step) {
        let here: &[&[&str]] = &[&["steps", name]];
        let used = |level: &String| {
            self.texts.iter().any(|(path, text)| {
                path.starts_with(&["steps".to_owned(), name.to_owned()])
                    && path
                        .get(2)
                        .is_some_and(|word| word != "levels" && word != "rows")
                    && mentions(text, level)
            })
        };
        if !step.levels.is_empty() && !step.levels.iter().any(used) {
            let problem = "no field uses a name of `levels`";
            self.warn(&["steps", name, "levels"], problem, "leave it out");
        }
        for (join, words) in &step.join {
            if words.optional && !self.says(here, join) {
                let path = ["steps", name, "join", join];
                let problem = format!("no field uses `{join}`");
                self.warn(&path, problem, "leave the join out");
            }
        }
        if step.yields == Yields::Observations && step.expect.filled.contains_key("value") {
            let path = ["steps", name, "expect", "filled"];
            self.warn(&path, "an observation always has a value", "leave it out");
        }
    }

    /// A secret in a definition ends in the database and in a repository.
    fn secrets(&mut self) {
        let found: Vec<Vec<String>> = self
            .texts
            .iter()
            .filter(|(path, text)| {
                path.first().is_some_and(|word| word != "secrets") && is_secret(path, text)
            })
            .map(|(path, _)| path.clone())
            .collect();
        for path in found {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            self.warn(
                &path,
                "this looks like a secret",
                "name where it is to be found in [secrets], and write {{ secret.name }} here",
            );
        }
    }
}

fn collect(value: &Value, path: &mut Vec<String>, texts: &mut Texts) {
    match value {
        Value::String(text) => texts.push((path.clone(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| collect(item, path, texts)),
        Value::Table(table) => {
            for (name, item) in table {
                path.push(name.clone());
                collect(item, path, texts);
                path.pop();
            }
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

/// Whether `text` says `word`, such as `vars.base`, or the whole of which it is a part; jq
/// says `$given.` before it.
fn mentions(text: &str, word: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    let found = |word: &str, whole: bool| {
        text.match_indices(word).any(|(at, _)| {
            let before = text[..at].trim_end_matches("$given.").chars().next_back();
            let after = text[at + word.len()..].chars().next();
            !before.is_some_and(|c| letter(c) || c == '.')
                && !after.is_some_and(|c| letter(c) || whole && c == '.')
        })
    };
    found(word, false)
        || word
            .split_once('.')
            .is_some_and(|(object, _)| found(object, true))
}

static SECRET: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        r"(?i)bearer\s+[a-z0-9._~+/=-]{16,}",
        r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
        r"://[^/\s:@{}]+:[^/\s@{}]+@",
        r"(?i)[?&](api_?key|key|token|access_token|secret|password|sig)=[a-z0-9_-]{12,}",
        r"-----BEGIN",
    ];
    patterns
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
});

static SECRET_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(token|secret|passw(or)?d|api[-_]?key|authorization|subscription[-_]key)$")
        .ok()
});

fn is_secret(path: &[String], text: &str) -> bool {
    let sent = path.first().is_some_and(|word| word == "vars")
        || path.iter().any(|word| word == "request");
    let telling = path.last().is_some_and(|name| {
        SECRET_NAME
            .as_ref()
            .is_some_and(|telling| telling.is_match(name))
    });
    let random = text.len() >= 8
        && !text.contains("{{")
        && !text.contains(' ')
        && text.chars().any(|c| c.is_ascii_digit())
        && text.chars().any(char::is_alphabetic);
    sent && telling && random || SECRET.iter().any(|secret| secret.is_match(text))
}
