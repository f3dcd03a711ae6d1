//! `coordinator source apply`: checks definition files and puts them into force.

mod difference;
mod trial;

use std::path::Path;

use anyhow::Context;
use chrono::NaiveTime;
use jiff::civil;
use schema::{
    enums::Yields,
    source::{self, Applied, NewDefinition, NewLimit, NewStep, apply_all},
};
use source_language::{
    definition::{Access, Definition, Limit, Step, Yields as DefinedYields},
    source::{SecretRules, Source},
};
use sqlx::PgPool;

use super::codes;
use crate::limits::permit::Allowance;

/// Listings run before seats: they discover the showtimes.
const PRIORITIES: [(Yields, i16); 6] = [
    (Yields::Items, 5),
    (Yields::Cinemas, 10),
    (Yields::Showtimes, 20),
    (Yields::Seats, 30),
    (Yields::Prices, 40),
    (Yields::Observations, 50),
];

/// The checks before a definition is put into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// It must be able to read the answers in quarantine.
    Made,
    /// None: an operator decided so.
    Skipped,
}

/// Checks every file, whose definitions may name the secrets that `rules` allow, then applies
/// all of them in one transaction; prints what happened to each.
///
/// # Errors
///
/// If a file cannot be read, is not a definition, fails the `checks` or cannot be put into
/// force: nothing is applied then.
pub async fn apply_files(
    db: &PgPool,
    files: &[impl AsRef<Path>],
    rules: &SecretRules,
    checks: Checks,
) -> anyhow::Result<()> {
    let mut sources = Vec::new();
    for file in files {
        let path = file.as_ref();
        let shown = path.display().to_string();
        let body = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        sources.push(checked(db, body, &shown, rules, checks).await?);
    }
    put_into_force(db, &sources).await
}

/// Applies the text of a definition; `shown` names it in errors.
///
/// # Errors
///
/// As [`apply_files`].
pub async fn apply_text(
    db: &PgPool,
    body: &str,
    shown: &str,
    rules: &SecretRules,
    checks: Checks,
) -> anyhow::Result<()> {
    let checked = checked(db, body.to_owned(), shown, rules, checks).await?;
    put_into_force(db, &[checked]).await
}

async fn checked(
    db: &PgPool,
    body: String,
    shown: &str,
    rules: &SecretRules,
    checks: Checks,
) -> anyhow::Result<(String, Source)> {
    let definition = Definition::parse(&body, shown)?;
    let source = Source::compile_with(definition, rules)
        .with_context(|| format!("{shown} cannot be compiled"))?;
    if checks == Checks::Made {
        trial::reads_quarantine(db, &source).await?;
    }
    Ok((body, source))
}

async fn put_into_force(db: &PgPool, sources: &[(String, Source)]) -> anyhow::Result<()> {
    let mut definitions = Vec::with_capacity(sources.len());
    let mut corrections = Vec::with_capacity(sources.len());
    for (body, source) in sources {
        let definition = source.definition();
        let name = &definition.name;
        let versions = source::versions(db, name).await?;
        let in_force = versions.iter().find(|version| version.is_in_force);
        if let Some(before) = in_force.filter(|before| before.body != *body) {
            print!("{}", difference::lines(&before.body, body, name));
        }
        // Before the definition: a pod that runs by the new one makes the codes agree at once.
        corrections.push(difference::codes(db, source).await?);
        definitions.push(new_definition(body, definition));
    }
    let applied = apply_all(db, &definitions).await?;
    for ((_, source), applied) in sources.iter().zip(&applied) {
        let definition = source.definition();
        let name = &definition.name;
        let what = match applied {
            Applied::Created => "created".to_owned(),
            Applied::Version(version) => format!("now at version {version}"),
            Applied::Unchanged => "unchanged".to_owned(),
        };
        println!("{name}: {what}");
        let limits = definition.limits.values();
        for warning in limits.chain([&definition.limit]).filter_map(unused_rate) {
            eprintln!("{name}: {warning}");
        }
    }
    let corrected = sources.iter().zip(applied).zip(corrections);
    for (((_, source), applied), codes) in corrected {
        if !codes.is_empty() && applied != Applied::Unchanged {
            let name = &source.definition().name;
            println!(
                "{name}: the definition maps codes differently than before; the past is corrected"
            );
            codes::correct(db, name, &codes).await?;
        }
    }
    Ok(())
}

fn new_definition<'a>(body: &'a str, definition: &'a Definition) -> NewDefinition<'a> {
    let yields = |yields| match yields {
        DefinedYields::Cinemas => Yields::Cinemas,
        DefinedYields::Showtimes => Yields::Showtimes,
        DefinedYields::Seats => Yields::Seats,
        DefinedYields::Prices => Yields::Prices,
        DefinedYields::Items => Yields::Items,
        DefinedYields::Observations => Yields::Observations,
    };
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
                priority: priority(yields(step.yields)),
                yields: yields(step.yields),
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
fn parents_first(definition: &Definition) -> Vec<(&str, &Step)> {
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

/// Warns if a burst is too small for its rate to be used in full.
fn unused_rate(limit: &Limit) -> Option<String> {
    let used = Allowance::of(limit.rate_per_second, limit.burst).rate_per_second;
    (used < limit.rate_per_second * 0.95).then(|| {
        format!(
            "of {} requests a second of `{}` the fleet will use {used:.2}: to hold the limit exactly it needs \
             room for what is under way; burst = {:.0} would let it use all, if the site allows that",
            limit.rate_per_second,
            limit.key,
            0.4_f64.mul_add(limit.rate_per_second, 1.0).ceil()
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// The definition that the README shows.
    #[test]
    fn the_definition_of_the_readme_can_be_applied() {
        let readme = include_str!("../../../README.md");
        let (_, from) = readme.split_once("```toml\n").unwrap();
        let (body, _) = from.split_once("```").unwrap();
        let definition = Definition::parse(body, "README.md").unwrap();
        Source::compile(definition.clone()).unwrap();
        let names: Vec<&str> = new_definition(body, &definition)
            .steps
            .iter()
            .map(|step| step.name)
            .collect();
        assert_eq!(names, ["cinemas", "showtimes", "seats"]);
    }

    /// A person who writes definitions must not read the settings of the fleet with one.
    #[tokio::test]
    async fn settings_are_no_secrets_of_a_source() {
        let (_, bhd) = source_language::source::shipped::SHIPPED
            .iter()
            .find(|(name, _)| *name == "bhd")
            .unwrap();
        // Nobody is asked before it is refused.
        let db = PgPool::connect_lazy("postgres://nobody@127.0.0.1:1/none").unwrap();
        for reference in [
            "env:FULLHOUSE_DATABASE__URL",
            "env:PGPASSWORD",
            "file:/proc/self/environ",
            "file:/etc/fullhouse/fullhouse.toml",
        ] {
            let body = format!("{bhd}\n").replacen(
                "[vars]",
                &format!("[secrets]\ndb = \"{reference}\"\n[vars]"),
                1,
            );
            let rules = SecretRules::default();
            let refused = checked(&db, body, "thief.toml", &rules, Checks::Skipped).await;
            let told = source_language::wording::with_causes(refused.err().unwrap().as_ref());
            assert!(told.contains("secret `db` names the"), "{told}");
        }
    }

    #[test]
    fn steps_come_after_their_parents_whatever_their_order_in_the_file() {
        let (_, body) = source_language::source::shipped::SHIPPED.first().unwrap();
        let mut definition = Definition::parse(body, "shipped").unwrap();
        definition.steps.reverse();
        let names: Vec<&str> = parents_first(&definition)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["cinemas", "showtimes", "seats"]);
    }

    #[test]
    fn a_burst_too_small_for_its_rate_is_told() {
        let (_, body) = source_language::source::shipped::SHIPPED.first().unwrap();
        let mut definition = Definition::parse(body, "shipped").unwrap();
        definition.limit.rate_per_second = 100.0;
        definition.limit.burst = 2;
        assert!(
            unused_rate(&definition.limit)
                .unwrap()
                .contains("burst = 41")
        );
        definition.limit.burst = 41;
        assert_eq!(unused_rate(&definition.limit), None);
    }
}
