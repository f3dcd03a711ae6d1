//! Everything that is connected to some cinemas: by matches, by present venues, and by verdicts of
//! people.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schema::venue::{self, CinemaVerdict};
use sqlx::PgConnection;
use works::{
    Verdict,
    venue::{VenueCandidate, VenueComparison, compare_cinemas},
};

/// Cinemas of one key that are compared: a word that more cinemas have says too little.
const MAX_CINEMAS_PER_KEY: i64 = 300;

/// A cinema that was read.
#[derive(Debug)]
pub(super) struct KnownCinema {
    /// Source and key.
    pub key: (i32, String),
    /// The cinema, ready for comparisons.
    pub candidate: VenueCandidate,
}

/// What is connected to some cinemas.
#[derive(Debug, Default)]
pub(super) struct VenueNeighbourhood {
    /// All cinemas that were read, by number.
    pub cinemas: BTreeMap<i32, KnownCinema>,
    /// The cinemas that are compared with all their candidates: their groups are decided now.
    pub explored: BTreeSet<i32>,
    /// The present venues of cinemas.
    pub venues: HashMap<i32, i32>,
    /// The verdicts of people, by the pair.
    pub verdicts: BTreeMap<(i32, i32), CinemaVerdict>,
    /// Pairs that are the same or unclear, the lower number first.
    pub matches: BTreeMap<(i32, i32), VenueComparison>,
    /// Pairs that were compared.
    pub comparisons: usize,
}

impl VenueNeighbourhood {
    /// Explores what is connected to `cinemas`.
    pub(super) async fn explore(
        db: &mut PgConnection,
        cinemas: &[i32],
    ) -> Result<Self, sqlx::Error> {
        let mut seen = Self::default();
        let mut frontier: BTreeSet<i32> = cinemas.iter().copied().collect();
        while !frontier.is_empty() {
            let level: Vec<i32> = frontier.into_iter().collect();
            frontier = seen.explore_level(db, &level).await?;
            frontier.retain(|cinema| !seen.explored.contains(cinema));
        }
        Ok(seen)
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
        let level: Vec<i32> = level
            .iter()
            .copied()
            .filter(|cinema| self.cinemas.contains_key(cinema))
            .collect();
        self.explored.extend(&level);

        let pairs = self.find_candidates(db, &level).await?;
        let mut connected = BTreeSet::new();
        for pair in pairs {
            if self.compare(pair) {
                connected.extend([pair.0, pair.1]);
            }
        }
        for (cinema, venue) in venue::members(&mut *db, &level).await? {
            self.venues.insert(cinema, venue);
            connected.insert(cinema);
        }
        for verdict in venue::verdicts(db, &level).await? {
            if verdict.is_same {
                connected.extend([verdict.cinema_a, verdict.cinema_b]);
            }
            self.verdicts
                .insert((verdict.cinema_a, verdict.cinema_b), verdict);
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
            self.cinemas.insert(read.cinema_id, known);
        }
        Ok(())
    }

    /// Stores the keys of cinemas, reads the cinemas that have one that they seek, and returns the
    /// pairs, the lower number first.
    async fn find_candidates(
        &mut self,
        db: &mut PgConnection,
        level: &[i32],
    ) -> Result<BTreeSet<(i32, i32)>, sqlx::Error> {
        let (mut of, mut keys) = (Vec::new(), Vec::new());
        let mut seekers: BTreeMap<String, Vec<i32>> = BTreeMap::new();
        for cinema in level {
            let Some(known) = self.cinemas.get(cinema) else {
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
            .filter(|cinema| !self.cinemas.contains_key(cinema))
            .collect();
        let unread: Vec<i32> = unread.into_iter().collect();
        self.read(db, &unread).await?;
        self.venues.extend(venue::venues_of(db, &unread).await?);

        let mut pairs = BTreeSet::new();
        for (key, other) in found {
            let seekers = seekers.get(&key).into_iter().flatten();
            pairs.extend(
                seekers
                    .filter(|cinema| **cinema != other)
                    .map(|cinema| (*cinema.min(&other), *cinema.max(&other))),
            );
        }
        Ok(pairs)
    }

    /// Compares two cinemas; returns whether rules take them for one venue.
    fn compare(&mut self, pair: (i32, i32)) -> bool {
        let (Some(a), Some(b)) = (self.cinemas.get(&pair.0), self.cinemas.get(&pair.1)) else {
            return false;
        };
        self.comparisons += 1;
        let found = compare_cinemas(&a.candidate, &b.candidate);
        let is_same = found.verdict == Verdict::Same;
        if found.verdict == Verdict::Different {
            self.matches.remove(&pair);
        } else {
            self.matches.insert(pair, found);
        }
        is_same
    }
}
