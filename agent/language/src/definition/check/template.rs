//! Every variable of every template is defined by something.

use std::collections::BTreeSet;

use minijinja::Environment;

use super::{
    Checked,
    place::{CheckedStep, near_or},
};
use crate::definition::RequestWords;

/// What templates know of a page.
const PAGE: [&str; 4] = ["number", "offset", "cursor", "link"];

/// Checks the templates of a step: those of its first requests, then that of its own.
pub(super) fn check(place: &CheckedStep<'_>) -> Checked {
    let mut known = known_variables(place);
    for (name, first) in &place.step.first {
        let mut here = known.clone();
        if first.one_of.is_some() {
            here.insert("candidate".to_owned());
        }
        if first.pages.is_some() {
            here.extend(PAGE.map(|word| format!("page.{word}")));
        }
        request(place, &["first", name, "request"], &first.request, &here)?;
        known.extend(first.take.keys().map(|value| format!("{name}.{value}")));
    }
    if place.step.pages.is_some() {
        known.extend(PAGE.map(|word| format!("page.{word}")));
    }
    let own = place.step.request.as_ref();
    own.map_or(Ok(()), |words| request(place, &["request"], words, &known))?;
    gate(place, &known)
}

/// Signs and words of a template that may stand inside of each other, its plain text
/// included: the compiler is as deep as they are, and its stack has an end.
const MAX_SIGNS: usize = 2_000;
/// Words that hold what follows them.
const HOLDERS: [&str; 6] = ["not", "and", "or", "if", "in", "is"];

/// Counts what may stand inside of each other from the first expression on.
fn signs(text: &str) -> usize {
    let Some(start) = text.find('{') else {
        return 0;
    };
    let text = text.get(start..).unwrap_or_default();
    let signs = text.chars().filter(|c| "([{|.+-*/%~=<>!,".contains(*c));
    let words = text.split(|c: char| !c.is_alphanumeric());
    signs.count() + words.filter(|word| HOLDERS.contains(word)).count()
}

fn request(
    place: &CheckedStep<'_>,
    at: &[&str],
    words: &RequestWords,
    known: &BTreeSet<String>,
) -> Checked {
    let environment = Environment::new();
    for (word, text) in words.templates() {
        let path: Vec<&str> = at.iter().chain(&word).copied().collect();
        if signs(text) > MAX_SIGNS {
            let problem = format!("the template has more than {MAX_SIGNS} operators and brackets");
            return Err(place.error(&path, problem, "put values into `vars`"));
        }
        let template = environment.template_from_str(text).map_err(|error| {
            let problem = crate::wording::template(text, &error);
            place.error(&path, problem, "values are written {{ vars.base }}")
        })?;
        let mut used: Vec<String> = template.undeclared_variables(true).into_iter().collect();
        used.sort();
        let unknown = used.iter().find(|variable| !is_known(variable, known));
        if let Some(variable) = unknown {
            let all: Vec<&str> = known.iter().map(String::as_str).collect();
            let way_out = near_or(variable, &all, || {
                format!("known here are {}", all.join(", "))
            });
            return Err(place.error(&path, format!("nothing defines `{variable}`"), way_out));
        }
    }
    Ok(())
}

/// A value may be an object or a list: `film.times.first` is known if `film.times` is.
fn is_known(variable: &str, known: &BTreeSet<String>) -> bool {
    let ends = variable.match_indices('.').map(|(end, _)| end);
    ends.chain([variable.len()])
        .any(|end| known.contains(&variable[..end]))
}

/// A gate may also be what no template may name, since it is different at each look: a count, or
/// whether the showtime is sold out.
fn gate(place: &CheckedStep<'_>, known: &BTreeSet<String>) -> Checked {
    let mut known = known.clone();
    let at_each_look = ["seats_total", "seats_available", "sold_out"];
    known.extend(at_each_look.map(|name| format!("showtime.{name}")));
    match &place.step.gate {
        Some(value) if !is_known(value, &known) => {
            let all: Vec<&str> = known.iter().map(String::as_str).collect();
            let way_out = near_or(value, &all, || format!("known here are {}", all.join(", ")));
            Err(place.error(&["gate"], format!("nothing hands down `{value}`"), way_out))
        }
        _ => Ok(()),
    }
}

fn known_variables(place: &CheckedStep<'_>) -> BTreeSet<String> {
    let definition = place.definition;
    let mut known: BTreeSet<String> = ["run.uuid", "run.hex", "run.date"]
        .map(str::to_owned)
        .into();
    known.extend(definition.vars.keys().map(|name| format!("vars.{name}")));
    known.extend(
        definition
            .secrets
            .keys()
            .map(|name| format!("secret.{name}")),
    );
    let above = definition.ancestors(place.name);
    if above.iter().chain([&place.name]).any(|name| {
        definition
            .steps
            .get(*name)
            .is_some_and(|step| step.days.is_some())
    }) {
        known.extend(["day.date", "day.offset"].map(str::to_owned));
    }
    for parent in above {
        let Some(parent) = definition.steps.get(parent) else {
            continue;
        };
        let Some(object) = parent.singular() else {
            continue;
        };
        let names = parent.yields.handed_down().iter().copied();
        let names = names.chain(parent.carry.keys().map(String::as_str));
        known.extend(names.map(|name| format!("{object}.{name}")));
    }
    known
}
