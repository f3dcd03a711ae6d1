//! Disorder: what comes late, is corrected, moved, sealed and unsealed while a fleet stores.
//!
//! Every act is one that a fleet must bear: a commit of its own, with rows that are right in
//! themselves. Which rows it strikes is drawn from its number.

use std::{collections::BTreeMap, time::Duration};

use schema::seal::{Pass, unseal};

use super::{error::HarnessError, fleet::Fleet};

/// Showtimes that an act strikes.
const AT_ONCE: i64 = 10;

/// Copies of a state that was seen, at other times of the showtime's sale: an answer that comes late.
const LATE: &str = "
    INSERT INTO snapshot
    SELECT seen.first_at + (seen.last_at - seen.first_at) * random() + interval '1 microsecond', 1, chosen.showtime_id,
        late.layout_id, late.available, late.sold, late.held, late.blocked, late.broken, late.house,
        late.unknown, late.unmapped, late.seats
    FROM (SELECT showtime_id FROM showtime ORDER BY md5(showtime_id || ' ' || $1) LIMIT $2) AS chosen
    CROSS JOIN LATERAL (
        SELECT min(observed_at) AS first_at, max(observed_at) AS last_at
        FROM seat_snapshot WHERE showtime_id = chosen.showtime_id
    ) AS seen
    CROSS JOIN LATERAL (
        SELECT * FROM seat_snapshot WHERE showtime_id = chosen.showtime_id ORDER BY random() LIMIT 1
    ) AS late
    ON CONFLICT DO NOTHING";
/// Another price of the same source.
const PRICES: &str = "
    INSERT INTO showtime_tariff (observed_at, job_id, showtime_id, tariff_id)
    SELECT now(), 1, showtime.showtime_id, other.tariff_id
    FROM (SELECT * FROM showtime ORDER BY md5(showtime_id || ' ' || $1) LIMIT $2) AS showtime
    INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
    CROSS JOIN LATERAL (
        SELECT tariff_id FROM tariff WHERE source_id = cinema.source_id ORDER BY random() LIMIT 1
    ) AS other
    ON CONFLICT DO NOTHING";
const SOME: &str =
    "SELECT showtime_id FROM showtime ORDER BY md5(showtime_id || ' ' || $1) LIMIT $2";
/// Another film, day and start; the next listing sets it right again.
const MOVE: &str = "
    UPDATE showtime
    SET film_id = coalesce((
            SELECT other.film_id FROM film
            INNER JOIN film AS other ON other.source_id = film.source_id
            WHERE film.film_id = showtime.film_id ORDER BY random() LIMIT 1), film_id),
        business_on = business_on + (random() * 4)::integer - 2,
        starts_at = starts_at + (random() - 0.5) * interval '20 minutes'
    WHERE showtime_id = $1";
/// A cinema in another territory, until its chain lists it again.
const CEDE: &str = "
    UPDATE cinema SET territory = CASE territory WHEN 'KR' THEN 'FR' ELSE 'KR' END
    WHERE cinema_id = (SELECT cinema_id FROM cinema ORDER BY md5(cinema_id || ' ' || $1) LIMIT 1)";
/// Of those that have started, sealed or not.
const STARTED: &str = "
    SELECT showtime_id FROM showtime WHERE starts_at < now()
    ORDER BY md5(showtime_id || ' ' || $1) LIMIT $2";

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Late,
    Prices,
    Move,
    Cede,
    Map,
    Seal,
    Unseal,
}

const ACTS: [Act; 7] = [
    Act::Late,
    Act::Move,
    Act::Seal,
    Act::Prices,
    Act::Cede,
    Act::Unseal,
    Act::Map,
];

/// The code that is given another meaning each time, and its meanings, the right one last.
const MAPPED: (&str, [&str; 2]) = ("cds-1", ["3=held", "3=sold"]);

/// Acts on a fleet, one kind after the other, and counts them.
#[derive(Debug)]
pub struct Disorder<'a> {
    fleet: &'a Fleet,
    acts: usize,
    done: BTreeMap<&'static str, u64>,
}

impl<'a> Disorder<'a> {
    /// Begins; the fleet watches `cds-1` among its chains.
    #[must_use]
    pub fn new(fleet: &'a Fleet) -> Self {
        Self {
            fleet,
            acts: 0,
            done: BTreeMap::new(),
        }
    }

    /// Does the next act.
    ///
    /// # Errors
    ///
    /// If the database or a command refuses it.
    pub async fn act(&mut self) -> Result<(), HarnessError> {
        let (act, round) = (ACTS[self.acts % ACTS.len()], self.acts / ACTS.len());
        self.acts += 1;
        let (what, rows) = match act {
            Act::Late => ("snapshots that came late", self.insert(LATE).await?),
            Act::Prices => ("prices", self.insert(PRICES).await?),
            Act::Move => ("showtimes moved", self.move_some().await?),
            Act::Cede => ("cinemas ceded", self.cede().await?),
            Act::Map => ("codes mapped", self.map(round)?),
            Act::Seal => ("showtimes sealed", self.seal().await?),
            Act::Unseal => ("showtimes unsealed", self.unseal().await?),
        };
        *self.done.entry(what).or_default() += rows;
        Ok(())
    }

    /// What was done, and to how many rows.
    #[must_use]
    pub fn done(&self) -> &BTreeMap<&'static str, u64> {
        &self.done
    }

    fn draw(&self) -> String {
        self.acts.to_string()
    }

    async fn insert(&self, statement: &'static str) -> Result<u64, HarnessError> {
        let insert = sqlx::query(statement).bind(self.draw()).bind(AT_ONCE);
        Ok(insert.execute(self.fleet.db()).await?.rows_affected())
    }

    async fn showtimes(&self, of: &'static str) -> Result<Vec<i32>, HarnessError> {
        let showtimes = sqlx::query_scalar(of).bind(self.draw()).bind(AT_ONCE);
        Ok(showtimes.fetch_all(self.fleet.db()).await?)
    }

    /// In one transaction each: a pod that stores a listing locks many, in another order.
    async fn move_some(&self) -> Result<u64, HarnessError> {
        let mut moved = 0;
        for showtime_id in self.showtimes(SOME).await? {
            let update = sqlx::query(MOVE).bind(showtime_id);
            moved += update.execute(self.fleet.db()).await?.rows_affected();
        }
        Ok(moved)
    }

    async fn cede(&self) -> Result<u64, HarnessError> {
        let update = sqlx::query(CEDE).bind(self.draw());
        Ok(update.execute(self.fleet.db()).await?.rows_affected())
    }

    fn map(&self, round: usize) -> Result<u64, HarnessError> {
        let (source, meanings) = MAPPED;
        let meaning = meanings[round % meanings.len()];
        self.fleet.operate(&["source", "map", source, meaning])?;
        Ok(1)
    }

    async fn seal(&self) -> Result<u64, HarnessError> {
        let mut pass = Pass::of(self.showtimes(STARTED).await?);
        while pass.batch(self.fleet.db()).await? {}
        Ok(pass.done().showtimes)
    }

    async fn unseal(&self) -> Result<u64, HarnessError> {
        let sealed = "SELECT showtime_id FROM sealed_showtime
            ORDER BY md5(showtime_id || ' ' || $1) LIMIT $2 / 2";
        let sealed = self.showtimes(sealed).await?;
        Ok(unseal(self.fleet.db(), Some(&sealed), |_| {})
            .await?
            .showtimes)
    }

    /// Does acts for `duration`, one each `rest`.
    ///
    /// # Errors
    ///
    /// As [`act`](Self::act).
    pub async fn go_on(&mut self, duration: Duration, rest: Duration) -> Result<(), HarnessError> {
        let end = tokio::time::Instant::now() + duration;
        while tokio::time::Instant::now() < end {
            self.act().await?;
            tokio::time::sleep(rest).await;
        }
        Ok(())
    }
}
