//! The daily budget: how many permits of a limit key are left today.
//!
//! The leader reserves a part of the budget in the database before it gives any of it out
//! (`reserve_day.sql`, fenced by the epoch). A new leader counts everything reserved as spent: the
//! budget is never exceeded, and a leader that died costs at most one part. A permit that was
//! certainly not used is returned.

use chrono::NaiveDate;

/// Into how many parts a day's budget is set aside.
const PARTS_PER_DAY: u32 = 50;

/// The budget of one limit key for one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    per_day: u32,
    day: NaiveDate,
    /// Permits reserved in the database, including the spent ones.
    reserved: u32,
    /// Given out.
    spent: u32,
}

impl Budget {
    /// The budget of a leader that takes over: what was set aside of `day` is spent.
    #[must_use]
    pub fn resume(per_day: u32, day: NaiveDate, reserved: u32) -> Self {
        Self {
            per_day,
            day,
            reserved,
            spent: reserved,
        }
    }

    /// Takes another size of the budget; what is spent stays so.
    pub fn set_size(&mut self, per_day: u32) {
        self.per_day = per_day;
    }

    /// Whether a permit of `day` is left in the reserved part.
    #[must_use]
    pub fn has_permit(&self, day: NaiveDate) -> bool {
        self.day == day && self.spent < self.reserved.min(self.per_day)
    }

    /// Spends a permit.
    pub fn spend(&mut self) {
        self.spent = self.spent.saturating_add(1);
    }

    /// Takes a permit back that was given on `day` and certainly not used.
    pub fn refund(&mut self, day: NaiveDate) {
        if day == self.day {
            self.spent = self.spent.saturating_sub(1);
        }
    }

    /// How many permits of `day` in all should be set aside, if that is more than are.
    ///
    /// A day that is not later than the one before it, by a clock that steps back, gets none.
    #[must_use]
    pub fn wanted(&self, day: NaiveDate) -> Option<u32> {
        let part = self.per_day.div_ceil(PARTS_PER_DAY).max(1);
        if day > self.day {
            return Some(part.min(self.per_day));
        }
        let left = self.reserved.saturating_sub(self.spent);
        let is_low = day == self.day && left <= part / 2 && self.reserved < self.per_day;
        is_low.then(|| self.reserved.saturating_add(part).min(self.per_day))
    }

    /// Notes that `reserved` permits of `day` in all are set aside now.
    pub fn reserve(&mut self, day: NaiveDate, reserved: u32) {
        if day > self.day {
            *self = Self {
                per_day: self.per_day,
                day,
                reserved,
                spent: 0,
            };
        } else if day == self.day {
            self.reserved = self.reserved.max(reserved);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn day(of_month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, of_month).unwrap()
    }

    #[test]
    fn a_new_day_begins_anew() {
        let mut budget = Budget::resume(100, day(1), 100);
        assert!(!budget.has_permit(day(1)));
        assert!(!budget.has_permit(day(2)), "nothing is set aside yet");
        budget.reserve(day(2), budget.wanted(day(2)).unwrap());
        assert!(budget.has_permit(day(2)));
        assert_eq!(budget.wanted(day(1)), None, "a day that is over");
    }

    #[test]
    fn what_was_not_used_is_had_again_on_its_own_day_only() {
        let mut budget = Budget::resume(1, day(1), 0);
        budget.reserve(day(1), 1);
        budget.spend();
        assert!(!budget.has_permit(day(1)));
        budget.refund(day(2));
        assert!(!budget.has_permit(day(1)));
        budget.refund(day(1));
        assert!(budget.has_permit(day(1)));
    }

    proptest! {
        /// Invariant 3: whatever leaders come and go, and whichever reservations are lost on
        /// the way back, no day's permits exceed its budget; a leader that stays gives all.
        #[test]
        fn no_day_is_ever_exceeded(
            per_day in 1_u32..400,
            events in prop::collection::vec((0_u8..10, 1_u32..30), 0..400),
        ) {
            let (mut row_day, mut row_reserved) = (day(1), 0);
            let mut budget = Budget::resume(per_day, row_day, row_reserved);
            let (mut today, mut given, mut takeovers) = (day(1), 0, 0);
            for (event, times) in events {
                match event {
                    0 => {
                        budget = Budget::resume(per_day, row_day, row_reserved);
                        takeovers += 1;
                    }
                    1 if today < day(28) => {
                        (today, given, takeovers) = (today.succ_opt().unwrap(), 0, 0);
                    }
                    // The row is written, and the answer is lost.
                    2 => {
                        if let Some(wanted) = budget.wanted(today) {
                            (row_day, row_reserved) = (today, wanted);
                        }
                    }
                    _ => for _ in 0..times {
                        if let Some(wanted) = budget.wanted(today) {
                            (row_day, row_reserved) = (today, wanted);
                            budget.reserve(today, wanted);
                        }
                        if budget.has_permit(today) {
                            budget.spend();
                            given += 1;
                        }
                    },
                }
                prop_assert!(given <= per_day, "{given} of {per_day}");
            }
            for _ in 0..per_day {
                if let Some(wanted) = budget.wanted(today) {
                    budget.reserve(today, wanted);
                }
                if budget.has_permit(today) {
                    budget.spend();
                    given += 1;
                }
            }
            prop_assert!(given <= per_day);
            let lost = takeovers * per_day.div_ceil(PARTS_PER_DAY).max(1) * 2;
            prop_assert!(given + lost >= per_day, "{given} of {per_day}, {takeovers} takeovers");
        }
    }
}
