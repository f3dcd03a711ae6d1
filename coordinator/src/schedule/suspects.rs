//! Suspects: tasks whose pod died while they ran, one of which may have killed it.
//!
//! A pod runs hundreds of jobs, so one death makes hundreds of suspects, and most of them are
//! innocent. A task of one death runs as before, so the loss of a pod costs no time; it waits only
//! while another task is on trial. A task whose pod died twice in a row is tried: it runs while no
//! other suspect runs anywhere in the fleet. If its pod dies again, the task is the cause and is
//! isolated (by the rescue, which counts); otherwise it is cleared. So while there is one culprit,
//! no innocent task is isolated, however many have shared its pods.
//!
//! The suspects are kept in memory only; the counts of deaths are in the rows of the tasks.

use std::{cmp::Reverse, collections::HashSet, time::Duration};

use super::{Schedule, State};
use crate::db_time::DbTime;

/// Runs in a row whose pod died, after which a task is isolated.
pub const DEATHS_TO_ISOLATE: i16 = 3;

/// How long waiting suspects wait although none is outstanding: the suspect that may run next may
/// be held by a pause of its limit key, and must not hold the others.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// The suspects of the fleet.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// The task that is on trial.
    trial: Option<i64>,
    /// Other suspects that are queued or running.
    out: HashSet<i64>,
    /// Suspects that wait for the end of a trial.
    held: HashSet<i64>,
    /// Suspects that wait for their own trial.
    to_try: HashSet<i64>,
    asked_at: Option<DbTime>,
}

impl Suspects {
    /// Returns whether a task may be placed now, and remembers a task that may not.
    pub(super) fn may_run(&mut self, task_id: i64, deaths: i16) -> bool {
        if deaths <= 0 {
            return true;
        }
        let is_tried = deaths + 1 >= DEATHS_TO_ISOLATE;
        let may_go = self.trial.is_none() && (!is_tried || self.out.is_empty());
        match (may_go, is_tried) {
            (true, true) => self.trial = Some(task_id),
            (true, false) => {
                self.out.insert(task_id);
            }
            (false, true) => {
                self.to_try.insert(task_id);
            }
            (false, false) => {
                self.held.insert(task_id);
            }
        }
        may_go
    }

    /// Notes a task that a former leader placed.
    pub(super) fn note_outstanding(&mut self, task_id: i64, deaths: i16) {
        if deaths <= 0 {
            return;
        }
        if deaths + 1 >= DEATHS_TO_ISOLATE && self.trial.is_none() {
            self.trial = Some(task_id);
        } else {
            self.out.insert(task_id);
        }
    }

    /// Notes that a task is neither queued nor running any more; returns the tasks that may be
    /// placed now.
    pub(super) fn note_back(&mut self, task_id: i64) -> HashSet<i64> {
        let was_tried = self.trial == Some(task_id);
        if was_tried {
            self.trial = None;
        }
        let was_out = self.out.remove(&task_id);
        if !(was_tried || was_out) || self.trial.is_some() || !self.out.is_empty() {
            return HashSet::new();
        }
        // Tasks of one death first: they are usually many, and innocent.
        if self.held.is_empty() {
            std::mem::take(&mut self.to_try)
        } else {
            std::mem::take(&mut self.held)
        }
    }

    /// Returns the tasks that have waited for long although no suspect is outstanding.
    fn overdue(&mut self, now: DbTime) -> HashSet<i64> {
        let is_free = self.trial.is_none() && self.out.is_empty();
        let is_time = self.asked_at.is_none_or(|at| now.since(at) >= ASK_AGAIN);
        if !is_free || !is_time || (self.held.is_empty() && self.to_try.is_empty()) {
            return HashSet::new();
        }
        self.asked_at = Some(now);
        let held = std::mem::take(&mut self.held);
        held.into_iter()
            .chain(std::mem::take(&mut self.to_try))
            .collect()
    }
}

impl Schedule {
    /// Notes that a task is no longer queued or running, and makes the suspects ready that waited
    /// for it.
    pub(super) fn clear_suspect(&mut self, task_id: i64) {
        let freed = self.suspects.note_back(task_id);
        self.wake(freed);
    }

    /// Makes suspects ready that have waited for long.
    pub(super) fn recall_suspects(&mut self, now: DbTime) {
        let overdue = self.suspects.overdue(now);
        self.wake(overdue);
    }

    fn wake(&mut self, task_ids: HashSet<i64>) {
        for task_id in task_ids {
            if let Some(entry) = self.tasks.get_mut(&task_id)
                && entry.state == State::Parked
            {
                entry.state = State::Waiting;
                self.waiting.push(Reverse((entry.due_at, task_id)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn suspects_of_one_death_run_side_by_side() {
        let mut suspects = Suspects::default();
        assert!(suspects.may_run(1, 1) && suspects.may_run(2, 1));
        assert!(!suspects.may_run(3, 2), "a trial waits for them");
        assert!(suspects.note_back(1).is_empty());
        assert_eq!(suspects.note_back(2), HashSet::from([3]));
        assert!(suspects.may_run(3, 2));
        assert!(!suspects.may_run(1, 1), "the trial is on");
        assert!(suspects.may_run(9, 0), "who is no suspect runs");
        assert_eq!(suspects.note_back(3), HashSet::from([1]));
    }

    #[test]
    fn those_that_wait_are_asked_again() {
        let mut suspects = Suspects::default();
        assert!(suspects.may_run(1, 2) && !suspects.may_run(2, 2));
        assert_eq!(suspects.note_back(1), HashSet::from([2]));
        // It goes back to its limit key, which is paused; another comes to wait.
        assert!(suspects.may_run(3, 2) && !suspects.may_run(4, 2));
        suspects.note_back(3);
        suspects.to_try.insert(5);
        assert_eq!(suspects.overdue(DbTime::from_micros(0)), HashSet::from([5]));
    }

    proptest! {
        /// One culprit kills each pod in which it runs, with all that runs there; pods die of
        /// nothing else. Only the culprit is isolated, and all others run.
        #[test]
        fn the_culprit_is_singled_out(
            tasks in 2_i64..40,
            culprit in 0_i64..40,
            pods in 1_usize..5,
            slots in 1_usize..30,
            choices in prop::collection::vec(any::<prop::sample::Index>(), 400),
        ) {
            let culprit = culprit % tasks;
            let mut suspects = Suspects::default();
            let mut deaths: Vec<i16> = (0..tasks).map(|_| 0).collect();
            let mut ready: Vec<i64> = (0..tasks).collect();
            let mut done = HashSet::new();
            let mut choices = choices.iter().cycle();
            let mut draw = |below: usize| choices.next().map_or(0, |index| index.index(below));
            for _ in 0..2_000 {
                // Placed in any order, each in any pod that has room.
                let mut running: Vec<Vec<i64>> = vec![Vec::new(); pods];
                for _ in 0..ready.len() {
                    let pod = draw(pods);
                    if running[pod].len() == slots {
                        continue;
                    }
                    let task = ready.swap_remove(draw(ready.len()));
                    if suspects.may_run(task, deaths[usize::try_from(task).unwrap_or(0)]) {
                        running[pod].push(task);
                    }
                }
                let mut freed = HashSet::new();
                for pod in running {
                    let dies = pod.contains(&culprit);
                    for task in pod {
                        let count = &mut deaths[usize::try_from(task).unwrap_or(0)];
                        *count = if dies { *count + 1 } else { 0 };
                        freed.extend(suspects.note_back(task));
                        if !dies {
                            done.insert(task);
                        } else if *count < DEATHS_TO_ISOLATE {
                            ready.push(task);
                        } else {
                            prop_assert_eq!(task, culprit, "an innocent was isolated");
                        }
                    }
                }
                ready.extend(freed);
            }
            prop_assert!(ready.is_empty(), "{} never ran", ready.len());
            prop_assert_eq!(done.len(), usize::try_from(tasks).unwrap_or(0) - 1);
        }
    }
}
