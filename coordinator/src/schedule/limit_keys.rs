//! The limit keys of the schedule: budgets, shares, and how many agents they can keep busy.

use std::collections::HashMap;

use schema::limit::Reservation;

use super::Schedule;
use crate::{db_time::DbTime, limits::rate_share::ShareChange};

impl Schedule {
    /// Returns the parts of daily budgets to reserve before more can be given out.
    #[must_use]
    pub fn reservations(&self, now: DbTime) -> Vec<Reservation> {
        let keys = self.keys.iter();
        keys.filter_map(|(id, key)| key.reservation(*id, now))
            .collect()
    }

    /// Notes that a part of a day's budget is set aside now.
    pub fn reserved(&mut self, reservation: &Reservation) {
        if let Some(key) = self.keys.get_mut(&reservation.limit_key_id) {
            key.reserved(reservation);
        }
    }

    /// Returns the changes of rate shares since the last call, to be written.
    pub fn take_shares(&mut self) -> Vec<(i32, ShareChange)> {
        let keys = self.keys.iter_mut();
        keys.filter_map(|(id, key)| Some((*id, key.take_change()?)))
            .collect()
    }

    /// Takes back a change of a rate share that could not be written.
    pub fn return_share(&mut self, limit_key_id: i32) {
        if let Some(key) = self.keys.get_mut(&limit_key_id) {
            key.return_change();
        }
    }

    /// The share of its rate that each limit key is given.
    #[must_use]
    pub fn shares(&self) -> HashMap<i32, f64> {
        self.keys
            .iter()
            .map(|(id, key)| (*id, key.share()))
            .collect()
    }

    /// How many agents the work that the limits permit can keep busy now.
    #[must_use]
    pub fn agents_wanted(&self, now: DbTime) -> f64 {
        self.keys.values().map(|key| key.agents_wanted(now)).sum()
    }
}
