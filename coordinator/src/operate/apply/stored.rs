//! A definition as the database stores it.

use chrono::NaiveTime;
use jiff::civil;
use schema::{
    enums::Yields,
    source::{NewDefinition, NewLimit, NewStep},
};
use source_language::definition::{Access, Definition, Limit, Step};

/// Listings run before seats: they discover the showtimes.
const PRIORITIES: [(Yields, i16); 6] = [
    (Yields::Items, 5),
    (Yields::Cinemas, 10),
    (Yields::Showtimes, 20),
    (Yields::Seats, 30),
    (Yields::Prices, 40),
    (Yields::Observations, 50),
];

/// The definition as the database stores it; `body` is its text.
pub(super) fn new_definition<'a>(body: &'a str, definition: &'a Definition) -> NewDefinition<'a> {
    let priority = |of: Yields| {
        PRIORITIES
            .iter()
            .find(|(yields, _)| *yields == of)
            .map_or(0, |(_, priority)| *priority)
    };
    NewDefinition {
        name: &definition.name,
        title: &definition.title,
        body,
        blocked: (definition.access == Access::Blocked)
            .then_some("its definition says access = \"blocked\""),
        limit: new_limit(&definition.limit, &definition.timezone),
        steps: parents_first(definition)
            .into_iter()
            .map(|(name, step)| NewStep {
                name,
                parent: step.for_each.as_deref(),
                every: step.every,
                timeout: step.timeout(),
                priority: priority(step.yields),
                yields: step.yields,
                limit: step
                    .limit
                    .as_ref()
                    .map(|_| new_limit(definition.limit_of(name), &definition.timezone)),
                days: step.days,
            })
            .collect(),
    }
}

/// `timezone` is that of the source, for a limit that names none.
fn new_limit<'a>(limit: &'a Limit, timezone: &'a str) -> NewLimit<'a> {
    NewLimit {
        key: &limit.key,
        rate_per_second: limit.rate_per_second,
        burst: i32::try_from(limit.burst).unwrap_or(i32::MAX),
        concurrency: limit.concurrency.and_then(|most| i32::try_from(most).ok()),
        per_day: limit
            .per_day
            .map(|most| i32::try_from(most).unwrap_or(i32::MAX)),
        hours: limit
            .between
            .map(|between| (of_day(between.opens), of_day(between.closes))),
        zone: (limit.per_day.is_some() || limit.between.is_some())
            .then(|| limit.zone.as_deref().unwrap_or(timezone)),
    }
}

fn of_day(time: civil::Time) -> NaiveTime {
    let part = |value: i8| u32::try_from(value).unwrap_or(0);
    // The check of the definition let only whole minutes of a day through.
    NaiveTime::from_hms_opt(part(time.hour()), part(time.minute()), 0).unwrap_or(NaiveTime::MIN)
}

/// The steps, each after the one that it fans out over.
pub(super) fn parents_first(definition: &Definition) -> Vec<(&str, &Step)> {
    let mut steps: Vec<(&str, &Step)> = definition
        .steps
        .iter()
        .map(|(name, step)| (name.as_str(), step))
        .collect();
    // Stable: siblings stay in the order of the file. The check ruled cycles out.
    steps.sort_by_key(|(_, step)| depth(definition, step));
    steps
}

/// How many steps lie between a step and a root.
fn depth<'a>(definition: &'a Definition, mut step: &'a Step) -> usize {
    let mut depth = 0;
    while let Some(parent) = step
        .for_each
        .as_ref()
        .and_then(|name| definition.steps.get(name))
    {
        depth += 1;
        step = parent;
    }
    depth
}
