//! Checks definitions and puts them into force.

mod difference;
mod quarantine_trial;
mod stored;

use std::path::Path;

use anyhow::Context as _;
use fleet_web::operations::{Actor, OperationError};
use schema::source::{self, Applied, ApplyError, Version, apply_all_within};
use serde_json::json;
use source_language::{
    definition::{Definition, Limit},
    source::{SecretRules, Source},
    wording::with_causes,
};
use sqlx::PgPool;

use self::stored::new_definition;
use super::{
    report::{Report, invalid, record},
    source::{map_attributes_within, map_within, no_source, subject},
};
use crate::limits::permit::Allowance;

/// The checks before a definition is put into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// It must be able to read the answers in quarantine.
    Made,
    /// None: an operator decided so.
    Skipped,
}

/// Reads definition files, to be given to [`apply`].
///
/// # Errors
///
/// If a file cannot be read.
pub fn read_files(files: &[impl AsRef<Path>]) -> anyhow::Result<Vec<(String, String)>> {
    files
        .iter()
        .map(|file| {
            let path = file.as_ref();
            let shown = path.display().to_string();
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
            Ok((shown, text))
        })
        .collect()
}

/// Checks definitions, which may name the secrets that `rules` allow, then applies all of them in
/// one transaction. Each is the name by which errors call it, and its text.
///
/// Snapshots of sources whose codes mean something else now must be counted again: see
/// [`Report::recounts`].
///
/// # Errors
///
/// If a text is not a definition, fails the `checks` or cannot be put into force: nothing is
/// applied then.
pub async fn apply(
    db: &PgPool,
    actor: &Actor,
    files: &[(String, String)],
    rules: &SecretRules,
    checks: Checks,
) -> Result<Report, OperationError> {
    let mut sources = Vec::new();
    for (shown, text) in files {
        sources.push(checked(db, text.clone(), shown, rules, checks).await?);
    }
    put_into_force(db, actor, "source.apply", &sources).await
}

/// Puts an old definition into force again, as a new version.
///
/// # Errors
///
/// If there is no such version, or it cannot be put into force.
pub async fn roll_back(
    db: &PgPool,
    actor: &Actor,
    source: &str,
    to: Option<i32>,
    rules: &SecretRules,
) -> Result<Report, OperationError> {
    let versions = source::versions(db, source).await?;
    if versions.is_empty() {
        return Err(no_source(source));
    }
    let chosen = choose(&versions, to).ok_or_else(|| match to {
        Some(version) => OperationError::NotFound(format!(
            "{source} has no version {version}; `coordinator source versions {source}` lists them"
        )),
        None => OperationError::Refused(format!("{source} has no version but the one in force")),
    })?;
    let name = format!("{source} version {}", chosen.version);
    let checked = checked(db, chosen.body.clone(), &name, rules, Checks::Skipped).await?;
    let mut report = put_into_force(db, actor, "source.rollback", &[checked]).await?;
    let sentence = format!(
        "{source}: version {} comes into force again",
        chosen.version
    );
    report.sentences.insert(0, sentence);
    Ok(report)
}

/// The requested version, or the newest one whose text differs from the one in force.
fn choose(versions: &[Version], to: Option<i32>) -> Option<&Version> {
    if let Some(to) = to {
        return versions.iter().find(|version| version.version == to);
    }
    let in_force = versions.iter().find(|version| version.is_in_force)?;
    versions
        .iter()
        .find(|version| version.version < in_force.version && version.body != in_force.body)
}

async fn checked(
    db: &PgPool,
    body: String,
    shown: &str,
    rules: &SecretRules,
    checks: Checks,
) -> Result<(String, Source), OperationError> {
    if body.contains('\0') {
        return Err(invalid(format!("{shown} contains a zero byte")));
    }
    let definition =
        Definition::parse(&body, shown).map_err(|error| invalid(with_causes(&error)))?;
    let source = Source::compile_with(definition, rules).map_err(|error| {
        invalid(format!(
            "{shown} cannot be compiled: {}",
            with_causes(&error)
        ))
    })?;
    if checks == Checks::Made {
        quarantine_trial::reads_quarantine(db, &source).await?;
    }
    Ok((body, source))
}

async fn put_into_force(
    db: &PgPool,
    actor: &Actor,
    action: &str,
    sources: &[(String, Source)],
) -> Result<Report, OperationError> {
    let mut report = Report::default();
    let mut definitions = Vec::with_capacity(sources.len());
    let mut corrections = Vec::with_capacity(sources.len());
    for (body, source) in sources {
        let definition = source.definition();
        let name = &definition.name;
        let versions = source::versions(db, name).await?;
        let in_force = versions.iter().find(|version| version.is_in_force);
        if let Some(before) = in_force.filter(|before| before.body != *body) {
            let lines = difference::lines(&before.body, body, name);
            report.differences.push(lines);
        }
        let codes = difference::codes(db, source).await?;
        corrections.push((codes, difference::attributes(db, source).await?));
        definitions.push(new_definition(body, definition));
    }
    let mut transaction = db.begin().await?;
    let applied = apply_all_within(&mut transaction, &definitions)
        .await
        .map_err(|error| match error {
            ApplyError::Database(error) => error.into(),
            conflict @ ApplyError::LimitConflict { .. } => {
                OperationError::Refused(with_causes(&conflict))
            }
        })?;
    for (((_, source), applied), (codes, attributes)) in
        sources.iter().zip(&applied).zip(corrections)
    {
        let definition = source.definition();
        let name = &definition.name;
        let (what, version) = match applied {
            Applied::Created => ("created".to_owned(), Some(1)),
            Applied::Version(version) => (format!("now at version {version}"), Some(*version)),
            Applied::Unchanged => ("unchanged".to_owned(), None),
        };
        report.sentences.push(format!("{name}: {what}"));
        let limits = definition.limits.values();
        for warning in limits.chain([&definition.limit]).filter_map(unused_rate) {
            report.warnings.push(format!("{name}: {warning}"));
        }
        let Some(version) = version else { continue };
        // In the same transaction: a pod that stores by the new definition finds the codes agreed.
        if !codes.is_empty() {
            report.sentences.push(format!(
                "{name}: the definition maps codes differently than before; the past is corrected"
            ));
            let mapped = map_within(&mut transaction, name, &codes).await?;
            report.sentences.extend(mapped.sentences);
            report.recounts.extend(mapped.recounts);
        }
        if !attributes.is_empty() {
            let mapped = map_attributes_within(&mut transaction, name, &attributes).await?;
            report.sentences.extend(mapped);
        }
        let details = json!({ "version": version });
        let audit_id = record(&mut transaction, actor, action, &subject(name), details).await?;
        report.audit_id = Some(audit_id);
    }
    transaction.commit().await?;
    Ok(report)
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

    use super::{stored::parents_first, *};

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
            let message = with_causes(&refused.err().unwrap());
            assert!(message.contains("secret `db` names the"), "{message}");
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

    fn version(version: i32, body: &str, is_in_force: bool) -> Version {
        Version {
            version,
            applied_at: chrono::DateTime::UNIX_EPOCH,
            is_in_force,
            body: body.to_owned(),
        }
    }

    #[test]
    fn a_rollback_goes_to_the_last_file_that_was_another() {
        let versions = [
            version(4, "new", true),
            version(3, "new", false),
            version(2, "old", false),
            version(1, "older", false),
        ];
        let chosen = |to| choose(&versions, to).map(|version| version.version);
        assert_eq!(chosen(None), Some(2));
        assert_eq!(chosen(Some(1)), Some(1));
        assert_eq!(chosen(Some(9)), None);
        assert_eq!(
            choose(&versions[3..], None).map(|version| version.version),
            None
        );
    }
}
