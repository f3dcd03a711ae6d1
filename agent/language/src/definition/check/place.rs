//! What must hold between the words of one step.

use super::{Checked, expect, film, names, talk, template};
use crate::definition::{
    Definition, DefinitionError, FieldWords, Step, Yields, error::nearest, reserved::is_reserved,
};

/// One step, for checks that need to know where they are.
pub(super) struct CheckedStep<'a> {
    pub(super) definition: &'a Definition,
    pub(super) name: &'a str,
    pub(super) step: &'a Step,
}

impl CheckedStep<'_> {
    pub(super) fn check(&self) -> Checked {
        self.asking()?;
        self.emptiness()?;
        super::partial::check(self)?;
        talk::check(self)?;
        self.timing()?;
        self.names()?;
        self.fields()?;
        self.kind()?;
        film::check(self)?;
        expect::check(self)?;
        template::check(self)
    }

    pub(super) fn error(
        &self,
        words: &[&str],
        problem: impl Into<String>,
        way_out: impl Into<String>,
    ) -> DefinitionError {
        let path: Vec<&str> = ["steps", self.name].iter().chain(words).copied().collect();
        self.definition.error(&path, problem, way_out)
    }

    pub(super) fn parent(&self) -> Checked {
        let yields = self.step.yields;
        let steps = &self.definition.steps;
        if self.step.for_each.is_none() && !self.step.for_each_where.0.is_empty() {
            let problem = "there are no rows above to choose from";
            return Err(self.error(&["for_each_where"], problem, "add `for_each = …`"));
        }
        if let Some(parent) = self.step.for_each.as_deref() {
            if !steps.contains_key(parent) {
                let known: Vec<&str> = steps.keys().map(String::as_str).collect();
                let problem = format!("there is no step `{parent}`");
                let way_out = near_or(parent, &known, || {
                    format!("the steps are {}", known.join(", "))
                });
                return Err(self.error(&["for_each"], problem, way_out));
            }
            if self.definition.ancestors(self.name).contains(&self.name) {
                let problem = format!("step `{}` fans out over itself", self.name);
                let way_out = "let one step stand without `for_each`";
                return Err(self.error(&["for_each"], problem, way_out));
            }
            if steps
                .get(parent)
                .is_some_and(|parent| parent.singular().is_none())
            {
                let problem = format!("nothing fans out over the rows of `{parent}`");
                let way_out = "name a step that yields cinemas, showtimes, or items with `as`";
                return Err(self.error(&["for_each"], problem, way_out));
            }
        }
        let above = self.definition.ancestors(self.name);
        let kinds: Vec<Yields> = above
            .iter()
            .filter_map(|name| Some(steps.get(*name)?.yields))
            .collect();
        match yields.belongs_to() {
            Some(needed) if !kinds.contains(&needed) => {
                let word = if self.step.for_each.is_some() {
                    "for_each"
                } else {
                    "yields"
                };
                Err(self.error(
                    &[word],
                    format!("these {} belong to nothing", yields.word()),
                    format!(
                        "add `for_each` with a step that yields {}, or is below one",
                        needed.word()
                    ),
                ))
            }
            _ if yields.singular_kind() && kinds.contains(&yields) => Err(self.error(
                &["yields"],
                format!("{0} under {0}", yields.word()),
                "yield items where one listing leads to the other",
            )),
            _ => Ok(()),
        }
    }

    /// An answer that says that it is empty is believed, one that may be is not.
    fn emptiness(&self) -> Checked {
        if self.step.may_be_empty && !self.step.empty_if.0.is_empty() {
            let problem = "`may_be_empty` accepts also what `empty_if` does not know";
            let way_out = "keep `empty_if` if every empty answer says so, else `may_be_empty`";
            return Err(self.error(&["may_be_empty"], problem, way_out));
        }
        Ok(())
    }

    /// Something is asked, or stands in the file.
    fn asking(&self) -> Checked {
        let step = self.step;
        match (&step.request, &step.fixed) {
            // All that is needed was asked first, or is handed down.
            (None, None) if !step.first.is_empty() && step.rows.is_some() => self.bodies(),
            (None, None) if names::has_rows_above(self) => Ok(()),
            (None, None) => Err(self.error(
                &[],
                "this step asks nothing",
                "add `request`, or the rows as `fixed`",
            )),
            (Some(_), Some(_)) => Err(self.error(
                &["fixed"],
                "fixed rows are not asked for",
                "keep one of `fixed` and `request`",
            )),
            (Some(_), None) if step.rows.is_none() => {
                Err(self.error(&[], "it is not said where the rows are", "add `rows = …`"))
            }
            (None, Some(_)) if step.pages.is_some() || !step.first.is_empty() => Err(self.error(
                &["fixed"],
                "fixed rows have no pages and need nothing first",
                "leave `pages` and `first` out",
            )),
            _ => self.bodies(),
        }
    }

    fn bodies(&self) -> Checked {
        let main = self
            .step
            .request
            .iter()
            .map(|request| (vec!["request"], request));
        let first = self.step.first.iter();
        let first =
            first.map(|(name, first)| (vec!["first", name.as_str(), "request"], &first.request));
        match main.chain(first).find(|(_, request)| request.bodies() > 1) {
            Some((path, _)) => Err(self.error(
                &path,
                "a request has one body",
                "keep one of body, json, form, multipart and graphql",
            )),
            None => Ok(()),
        }
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
        if self.step.days.is_some_and(|days| days == 0 || days > 400) {
            return Err(self.error(
                &["days"],
                "a step runs for 1 to 400 days",
                "write such as `14`",
            ));
        }
        Ok(())
    }

    /// Names that the author gives mean nothing else already.
    fn names(&self) -> Checked {
        let step = self.step;
        let of_items: Vec<&str> = self
            .definition
            .steps
            .values()
            .filter_map(Step::singular)
            .collect();
        let levels = step.levels.iter().map(|name| (vec!["levels"], name));
        let joins = step
            .join
            .keys()
            .map(|name| (vec!["join", name.as_str()], name));
        let first = step
            .first
            .keys()
            .map(|name| (vec!["first", name.as_str()], name));
        names::levels(self)?;
        let mut seen: Vec<&str> = Vec::new();
        for (path, name) in levels.chain(joins).chain(first) {
            let taken = is_reserved(name) && path != ["levels"]
                || name == "body"
                || of_items.contains(&name.as_str())
                || seen.contains(&name.as_str());
            if taken {
                return Err(self.error(
                    &path,
                    format!("`{name}` means something else already"),
                    "choose another name",
                ));
            }
            seen.push(name);
        }
        match (step.yields, &step.name) {
            (Yields::Items, None) => Err(self.error(
                &["yields"],
                "items have no name",
                "add such as `as = \"film\"`; templates below say {{ film.key }}",
            )),
            (Yields::Items, Some(name)) if is_reserved(name) => Err(self.error(
                &["as"],
                format!("`{name}` means something else already"),
                "choose another name",
            )),
            (Yields::Items, Some(_)) | (_, None) => Ok(()),
            (yields, Some(_)) => Err(self.error(
                &["as"],
                format!("{} have their name", yields.word()),
                "leave `as` out",
            )),
        }
    }

    fn fields(&self) -> Checked {
        let (required, further) = self.step.yields.fields();
        let known: Vec<&str> = required.iter().chain(further).copied().collect();
        for name in self.step.fields.keys() {
            if !known.contains(&name.as_str()) {
                let way_out = near_or(name, &known, || {
                    format!(
                        "use {}, or move it to `carry`, where templates find it too",
                        known.join(", ")
                    )
                });
                let problem = format!("{} have no field `{name}`", self.step.yields.word());
                return Err(self.error(&["fields", name], problem, way_out));
            }
        }
        for name in required {
            // The columns of a fixed list are the fields of its rows.
            let is_fixed = self
                .step
                .fixed
                .iter()
                .flatten()
                .any(|row| row.contains_key(*name));
            if !self.step.fields.contains_key(*name) && !is_fixed {
                let problem = format!("{} need the field `{name}`", self.step.yields.word());
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
            let is_day = ["business_on", "film_released_on"].contains(&name.as_str());
            let is_time = is_day || ["starts_at", "at"].contains(&name.as_str());
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
            if is_time && !is_day && table.zone.is_none() {
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
        let observes = step.yields == Yields::Observations;
        let counts = step.fields.contains_key("metric") && step.fields.contains_key("value");
        if observes && counts != step.metrics.is_empty() {
            return Err(self.error(
                &[],
                "it is not said what is observed",
                "add the fields `metric` and `value`, or [steps.….metrics]",
            ));
        }
        let misplaced = [
            ("metrics", !observes && !step.metrics.is_empty()),
            ("labels", step.labels.is_some()),
            ("status", step.status.is_some()),
            ("prices", step.prices.is_some()),
        ];
        match misplaced.iter().find(|(_, present)| *present) {
            Some((name, _)) => Err(self.error(
                &[name],
                format!("{} have no {name}", step.yields.word()),
                "move it to the step whose rows have it",
            )),
            None => Ok(()),
        }
    }
}

/// Suggests a near word, or says what there is.
pub(super) fn near_or(word: &str, known: &[&str], otherwise: impl FnOnce() -> String) -> String {
    nearest(word, known).map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}
