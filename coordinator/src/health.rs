//! The health of a step: what its last answers say about the source.
//!
//! Takes answers one by one, gives the health, and what of it has changed since it was
//! last written down. Pure: the moments come with the answers. If it is lost, a new
//! leader starts from what was written down, and from the last jobs of the history.
//!
//! Whether a host answers at all is the breaker's affair; here only answers count.

use std::{collections::VecDeque, time::Duration};

use schema::{
    schedule::EndedJob,
    word::{ErrorClass, Health, Outcome},
};

use crate::db_time::DbTime;

/// Answers that are remembered.
const REMEMBERED_ANSWERS: usize = 5;
/// As many of them that cannot be used make a quarantine.
const UNUSABLE_TO_QUARANTINE: usize = 3;
/// As many usable answers in a row end it.
const USABLE_TO_RECOVER: u32 = 5;
/// As many answers in a row in which every code is mapped prove that no seat has another:
/// most showtimes never have the rare codes, and the health should not flicker.
const MAPPED_TO_FORGET_CODES: u32 = 100;
/// As many whole answers in a row show that the source gives whole ones again: one listing in
/// some dozen may be the one that is partial.
const WHOLE_TO_FORGET_GAPS: u32 = 40;
/// A step that was degraded stays so for this long, so that one in which every tenth answer
/// fails is not written down twice a second.
const MIN_DEGRADED: Duration = Duration::from_secs(4);

/// What an answer says about its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It could be used.
    Clean,
    /// It could be used, and has codes that nothing maps.
    Unmapped,
    /// It could be used, and is partial: so many of its rows could not be read.
    Partial(i32),
    /// It could not be used, for this reason.
    Unusable(String),
}

impl Answer {
    /// What a job that ended got for an answer, if it got one.
    #[must_use]
    pub fn of(job: &EndedJob) -> Option<Self> {
        match (job.outcome, job.error_class) {
            (Outcome::Succeeded, _) if job.unmapped.is_some_and(|seats| seats > 0) => {
                Some(Self::Unmapped)
            }
            (Outcome::Succeeded, _) => Some(match job.missing {
                Some(missing) if missing > 0 => Self::Partial(missing),
                _ => Self::Clean,
            }),
            (Outcome::Failed, Some(ErrorClass::Malformed | ErrorClass::Unexpected)) => {
                let reason = job
                    .error
                    .as_deref()
                    .unwrap_or("an answer could not be used");
                Some(Self::Unusable(reason.to_owned()))
            }
            (
                Outcome::Failed
                | Outcome::Lost
                | Outcome::Returned
                | Outcome::Continued
                | Outcome::Cancelled,
                _,
            ) => None,
        }
    }

    /// Whether it could be used.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !matches!(self, Self::Unusable(_))
    }
}

/// Why a step is not healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthReason {
    /// Its answers could not be used; the last of them for this reason.
    Answers(String),
    /// There are codes that nothing maps; which, the database knows.
    Codes,
    /// Its answers are partial; of the first of them so many rows could not be read.
    Gaps(i32),
}

impl HealthReason {
    /// Returns whether both are of one kind: a change within it is not written down.
    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// A change of health that is to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthChange {
    /// What it is now.
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
    /// Changes that are not written down yet, in order.
    unwritten: VecDeque<HealthChange>,
}

impl Default for StepHealth {
    fn default() -> Self {
        Self::known(Health::Healthy)
    }
}

impl StepHealth {
    /// A step as it was written down.
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

    /// What it is now.
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
                self.set_health(Health::Degraded, Some(HealthReason::Gaps(gaps)), job_id)
            }
            (false, None) => self.set_health(Health::Healthy, None, job_id),
        }
    }

    fn set_health(&mut self, health: Health, why: Option<HealthReason>, job_id: i64) {
        let is_alike = match (&self.why, &why) {
            // What was written down by another leader is known without its reason.
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

    /// What has changed since the last call, in order, to be written down.
    pub fn take_changes(&mut self) -> VecDeque<HealthChange> {
        std::mem::take(&mut self.unwritten)
    }

    /// These changes could not be written down: they are to be given again.
    pub fn return_changes(&mut self, mut changes: VecDeque<HealthChange>) {
        changes.append(&mut self.unwritten);
        self.unwritten = changes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> DbTime {
        DbTime::from_micros(1_700_000_000_000_000) + Duration::from_secs(seconds)
    }

    /// Notes answers a second apart: `.` clean, `u` unmapped, `p` partial, `x` unusable.
    fn after(answers: &str) -> StepHealth {
        let mut health = StepHealth::default();
        note(&mut health, answers, 0);
        health
    }

    fn note(health: &mut StepHealth, answers: &str, from: u64) {
        for (answer, number) in answers.chars().zip(from..) {
            let answer = match answer {
                '.' => Answer::Clean,
                'u' => Answer::Unmapped,
                'p' => Answer::Partial(3),
                _ => Answer::Unusable(format!("answer {number}")),
            };
            let job_id = i64::try_from(number).unwrap_or(0);
            health.note(answer, job_id, at(number));
        }
    }

    fn last(health: &mut StepHealth) -> Option<HealthChange> {
        health.take_changes().pop_back()
    }

    #[test]
    fn three_of_five_answers_that_cannot_be_used_make_a_quarantine() {
        for (answers, health) in [
            ("", Health::Healthy),
            (".....", Health::Healthy),
            ("x", Health::Degraded),
            ("....xx", Health::Degraded),
            ("xxx", Health::Quarantined),
            ("x.x.x", Health::Quarantined),
            ("xx..x", Health::Quarantined),
            ("x.x..x", Health::Degraded),
        ] {
            assert_eq!(after(answers).health(), health, "{answers}");
        }
    }

    #[test]
    fn five_clean_answers_in_a_row_end_it_and_one_that_is_not_begins_anew() {
        assert_eq!(after("xxx....").health(), Health::Quarantined);
        assert_eq!(after("xxx.....").health(), Health::Healthy);
        assert_eq!(after("xxx....x....").health(), Health::Quarantined);
        assert_eq!(after("x.....").health(), Health::Healthy);
    }

    #[test]
    fn the_reason_is_that_of_the_answer_which_changed_it() {
        let mut health = after("..x.xx");
        let because = |health, number: i64| HealthChange {
            health,
            why: Some(HealthReason::Answers(format!("answer {number}"))),
            job_id: number,
        };
        assert_eq!(
            health.take_changes(),
            [
                because(Health::Degraded, 2),
                because(Health::Quarantined, 5)
            ]
        );
        assert_eq!(last(&mut health), None);
    }

    #[test]
    fn codes_that_nothing_maps_degrade_and_do_not_flicker() {
        let mut health = after("..u");
        assert_eq!(
            last(&mut health).and_then(|change| change.why),
            Some(HealthReason::Codes)
        );
        note(&mut health, &".".repeat(99), 10);
        assert_eq!(health.health(), Health::Degraded);
        note(&mut health, ".", 200);
        assert_eq!(health.health(), Health::Healthy);
    }

    /// Invariant 5: a partial answer is shown as one until all are whole again.
    #[test]
    fn partial_answers_degrade_and_do_not_flicker() {
        let mut health = after("..p");
        let change = last(&mut health);
        assert_eq!(
            change.and_then(|change| change.why),
            Some(HealthReason::Gaps(3))
        );
        note(&mut health, &".".repeat(30), 10);
        note(&mut health, "p", 40);
        note(&mut health, &".".repeat(39), 50);
        assert_eq!(
            (health.health(), last(&mut health)),
            (Health::Degraded, None)
        );
        note(&mut health, ".", 100);
        assert_eq!(health.health(), Health::Healthy);
        // An answer that can be used ends a quarantine, whole or not.
        assert_eq!(after("xxxppppp").health(), Health::Degraded);
    }

    #[test]
    fn codes_are_looked_at_again_until_a_person_has_mapped_them() {
        let mut health = after("u");
        assert!(last(&mut health).is_some());
        health.recheck_codes();
        assert!(last(&mut health).is_some(), "there may be others");
        health.codes_are_mapped();
        let change = last(&mut health);
        assert_eq!(change.map(|change| change.health), Some(Health::Healthy));
        health.recheck_codes();
        assert_eq!(last(&mut health), None);
    }

    #[test]
    fn a_reason_that_became_another_is_written_down() {
        let mut health = after("ux");
        assert!(last(&mut health).is_some());
        note(&mut health, "uuuuu", 2);
        let change = last(&mut health);
        assert_eq!(
            change.and_then(|change| change.why),
            Some(HealthReason::Codes)
        );
    }

    #[test]
    fn a_quarantine_ends_although_codes_stay_unmapped() {
        let mut health = after("uxxxuuuuu");
        assert_eq!(health.health(), Health::Degraded);
        assert_eq!(
            last(&mut health).and_then(|change| change.why),
            Some(HealthReason::Codes)
        );
    }

    #[test]
    fn what_was_written_down_is_where_a_new_leader_starts() {
        let mut health = StepHealth::known(Health::Quarantined);
        assert_eq!(last(&mut health), None);
        note(&mut health, ".....", 0);
        assert_eq!(
            last(&mut health).map(|change| change.health),
            Some(Health::Healthy)
        );
    }

    #[test]
    fn health_falls_at_once_and_rises_after_a_while() {
        let mut health = StepHealth::default();
        for answer in "x.....".chars() {
            let answer = match answer {
                '.' => Answer::Clean,
                _ => Answer::Unusable(String::new()),
            };
            health.note(answer, 1, at(0));
        }
        assert_eq!(health.health(), Health::Degraded);
        health.note(Answer::Clean, 2, at(4));
        assert_eq!(health.health(), Health::Healthy);
    }
}
