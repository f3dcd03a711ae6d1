//! Everything that is connected to some cinemas: by matches, by present venues, and by verdicts of
//! people.

use std::collections::{BTreeMap, BTreeSet};

use schema::venue;
use serde_json::{Value, json};
use sqlx::PgConnection;
use works::{
    Link, Verdict,
    venue::{VenueCandidate, VenueComparison, compare_cinemas},
};

use crate::background::matching::{Compared, Connections, Listed, Pair, pair_of};

/// Cinemas of one key that are compared: a word that more cinemas have says too little.
const MAX_CINEMAS_PER_KEY: i64 = 300;

/// A cinema that was read.
#[derive(Debug)]
pub(super) struct KnownCinema {
    /// Its source and key.
    key: (i32, String),
    /// The cinema, ready for comparisons.
    candidate: VenueCandidate,
}

impl Listed for KnownCinema {
    type Comparison = VenueComparison;

    fn key(&self) -> &(i32, String) {
        &self.key
    }

    fn compare(&self, other: &Self) -> VenueComparison {
        compare_cinemas(&self.candidate, &other.candidate)
    }
}

impl Compared for VenueComparison {
    fn verdict(&self) -> Verdict {
        self.verdict
    }

    fn score(&self) -> f64 {
        self.score
    }

    fn is_by_list(&self) -> bool {
        false
    }

    fn is_contradiction(&self) -> bool {
        self.is_contradiction()
    }

    fn link(&self, a: usize, b: usize) -> Link {
        self.link(a, b)
    }

    fn text(&self) -> String {
        self.text()
    }

    fn reasons(&self) -> Value {
        json!(self.reasons)
    }
}

/// What is connected to some cinemas.
#[derive(Debug, Default)]
pub(super) struct VenueNeighbourhood {
    /// The cinemas that were read, and what connects them.
    pub seen: Connections<KnownCinema>,
}

impl VenueNeighbourhood {
    /// Explores what is connected to `cinemas`.
    pub(super) async fn explore(
        db: &mut PgConnection,
        cinemas: &[i32],
    ) -> Result<Self, sqlx::Error> {
        let mut found = Self::default();
        let mut frontier: BTreeSet<i32> = cinemas.iter().copied().collect();
        while !frontier.is_empty() {
            let level: Vec<i32> = frontier.into_iter().collect();
            frontier = found.explore_level(db, &level).await?;
            frontier.retain(|cinema| !found.seen.explored.contains(cinema));
        }
        Ok(found)
    }

    /// Compares cinemas with all their candidates; returns the cinemas that are connected to them.
    async fn explore_level(
        &mut self,
        db: &mut PgConnection,
        level: &[i32],
    ) -> Result<BTreeSet<i32>, sqlx::Error> {
        // Before they are read: a change that comes later leaves an entry that stays.
        venue::remove_from_log(&mut *db, level).await?;
        self.read(db, level).await?;
        let level = self.seen.explore(level);
        let pairs = self.find_candidates(db, &level).await?;
        let members = venue::members(&mut *db, &level).await?;
        let mut connected = self.seen.join(members, venue::verdicts(db, &level).await?);
        for pair in pairs {
            let found = self.seen.compare(pair);
            if found.is_some_and(|found| self.seen.keep(pair, found)) {
                connected.extend([pair.0, pair.1]);
            }
        }
        Ok(connected)
    }

    /// Reads cinemas, in place of what was read of them before.
    async fn read(&mut self, db: &mut PgConnection, cinemas: &[i32]) -> Result<(), sqlx::Error> {
        for read in venue::cinemas(db, cinemas).await? {
            let known = KnownCinema {
                key: read.key,
                candidate: VenueCandidate::new(read.cinema),
            };
            self.seen.read.insert(read.cinema_id, known);
        }
        Ok(())
    }

    /// Stores the keys of cinemas, reads the cinemas that have one that they seek, and returns the
    /// pairs, the lower number first.
    async fn find_candidates(
        &mut self,
        db: &mut PgConnection,
        level: &[i32],
    ) -> Result<BTreeSet<Pair>, sqlx::Error> {
        let (mut of, mut keys) = (Vec::new(), Vec::new());
        let mut seekers: BTreeMap<String, Vec<i32>> = BTreeMap::new();
        for cinema in level {
            let Some(known) = self.seen.read.get(cinema) else {
                continue;
            };
            for key in known.candidate.stored_keys() {
                of.push(*cinema);
                keys.push(key);
            }
            for key in known.candidate.sought_keys() {
                seekers.entry(key).or_default().push(*cinema);
            }
        }
        venue::store_keys(&mut *db, level, &of, &keys).await?;
        let sought: Vec<String> = seekers.keys().cloned().collect();
        let found = venue::candidates(&mut *db, &sought, MAX_CINEMAS_PER_KEY).await?;
        let unread: BTreeSet<i32> = found
            .iter()
            .map(|(_, cinema)| *cinema)
            .filter(|cinema| !self.seen.read.contains_key(cinema))
            .collect();
        let unread: Vec<i32> = unread.into_iter().collect();
        self.read(db, &unread).await?;
        self.seen
            .present
            .extend(venue::venues_of(db, &unread).await?);

        let mut pairs = BTreeSet::new();
        for (key, other) in found {
            let seekers = seekers.get(&key).into_iter().flatten();
            pairs.extend(
                seekers
                    .filter(|cinema| **cinema != other)
                    .map(|cinema| pair_of(*cinema, other)),
            );
        }
        Ok(pairs)
    }
}
