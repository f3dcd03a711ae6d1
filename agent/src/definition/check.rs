//! What must hold between the words of a definition.

use std::collections::BTreeSet;

use minijinja::Environment;

use super::{Decode, Definition, DefinitionError, FieldWords, Step, Yields, error::nearest};

mod head;
mod territory;

type Checked = Result<(), DefinitionError>;

/// Objects that templates know from elsewhere, so no level may be called so.
const TAKEN: [&str; 4] = ["body", "cinema", "showtime", "vars"];

/// Refuses a definition that parses but cannot work.
pub(super) fn check(definition: &Definition) -> Checked {
    head::check(definition)?;
    if definition.steps.is_empty() {
        return Err(definition.error(&["steps"], "there is no step", "add [steps.cinemas]"));
    }
    let places = || {
        let steps = definition.steps.iter();
        steps.map(|(name, step)| Place {
            definition,
            name,
            step,
        })
    };
    // What a template may say depends on the steps above, so those come first.
    places().try_for_each(|place| place.parent())?;
    places().try_for_each(|place| place.check())
}

/// One step, for checks that need to know where they are.
struct Place<'a> {
    definition: &'a Definition,
    name: &'a str,
    step: &'a Step,
}

impl Place<'_> {
    fn check(&self) -> Checked {
        self.timing()?;
        self.decoders()?;
        self.levels()?;
        self.fields()?;
        self.kind()?;
        self.templates()
    }

    fn error(
        &self,
        words: &[&str],
        problem: impl Into<String>,
        way_out: impl Into<String>,
    ) -> DefinitionError {
        let path: Vec<&str> = ["steps", self.name].iter().chain(words).copied().collect();
        self.definition.error(&path, problem, way_out)
    }

    fn parent(&self) -> Checked {
        let needed = match self.step.yields {
            Yields::Cinemas => None,
            Yields::Showtimes => Some(Yields::Cinemas),
            Yields::Seats => Some(Yields::Showtimes),
        };
        let Some(parent) = self.step.for_each.as_deref() else {
            return match needed {
                None => Ok(()),
                Some(needed) => Err(self.error(
                    &["yields"],
                    "the rows of this step belong to nothing",
                    format!("add `for_each` with a step that yields {}", word(needed)),
                )),
            };
        };
        let steps = &self.definition.steps;
        let Some(found) = steps.get(parent) else {
            let known: Vec<&str> = steps.keys().map(String::as_str).collect();
            let way_out = match nearest(parent, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the steps are {}", known.join(", ")),
            };
            return Err(self.error(
                &["for_each"],
                format!("there is no step `{parent}`"),
                way_out,
            ));
        };
        if self.definition.ancestors(self.name).contains(&self.name) {
            let problem = format!("step `{}` fans out over itself", self.name);
            return Err(self.error(
                &["for_each"],
                problem,
                "let one step stand without `for_each`",
            ));
        }
        if needed != Some(found.yields) {
            let problem = format!("step `{parent}` yields {}", word(found.yields));
            let way_out = match needed {
                Some(needed) => format!(
                    "{} need a step that yields {}",
                    word(self.step.yields),
                    word(needed)
                ),
                None => "cinemas are found by a step without `for_each`".to_owned(),
            };
            return Err(self.error(&["for_each"], problem, way_out));
        }
        Ok(())
    }

    fn timing(&self) -> Checked {
        if self.step.every.is_zero() {
            return Err(self.error(
                &["every"],
                "a step cannot run every 0 s",
                "write such as `10m`",
            ));
        }
        if self.step.timeout().is_zero() {
            return Err(self.error(
                &["request", "timeout"],
                "no answer comes within 0 s",
                "write such as `30s`, or leave it out",
            ));
        }
        if self.step.request.bodies() > 1 {
            return Err(self.error(
                &["request"],
                "a request has one body",
                "keep one of body, json, form and graphql",
            ));
        }
        Ok(())
    }

    fn decoders(&self) -> Checked {
        let Decode(words) = &self.step.decode;
        for word in words {
            if !["json", "html"].contains(&word.as_str()) && !word.starts_with("json_string") {
                return Err(self.error(
                    &["decode"],
                    format!("unknown decoder `{word}`"),
                    "use json, html, json_string or json_string:.path",
                ));
            }
        }
        let first = words.first().map(String::as_str);
        if !matches!(first, Some("json" | "html")) || (first == Some("html") && words.len() > 1) {
            return Err(self.error(
                &["decode"],
                "this chain of decoders does not fit together",
                "start with json or html; json_string follows json",
            ));
        }
        Ok(())
    }

    fn levels(&self) -> Checked {
        for level in &self.step.levels {
            if TAKEN.contains(&level.as_str()) {
                return Err(self.error(
                    &["levels"],
                    format!("`{level}` means something else already"),
                    format!("call the level otherwise than {}", TAKEN.join(", ")),
                ));
            }
        }
        Ok(())
    }

    fn fields(&self) -> Checked {
        let (required, further) = self.step.yields.fields();
        let known: Vec<&str> = required.iter().chain(further).copied().collect();
        for name in self.step.fields.keys() {
            if !known.contains(&name.as_str()) {
                let way_out = match nearest(name, &known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("use {}, or move it to `carry`", known.join(", ")),
                };
                let problem = format!("{} have no field `{name}`", word(self.step.yields));
                return Err(self.error(&["fields", name], problem, way_out));
            }
        }
        for name in required {
            if !self.step.fields.contains_key(*name) {
                let problem = format!("{} need the field `{name}`", word(self.step.yields));
                return Err(self.error(&["fields"], problem, format!("add `{name} = …`")));
            }
        }
        let reserved = self.step.yields.handed_down();
        let mut carried = self.step.carry.keys();
        match carried.find(|name| reserved.contains(&name.as_str())) {
            Some(name) => Err(self.error(
                &["carry", name],
                format!("`{name}` is handed down without being carried"),
                "leave it out, or call it otherwise",
            )),
            None => self.times(),
        }
    }

    /// A time must say how it is written and where its clock hangs.
    fn times(&self) -> Checked {
        for (name, field) in &self.step.fields {
            let is_time = ["starts_at", "business_on"].contains(&name.as_str());
            let table = match field {
                FieldWords::Long(table) => table,
                FieldWords::Short(_) if is_time => &Box::default(),
                FieldWords::Short(_) => continue,
            };
            if is_time == table.formats.0.is_empty() {
                let (problem, way_out) = if is_time {
                    (
                        "this time has no format",
                        "write { path = …, formats = [\"%Y-%m-%dT%H:%M:%S\"] }",
                    )
                } else {
                    ("this is no time", "leave `formats` out")
                };
                return Err(self.error(&["fields", name], problem, way_out));
            }
            if name == "starts_at" && table.zone.is_none() {
                return Err(self.error(
                    &["fields", name],
                    "it is not said which clock this time is by",
                    "add `zone = \"venue\"`, or offset, utc, ignore_offset",
                ));
            }
        }
        Ok(())
    }

    /// The words that only one kind of row has.
    fn kind(&self) -> Checked {
        let step = self.step;
        if step.yields == Yields::Seats {
            if step.status.is_none() {
                return Err(self.error(&[], "seats need a status", "add [steps.….status]"));
            }
            return Ok(());
        }
        let misplaced = [
            ("labels", step.labels.is_some()),
            ("status", step.status.is_some()),
            ("prices", step.prices.is_some()),
        ];
        match misplaced.iter().find(|(_, present)| *present) {
            Some((name, _)) => Err(self.error(
                &[name],
                format!("{} have no {name}", word(step.yields)),
                "move it to the step that yields seats",
            )),
            None => Ok(()),
        }
    }

    /// Every variable of every template is defined by something.
    fn templates(&self) -> Checked {
        let known = self.known_variables();
        let environment = Environment::new();
        for (words, text) in self.step.request.templates() {
            let mut path = vec!["request"];
            path.extend(words);
            let template = environment.template_from_str(text).map_err(|error| {
                let problem = format!("the template `{text}` is broken: {error}");
                self.error(&path, problem, "values are written {{ vars.base }}")
            })?;
            let mut used: Vec<String> = template.undeclared_variables(true).into_iter().collect();
            used.sort();
            for variable in used {
                if !known.contains(&variable) {
                    let known: Vec<&str> = known.iter().map(String::as_str).collect();
                    let way_out = match nearest(&variable, &known) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("known here are {}", known.join(", ")),
                    };
                    return Err(self.error(
                        &path,
                        format!("nothing defines `{variable}`"),
                        way_out,
                    ));
                }
            }
        }
        Ok(())
    }

    fn known_variables(&self) -> BTreeSet<String> {
        let definition = self.definition;
        let mut known: BTreeSet<String> = BTreeSet::new();
        known.extend(definition.vars.keys().map(|name| format!("vars.{name}")));
        known.extend(
            definition
                .secrets
                .keys()
                .map(|name| format!("secret.{name}")),
        );
        for parent in definition.ancestors(self.name) {
            let Some(parent) = definition.steps.get(parent) else {
                continue;
            };
            let Some(object) = parent.yields.singular() else {
                continue;
            };
            let names = parent.yields.handed_down().iter().copied();
            let names = names.chain(parent.carry.keys().map(String::as_str));
            known.extend(names.map(|name| format!("{object}.{name}")));
        }
        known
    }
}

fn word(yields: Yields) -> &'static str {
    match yields {
        Yields::Cinemas => "cinemas",
        Yields::Showtimes => "showtimes",
        Yields::Seats => "seats",
    }
}
