//! Names that the author gives and that fields can then say.

use super::{Checked, place::CheckedStep};

/// Refuses the name of a level that no field could say: what is handed down, what was asked
/// first and what a split makes come before levels.
pub(super) fn levels(place: &CheckedStep<'_>) -> Checked {
    let step = place.step;
    let mut taken: Vec<(String, &str)> = place
        .definition
        .handed_down(place.name)
        .into_iter()
        .map(|name| {
            let what = match name.as_str() {
                "day" => "the day of the task (`day.date`)",
                "run" => "the run of the task (`run.date`)",
                _ => "what the row above hands down",
            };
            (name, what)
        })
        .collect();
    taken.push(("answer".to_owned(), "the answer (`answer.status`)"));
    taken.push(("body".to_owned(), "the whole body"));
    if step.split.is_some() {
        taken.push(("part".to_owned(), "the part that `split` makes"));
    }
    taken.extend(
        step.first
            .keys()
            .map(|name| (name.clone(), "what was asked first")),
    );
    let prices = step.prices.iter().flat_map(|prices| &prices.levels);
    let own = step.levels.iter().map(|name| (["levels"].as_slice(), name));
    let all = own.chain(prices.map(|name| (["prices", "levels"].as_slice(), name)));
    for (path, name) in all {
        if let Some((_, what)) = taken.iter().find(|(known, _)| known == name) {
            return Err(place.error(
                path,
                format!("a level is called `{name}`, but `{name}` is {what} here: no field could say the level"),
                format!("choose another name, such as `{name}_row`"),
            ));
        }
    }
    Ok(())
}

/// Returns whether the rows of a step stand in what the rows above hand down, so that nothing
/// needs to be asked.
pub(super) fn has_rows_above(place: &CheckedStep<'_>) -> bool {
    let Some(rows) = &place.step.rows else {
        return false;
    };
    let above = place.definition.ancestors(place.name);
    let above = above
        .iter()
        .filter_map(|name| place.definition.steps.get(*name));
    let mut objects = above.filter_map(crate::definition::Step::singular);
    objects.any(|object| {
        let rest = rows.trim().strip_prefix(object);
        rest.is_some_and(|rest| rest.starts_with(['.', '[']))
    })
}
