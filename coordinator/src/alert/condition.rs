//! The conditions: the one list of what alerts are made of.
//!
//! Each says its name, severity, meaning, limit, and how long it must hold, and which fact finds it.
//! What a person reads is made of these words and of the subject, the value and the evidence: pure.
//! The runbook and the rules of Prometheus are rendered from the same list.

mod data;
mod database;
mod fleet;
mod sources;
mod unit;

use std::time::Duration;

use liveness::stall::{self, Facts, MAX_IDLE};
use schema::{
    alert::{Affected, Rule, Severity, SubjectKind},
    alert_facts::{self, Fact, Sighting},
    progress,
};
use sqlx::PgConnection;

pub use unit::Unit;

use super::runbook::Step;

/// How a condition is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// By a read of the database.
    Fact(Fact),
    /// By the judgement whether work goes on.
    Progress,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Its name.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What its subjects are.
    pub about: SubjectKind,
    /// How it is found.
    pub found_by: FoundBy,
    /// The limit of the value.
    pub threshold: f64,
    /// The unit of value and limit.
    pub unit: Unit,
    /// Time between two looks.
    pub every: Duration,
    /// How long it must hold before it is an alert.
    pub holds_for: Duration,
    /// How long it must not hold before the alert is over.
    pub over_for: Duration,
    /// What is wrong; `{subject}` stands for the subject.
    pub what: &'static str,
    /// What the value counts.
    pub measure: &'static str,
    /// What it means for data and readers.
    pub means: &'static str,
    /// The next step in one sentence; `{subject}` stands for the subject.
    pub next_step: &'static str,
    /// How to look.
    pub look: &'static [Step],
    /// What to do.
    pub act: &'static [Step],
}

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// What most conditions have in common.
const BASE: Condition = Condition {
    name: "",
    severity: Severity::Warning,
    about: SubjectKind::Source,
    found_by: FoundBy::Progress,
    threshold: 1.0,
    unit: Unit::Count,
    every: Duration::from_secs(10),
    holds_for: Duration::from_secs(20),
    over_for: Duration::from_secs(30),
    what: "",
    measure: "",
    means: "",
    next_step: "",
    look: &[],
    act: &[],
};

/// Returns every condition.
pub fn all() -> impl Iterator<Item = &'static Condition> {
    sources::LIST
        .iter()
        .chain(&fleet::LIST)
        .chain(&data::LIST)
        .chain(&database::LIST)
}

impl Condition {
    /// Returns what is stored of the condition with its alerts.
    #[must_use]
    pub fn rule(&self) -> Rule<'_> {
        Rule {
            condition: self.name,
            severity: self.severity,
            threshold: self.threshold,
            subject_kind: self.about,
            means: self.means,
            holds_for: self.holds_for,
            over_for: self.over_for,
        }
    }

    /// Finds the subjects for which the condition holds now.
    ///
    /// # Errors
    ///
    /// If the statement fails.
    pub async fn find(&self, db: &mut PgConnection) -> Result<Vec<Affected>, sqlx::Error> {
        let found = match self.found_by {
            FoundBy::Fact(fact) => alert_facts::read(db, fact, self.threshold).await?,
            FoundBy::Progress => stalled(db).await?,
        };
        Ok(found.into_iter().map(|one| self.held(one)).collect())
    }

    /// Says what was found in words.
    #[must_use]
    pub fn held(&self, found: Sighting) -> Affected {
        let Sighting {
            subject,
            value,
            details,
        } = found;
        let text = format!(
            "{}, {}: {} (limit {})",
            self.what.replace("{subject}", &subject),
            self.measure,
            self.unit.show(value),
            self.unit.show(self.threshold)
        );
        Affected {
            next_step: self.next_step.replace("{subject}", &subject),
            subject,
            value,
            text,
            details: details.filter(|details| !details.is_empty()),
        }
    }
}

/// Judges whether work goes on, as the probes and the doctor do.
async fn stalled(db: &mut PgConnection) -> Result<Vec<Sighting>, sqlx::Error> {
    let facts = Facts {
        fleet: Some(progress::read(db, MAX_IDLE, 0).await?),
        ..Facts::default()
    };
    let stall = stall::judge(&facts).map(|stall| Sighting {
        subject: "fleet".to_owned(),
        value: stall.lasts.max(MAX_IDLE).as_secs_f64(),
        details: Some(stall.to_string()),
    });
    Ok(stall.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_condition_has_a_name_of_its_own_and_all_its_words() {
        let mut names = BTreeSet::new();
        for condition in all() {
            assert!(
                names.insert(condition.name),
                "{} stands twice",
                condition.name
            );
            assert!(
                !condition.look.is_empty() && !condition.act.is_empty(),
                "{} has no runbook",
                condition.name
            );
            for text in [
                condition.what,
                condition.measure,
                condition.means,
                condition.next_step,
            ] {
                assert!(
                    !text.is_empty() && !text.ends_with('.'),
                    "{}: {text}",
                    condition.name
                );
            }
        }
    }

    #[test]
    fn a_text_names_subject_value_limit_and_next_step() {
        let condition = Condition {
            what: "source {subject} is odd",
            measure: "jobs",
            next_step: "coordinator source show {subject}",
            threshold: 2.0,
            ..BASE
        };
        let held = condition.held(Sighting {
            subject: "plaza".to_owned(),
            value: 3.0,
            details: Some(String::new()),
        });
        assert_eq!(held.text, "source plaza is odd, jobs: 3 (limit 2)");
        assert_eq!(held.next_step, "coordinator source show plaza");
        assert_eq!(held.details, None);
    }
}
