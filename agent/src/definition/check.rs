//! What must hold between the words of a definition.

use super::{Definition, DefinitionError};

mod expect;
mod head;
mod place;
mod talk;
mod template;
mod territory;

use place::Place;

type Checked = Result<(), DefinitionError>;

/// Words that mean something already where fields and templates name things.
const TAKEN: [&str; 11] = [
    "body",
    "candidate",
    "cinema",
    "day",
    "page",
    "part",
    "run",
    "secret",
    "showtime",
    "vars",
    "item",
];

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
