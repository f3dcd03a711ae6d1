//! Everything that is connected to some films: by blocking keys, by matches, by present works, and
//! by verdicts of people.
//!
//! At most [`MAX_FILMS`] films are read by their keys. Where more share a key, the keys of the fewest
//! films are followed first, and the report counts those that are not followed. What holds:
//!
//! * Up to the bound, works depend on all connected films and on nothing else, so the order in which
//!   films arrive does not matter. Of a key of more than [`MAX_FILMS_PER_KEY`] films the oldest are
//!   compared, whatever the bound.
//! * Beyond it, films are compared by their rarest keys alone. A film may then stay in a work of its
//!   own, or wait for a person, until one of the films that it should meet is looked at again; which
//!   of them meet may depend on the order. Films that a person or a present work joined are read
//!   always, so no work is torn by the bound.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schema::work;
use serde_json::{Value, json};
use sqlx::PgConnection;
use works::{Candidate, Comparison, Link, Reference, Signal, Verdict, compare};

use crate::background::matching::{Compared, Connections, Listed, Pair, pair_of};

/// Films of one key that are compared: a key of more films says too little.
const MAX_FILMS_PER_KEY: i64 = 300;

/// Films that are read for one batch by their keys, so that memory and time are bounded: about 2 kB
/// and 20 comparisons each.
const MAX_FILMS: usize = 20_000;

/// A film that was read.
#[derive(Debug)]
pub(super) struct KnownFilm {
    /// The film.
    film_id: i32,
    /// Its source and key.
    key: (i32, String),
    /// The film, ready for comparisons.
    pub candidate: Candidate,
}

impl Listed for KnownFilm {
    type Comparison = Comparison;

    fn key(&self) -> &(i32, String) {
        &self.key
    }

    fn compare(&self, other: &Self) -> Comparison {
        compare(&self.candidate, &other.candidate)
    }
}

impl Compared for Comparison {
    fn verdict(&self) -> Verdict {
        self.verdict
    }

    fn score(&self) -> f64 {
        self.score
    }

    fn is_by_list(&self) -> bool {
        self.has(Signal::Reference)
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

/// What is connected to some films.
#[derive(Debug, Default)]
pub(super) struct Neighbourhood {
    /// The films that were read, and what connects them.
    pub seen: Connections<KnownFilm>,
    /// Pairs that a source lists as two works, the lower number first, and whether that is sure.
    pub twins: BTreeMap<Pair, bool>,
    /// Keys that were not followed, because more than [`MAX_FILMS`] films would have been read.
    pub unfollowed_keys: usize,
}

impl Neighbourhood {
    /// Explores what is connected to `films`.
    pub(super) async fn explore(db: &mut PgConnection, films: &[i32]) -> Result<Self, sqlx::Error> {
        let mut found = Self::default();
        let mut frontier: BTreeSet<i32> = films.iter().copied().collect();
        while !frontier.is_empty() {
            let level: Vec<i32> = frontier.into_iter().collect();
            frontier = found.explore_level(db, &level).await?;
            frontier.retain(|film| !found.seen.explored.contains(film));
        }
        Ok(found)
    }

    /// Compares films with all their candidates; returns the films that are connected to them.
    async fn explore_level(
        &mut self,
        db: &mut PgConnection,
        level: &[i32],
    ) -> Result<BTreeSet<i32>, sqlx::Error> {
        // Before they are read: a change that comes later leaves an entry that stays.
        work::remove_from_log(&mut *db, level).await?;
        self.read(db, level).await?;
        let level = self.seen.explore(level);
        let candidates = self.find_candidates(db, &level).await?;
        let members = work::members(&mut *db, &level).await?;
        let mut connected = self.seen.join(members, work::verdicts(db, &level).await?);
        for pair in candidates {
            if self.compare(pair) {
                connected.extend([pair.0, pair.1]);
            }
        }
        Ok(connected)
    }

    /// Reads films, in place of what was read of them before, and their works in the trusted list.
    async fn read(&mut self, db: &mut PgConnection, films: &[i32]) -> Result<(), sqlx::Error> {
        let read: Vec<KnownFilm> = work::films(&mut *db, films)
            .await?
            .into_iter()
            .map(|read| KnownFilm {
                film_id: read.film_id,
                key: read.key,
                candidate: Candidate::new(read.film),
            })
            .collect();
        let keys: BTreeSet<String> = read
            .iter()
            .flat_map(|known| known.candidate.reference_keys())
            .collect();
        let keys: Vec<String> = keys.into_iter().collect();
        let list = Reference::new(work::find_reference(db, &keys).await?);
        for mut known in read {
            known.candidate = list.assign(known.candidate);
            self.seen.read.insert(known.film_id, known);
        }
        Ok(())
    }

    /// Stores the keys of films, reads the films that share one, and returns the pairs, the lower
    /// number first.
    async fn find_candidates(
        &mut self,
        db: &mut PgConnection,
        level: &[i32],
    ) -> Result<BTreeSet<Pair>, sqlx::Error> {
        let (mut of, mut keys) = (Vec::new(), Vec::new());
        for film in level {
            let Some(known) = self.seen.read.get(film) else {
                continue;
            };
            for key in known.candidate.keys() {
                of.push(*film);
                keys.push(key);
            }
        }
        work::store_keys(&mut *db, level, &of, &keys).await?;
        let wanted: BTreeSet<&String> = keys.iter().collect();
        let wanted: Vec<String> = wanted.into_iter().cloned().collect();
        let mut sharing: HashMap<String, Vec<i32>> = HashMap::new();
        for found in work::candidates(&mut *db, &wanted, MAX_FILMS_PER_KEY).await? {
            sharing.entry(found.key).or_default().push(found.film_id);
        }
        let unread = self.follow(&mut sharing);
        self.read(db, &unread).await?;
        self.seen.present.extend(work::works_of(db, &unread).await?);

        let mut pairs = BTreeSet::new();
        for (film, key) in of.iter().zip(&keys) {
            let others = sharing
                .get(key)
                .into_iter()
                .flatten()
                .filter(|other| *other != film);
            pairs.extend(others.map(|other| pair_of(*film, *other)));
        }
        Ok(pairs)
    }

    /// Chooses the keys that are followed, those of the fewest films first, and takes the others
    /// out; returns the films that are to be read for them.
    fn follow(&mut self, sharing: &mut HashMap<String, Vec<i32>>) -> Vec<i32> {
        let mut keys: Vec<(usize, String)> = sharing
            .iter()
            .map(|(key, films)| (films.len(), key.clone()))
            .collect();
        keys.sort();
        let mut unread: BTreeSet<i32> = BTreeSet::new();
        for (_, key) in keys {
            let films = sharing.get(&key).map_or(&[][..], Vec::as_slice);
            let more: Vec<i32> = films
                .iter()
                .copied()
                .filter(|film| !self.seen.read.contains_key(film) && !unread.contains(film))
                .collect();
            if self.seen.read.len() + unread.len() + more.len() <= MAX_FILMS {
                unread.extend(more);
            } else {
                sharing.remove(&key);
                self.unfollowed_keys += 1;
            }
        }
        unread.into_iter().collect()
    }

    /// Compares two films; returns whether rules take them for one work.
    fn compare(&mut self, pair: Pair) -> bool {
        let Some(found) = self.seen.compare(pair) else {
            return false;
        };
        match found.is_listed_apart() {
            Some(is_sure) => self.twins.insert(pair, is_sure),
            None => self.twins.remove(&pair),
        };
        self.seen.keep(pair, found)
    }
}
