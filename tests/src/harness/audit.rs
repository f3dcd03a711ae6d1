//! What was stored against what was served: the witness of the simulated chains
//! on one side, the database on the other, joined by the job's number.
//!
//! It reads the tables with statements of its own and shares no code with what
//! it audits. A fleet must have been stopped before, or what is under way looks
//! lost.

mod history;
mod record;
mod seats;

use std::{collections::BTreeMap, fmt};

use sqlx::PgPool;

use super::{chains::Chains, error::HarnessError};
use record::Record;
use simulated_chains::witness::Line;

/// How many examples of a broken rule are kept.
const EXAMPLES: usize = 5;

/// More than rounding can make of an exact limit.
const ROUNDING: f64 = 1e-6;

/// What must hold, in the order of the invariants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// 1: a job is in the history once, a snapshot stored once, and only by a job that succeeded.
    StoredOnce,
    /// 1: what succeeded was asked for and answered.
    SucceededWasServed,
    /// 2: what was asked for is in the history.
    NothingLost,
    /// 3: no window of any chain held more requests than its limit.
    WithinLimits,
    /// 3: no job sent more requests than its history says.
    RequestsCounted,
    /// 4: no task was queued before its last run had ended.
    OneAtATime,
    /// 5: a snapshot has every seat as it was served.
    SeatsAsServed,
    /// 5: a state that differs from the last is stored, one that does not is not.
    ChangesStored,
    /// 6: counters agree with the seats, those counted as unmapped included.
    NothingGuessed,
    /// 7: every job that was discovered has its parent in the history.
    ParentsKnown,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 10] = [
        Self::StoredOnce,
        Self::SucceededWasServed,
        Self::NothingLost,
        Self::WithinLimits,
        Self::RequestsCounted,
        Self::OneAtATime,
        Self::SeatsAsServed,
        Self::ChangesStored,
        Self::NothingGuessed,
        Self::ParentsKnown,
    ];

    const fn promise(self) -> &'static str {
        match self {
            Self::StoredOnce => "1  each job and snapshot is stored once",
            Self::SucceededWasServed => "1  what succeeded was served",
            Self::NothingLost => "2  what was served is in the history",
            Self::WithinLimits => "3  no limit was exceeded at its source",
            Self::RequestsCounted => "3  no job sent more than it says",
            Self::OneAtATime => "4  no task ran twice at once",
            Self::SeatsAsServed => "5  every seat is as it was served",
            Self::ChangesStored => "5  every change is stored, nothing else",
            Self::NothingGuessed => "6  counters agree with the seats",
            Self::ParentsKnown => "7  every discovered job has its parent",
        }
    }
}

/// What an audit found.
#[derive(Debug, Default)]
pub struct Audit {
    counts: BTreeMap<&'static str, u64>,
    use_of_limits: Vec<(String, f64)>,
    broken: BTreeMap<Rule, Broken>,
}

#[derive(Debug, Default)]
struct Broken {
    times: u64,
    examples: Vec<String>,
}

impl Audit {
    /// Whether every rule holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.broken.is_empty()
    }

    /// How often something was counted, such as `snapshots` or `jobs lost`; 0 if never.
    #[must_use]
    pub fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// How often a rule was broken.
    #[must_use]
    pub fn broken(&self, rule: Rule) -> u64 {
        self.broken.get(&rule).map_or(0, |broken| broken.times)
    }

    /// The least used share of a chain's rate, over the time in which it was asked.
    #[must_use]
    pub fn least_use(&self) -> Option<f64> {
        let shares = self.use_of_limits.iter().map(|(_, share)| *share);
        shares.min_by(f64::total_cmp)
    }

    /// Fails unless every rule holds.
    ///
    /// # Errors
    ///
    /// [`HarnessError::Audit`] with the whole report.
    pub fn check(self) -> Result<Self, HarnessError> {
        if self.holds() {
            Ok(self)
        } else {
            let report = self.to_string();
            Err(HarnessError::Audit { report })
        }
    }

    fn add(&mut self, what: &'static str, times: u64) {
        *self.counts.entry(what).or_default() += times;
    }

    fn breaks(&mut self, rule: Rule, example: impl FnOnce() -> String) {
        let broken = self.broken.entry(rule).or_default();
        broken.times += 1;
        if broken.examples.len() < EXAMPLES {
            broken.examples.push(example());
        }
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, times) in &self.counts {
            writeln!(formatter, "{what:<45} {times:>12}")?;
        }
        if let Some(share) = self.least_use() {
            let percent = share * 100.0;
            let what = "least used limit, percent of its rate";
            writeln!(formatter, "{what:<45} {percent:>12.1}")?;
        }
        for rule in Rule::ALL {
            let verdict = match self.broken(rule) {
                0 => "holds".to_owned(),
                times => format!("broken {times}"),
            };
            writeln!(formatter, "{:<45} {verdict:>12}", rule.promise())?;
            if let Some(broken) = self.broken.get(&rule) {
                for example in &broken.examples {
                    writeln!(formatter, "     {example}")?;
                }
            }
        }
        Ok(())
    }
}

/// Audits everything since the chains were started; the chains in `excused` may
/// have refused requests.
///
/// # Errors
///
/// If the database or the chains do not answer.
pub async fn audit(db: &PgPool, chains: &Chains, excused: &[&str]) -> Result<Audit, HarnessError> {
    let lines = chains.witness(0).await?;
    let record = Record::read(db).await?;
    let mut audit = Audit::default();
    history::check(&mut audit, &record, &lines);
    seats::check(&mut audit, &record, &lines, chains.world());
    seats::check_view(&mut audit, db, &record, &lines, chains.world()).await?;
    check_limits(&mut audit, chains, &lines, excused).await?;
    Ok(audit)
}

/// Checks what each chain saw of the fleet.
async fn check_limits(
    audit: &mut Audit,
    chains: &Chains,
    lines: &[Line],
    excused: &[&str],
) -> Result<(), HarnessError> {
    let mut asked: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for line in lines {
        let times = asked
            .entry(&line.chain)
            .or_insert((line.monotonic_us, line.monotonic_us));
        times.1 = line.monotonic_us;
    }
    for (chain, seen) in chains.limits().await? {
        audit.add("requests refused by a chain's limit", seen.refused);
        let excess = seen.excess.unwrap_or(0.0);
        let is_excused = excused.contains(&chain.as_str());
        if !is_excused && (seen.refused > 0 || excess > ROUNDING) {
            audit.breaks(Rule::WithinLimits, || {
                let refused = seen.refused;
                format!("{chain}: {refused} refused, {excess:.2} too many in its worst window")
            });
        }
        if let Some((first, last)) = asked
            .get(chain.as_str())
            .filter(|(first, last)| last > first)
        {
            #[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 of either")]
            let share = seen.requests as f64 / ((last - first) as f64 / 1e6 * seen.rate);
            audit.use_of_limits.push((chain, share));
        }
    }
    Ok(())
}
