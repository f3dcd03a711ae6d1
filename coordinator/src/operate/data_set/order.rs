//! The order in which data sets of several files are applied: each behind those that it reads.

use std::collections::BTreeSet;

use fleet_web::operations::OperationError;

use super::{file::Declared, lines::line_of_key};
use crate::operate::report::invalid;

/// Sorts data sets so that each stands behind its inputs.
///
/// # Errors
///
/// If two have one name, or their inputs go round in a circle.
pub fn by_inputs(declared: &[Declared]) -> Result<Vec<&Declared>, OperationError> {
    let mut names = BTreeSet::new();
    for one in declared {
        if !names.insert(one.name.as_str()) {
            let line = line_of_key(&one.body, "name");
            return Err(invalid(format!(
                "{}:{line}: a second file declares {}; give it another name",
                one.shown, one.name
            )));
        }
    }
    let mut sorted: Vec<&Declared> = Vec::with_capacity(declared.len());
    let mut left: Vec<&Declared> = declared.iter().collect();
    while !left.is_empty() {
        let waits = |one: &&Declared| {
            let mut read = left.iter().filter(|other| other.name != one.name);
            read.any(|other| reads(one, other))
        };
        let (waiting, ready): (Vec<_>, Vec<_>) = left.iter().copied().partition(waits);
        if ready.is_empty() {
            return Err(circle(&left));
        }
        sorted.extend(ready);
        left = waiting;
    }
    Ok(sorted)
}

fn reads(one: &Declared, other: &Declared) -> bool {
    one.inputs
        .iter()
        .filter_map(|input| input.strip_prefix("data_set/"))
        .any(|name| name == other.name)
}

/// Follows inputs until a data set comes for the second time.
fn circle(left: &[&Declared]) -> OperationError {
    let mut path: Vec<&Declared> = left.iter().take(1).copied().collect();
    let start = loop {
        let next = path.last().and_then(|last| {
            let mut read = left.iter().filter(|other| other.name != last.name);
            read.find(|other| reads(last, other))
        });
        let Some(next) = next else { break 0 };
        if let Some(seen) = path.iter().position(|one| one.name == next.name) {
            break seen;
        }
        path.push(next);
    };
    let mut names: Vec<&str> = path
        .iter()
        .skip(start)
        .map(|one| one.name.as_str())
        .collect();
    names.extend(names.first().copied());
    let first = path.get(start).or_else(|| path.first());
    let (shown, line) = first.map_or(("", 1), |one| {
        (one.shown.as_str(), line_of_key(&one.body, "inputs"))
    });
    invalid(format!(
        "{shown}:{line}: inputs go round in a circle: {}. Take one of these out of the inputs of another",
        names.join(" reads ")
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn declared(name: &str, inputs: &[&str]) -> Declared {
        let inputs: Vec<String> = inputs.iter().map(|name| format!("\"{name}\"")).collect();
        let text = format!(
            "name = \"{name}\"\ndescription = \"x\"\npartition = \"none\"\ninputs = [{}]\nquery = \"SELECT 1\"\n",
            inputs.join(", ")
        );
        Declared::parse(&text, &format!("{name}.toml")).unwrap()
    }

    #[test]
    fn each_stands_behind_what_it_reads() {
        let files = [
            declared("c", &["b", "a"]),
            declared("b", &["a", "elsewhere"]),
            declared("a", &[]),
        ];
        let names: Vec<_> = by_inputs(&files)
            .unwrap()
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn a_circle_is_named() {
        let files = [
            declared("d", &["a"]),
            declared("a", &["b"]),
            declared("b", &["c"]),
            declared("c", &["a"]),
        ];
        let error = by_inputs(&files).unwrap_err().to_string();
        assert_eq!(
            error,
            "a.toml:4: inputs go round in a circle: a reads b reads c reads a. Take one of these out of the inputs of another"
        );
        let twice = [declared("a", &[]), declared("a", &[])];
        assert!(by_inputs(&twice).is_err());
    }
}
