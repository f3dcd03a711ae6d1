//! The health of a step: what its last answers say about the source.
//!
//! Takes answers one by one; gives the health and its changes that are not written yet. Pure: times
//! come with the answers. Some unusable answers among the last few quarantine the step, one
//! degrades it, several usable ones in a row make it healthy. Codes that nothing maps, and partial
//! answers, degrade it until many answers in a row have none. If the state is lost, a new leader
//! starts from what was written, and from the last jobs.
//!
//! Whether a host answers at all is the business of the breaker.

mod answer;

pub use self::answer::Answer;

use std::{collections::VecDeque, time::Duration};

use schema::enums::Health;

use crate::db_time::DbTime;

/// Answers that are remembered.
const REMEMBERED_ANSWERS: usize = 5;
/// Unusable answers among them that quarantine the step.
const UNUSABLE_TO_QUARANTINE: usize = 3;
/// Usable answers in a row that end the quarantine.
const USABLE_TO_RECOVER: u32 = 5;
/// As many answers in a row in which every code is mapped prove that no seat has another:
/// most showtimes never have the rare codes, and the health should not flicker.
const MAPPED_TO_FORGET_CODES: u32 = 100;
/// As many whole answers in a row show that the source gives whole ones again: one listing in
/// some dozen may be the one that is partial.
const WHOLE_TO_FORGET_GAPS: u32 = 40;
/// A degraded step stays degraded for this long at least: otherwise a step in which every tenth
/// answer fails would be written twice a second.
const MIN_DEGRADED: Duration = Duration::from_secs(4);

/// Why a step is not healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthReason {
    /// Its answers could not be used; the last of them for this reason.
    Answers(String),
    /// There are codes that nothing maps; which, the database knows.
    Codes,
    /// Its answers are partial; the number of unreadable rows of the first one.
    Gaps(i32),
}

impl HealthReason {
    /// Returns whether both are of one kind: a change within a kind is not written.
    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// A change of health that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthChange {
    /// The new health.
    pub health: Health,
    /// Why, unless it is healthy.
    pub why: Option<HealthReason>,
    /// The job after which it changed.
    pub job_id: i64,
}

/// The health of one step, and the answers that decide it.
#[derive(Debug)]
pub struct StepHealth {
    /// Whether each of the last answers could be used, the newest last.
    last: VecDeque<bool>,
    usable_in_a_row: u32,
    mapped_in_a_row: u32,
    has_codes: bool,
    whole_in_a_row: u32,
    gaps: Option<i32>,
    health: Health,
    why: Option<HealthReason>,
    job_id: i64,
    fell_at: Option<DbTime>,
    /// Changes that are not written yet, in order.
    unwritten: VecDeque<HealthChange>,
}

impl Default for StepHealth {
    fn default() -> Self {
        Self::known(Health::Healthy)
    }
}

impl StepHealth {
    /// Creates the health of a step from its row.
    #[must_use]
    pub fn known(health: Health) -> Self {
        Self {
            last: VecDeque::new(),
            usable_in_a_row: 0,
            mapped_in_a_row: 0,
            has_codes: false,
            whole_in_a_row: 0,
            gaps: None,
            health,
            why: None,
            job_id: 0,
            fell_at: None,
            unwritten: VecDeque::new(),
        }
    }

    /// The present health.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health
    }

    /// Whether only probes are sent.
    #[must_use]
    pub fn is_quarantined(&self) -> bool {
        self.health == Health::Quarantined
    }

    /// Learns from an answer that was complete at `at`.
    pub fn note(&mut self, answer: Answer, job_id: i64, at: DbTime) {
        let is_usable = answer.is_usable();
        self.last.push_back(is_usable);
        if self.last.len() > REMEMBERED_ANSWERS {
            self.last.pop_front();
        }
        match answer {
            Answer::Clean => {
                self.usable_in_a_row += 1;
                self.mapped_in_a_row += 1;
                self.has_codes &= self.mapped_in_a_row < MAPPED_TO_FORGET_CODES;
                self.note_whole();
            }
            Answer::Unmapped => {
                self.usable_in_a_row += 1;
                self.mapped_in_a_row = 0;
                self.has_codes = true;
                self.note_whole();
            }
            Answer::Partial(missing) => {
                self.usable_in_a_row += 1;
                self.whole_in_a_row = 0;
                self.gaps.get_or_insert(missing);
            }
            Answer::Unusable(reason) => {
                self.usable_in_a_row = 0;
                self.note_unusable(reason, job_id, at);
            }
        }
        if is_usable {
            self.note_usable(job_id, at);
        }
    }

    fn note_whole(&mut self) {
        self.whole_in_a_row += 1;
        if self.whole_in_a_row >= WHOLE_TO_FORGET_GAPS {
            self.gaps = None;
        }
    }

    fn note_unusable(&mut self, reason: String, job_id: i64, at: DbTime) {
        let unusable = self.last.iter().filter(|is_usable| !**is_usable).count();
        let health = if unusable >= UNUSABLE_TO_QUARANTINE {
            Health::Quarantined
        } else {
            self.health.max(Health::Degraded)
        };
        self.fell_at = Some(at);
        self.set_health(health, Some(HealthReason::Answers(reason)), job_id);
    }

    fn note_usable(&mut self, job_id: i64, at: DbTime) {
        let has_recovered = self.usable_in_a_row >= USABLE_TO_RECOVER
            && self
                .fell_at
                .is_none_or(|fell_at| at.since(fell_at) >= MIN_DEGRADED);
        if !has_recovered && self.health != Health::Healthy {
            return;
        }
        match (self.has_codes, self.gaps) {
            (true, _) => self.set_health(Health::Degraded, Some(HealthReason::Codes), job_id),
            (false, Some(gaps)) => {
                self.set_health(Health::Degraded, Some(HealthReason::Gaps(gaps)), job_id);
            }
            (false, None) => self.set_health(Health::Healthy, None, job_id),
        }
    }

    fn set_health(&mut self, health: Health, why: Option<HealthReason>, job_id: i64) {
        let is_alike = match (&self.why, &why) {
            // A health that another leader wrote is known without its reason.
            (Some(HealthReason::Codes | HealthReason::Gaps(_)), _)
            | (_, Some(HealthReason::Codes | HealthReason::Gaps(_))) => self
                .why
                .as_ref()
                .zip(why.as_ref())
                .is_some_and(|(a, b)| a.is_like(b)),
            (None | Some(HealthReason::Answers(_)), None | Some(HealthReason::Answers(_))) => true,
        };
        if self.health != health || !is_alike {
            (self.health, self.why, self.job_id) = (health, why, job_id);
            self.unwritten.push_back(self.current());
        }
    }

    fn current(&self) -> HealthChange {
        HealthChange {
            health: self.health,
            why: self.why.clone(),
            job_id: self.job_id,
        }
    }

    fn is_of_codes(&self) -> bool {
        self.why == Some(HealthReason::Codes)
    }

    /// Other codes may have come that nothing maps, or a person may have mapped them: gives
    /// the last change again.
    pub fn recheck_codes(&mut self) {
        if self.is_of_codes() && self.unwritten.is_empty() {
            self.unwritten.push_back(self.current());
        }
    }

    /// There is no code any more that nothing maps.
    pub fn codes_are_mapped(&mut self) {
        self.has_codes = false;
        if self.is_of_codes() {
            match self.gaps {
                Some(gaps) => self.set_health(
                    Health::Degraded,
                    Some(HealthReason::Gaps(gaps)),
                    self.job_id,
                ),
                None => self.set_health(Health::Healthy, None, self.job_id),
            }
        }
    }

    /// Returns the changes since the last call, in order, to be written.
    pub fn take_changes(&mut self) -> VecDeque<HealthChange> {
        std::mem::take(&mut self.unwritten)
    }

    /// Takes back changes that could not be written: the next call returns them again.
    pub fn return_changes(&mut self, mut changes: VecDeque<HealthChange>) {
        changes.append(&mut self.unwritten);
        self.unwritten = changes;
    }
}

#[cfg(test)]
mod tests;
