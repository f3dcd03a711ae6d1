//! What must hold between the words of a definition.

use super::{Definition, DefinitionError};

mod expect;
mod film;
mod head;
mod names;
mod partial;
mod place;
mod talk;
mod template;
mod territory;

use place::CheckedStep;

type Checked = Result<(), DefinitionError>;

/// Refuses a definition that parses but cannot work.
pub(super) fn check(definition: &Definition) -> Checked {
    problems(definition).into_iter().next().map_or(Ok(()), Err)
}

/// Returns what is wrong: at most one error of the head, and then one of each step.
pub(super) fn problems(definition: &Definition) -> Vec<DefinitionError> {
    let mut found: Vec<DefinitionError> = head::check(definition).err().into_iter().collect();
    if definition.steps.is_empty() {
        found.push(definition.error(&["steps"], "there is no step", "add [steps.cinemas]"));
    }
    let places = || {
        let steps = definition.steps.iter();
        steps.map(|(name, step)| CheckedStep {
            definition,
            name,
            step,
        })
    };
    // What a template may say depends on the steps above, so those come first.
    let astray: Vec<DefinitionError> = places().filter_map(|place| place.parent().err()).collect();
    if astray.is_empty() {
        found.extend(places().filter_map(|place| place.check().err()));
    }
    found.extend(astray);
    found
}
