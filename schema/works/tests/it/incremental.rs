//! Films that arrive a batch at a time come to the works that they come to at once.
//!
//! A model of the leader's pass without its database: films are read and normalised again for each
//! batch that meets them. `FULLHOUSE_WORKS_FILMS=50000` takes as many films, and prints the time:
//!
//! `FULLHOUSE_WORKS_FILMS=50000 cargo test --release -p works --test it -- incremental --nocapture`

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    env,
    time::Instant,
};

use works::{Candidate, cluster, compare};

use crate::world::{
    chains::{Random, Row, rows, works},
    matches::Matches,
};

/// Films of one key that are compared, as the leader does.
const MAX_FILMS_PER_KEY: usize = 300;

/// What is stored between batches.
struct Store<'a> {
    rows: &'a [Row],
    by_key: HashMap<String, Vec<usize>>,
    work_of: Vec<usize>,
    members: HashMap<usize, BTreeSet<usize>>,
    comparisons: usize,
}

impl<'a> Store<'a> {
    fn new(rows: &'a [Row]) -> Self {
        Self {
            rows,
            by_key: HashMap::new(),
            work_of: (0..rows.len()).collect(),
            members: HashMap::new(),
            comparisons: 0,
        }
    }

    /// Takes films that are new, and everything that is connected to them.
    fn take(&mut self, new: &[usize]) {
        let mut films: BTreeMap<usize, Candidate> = BTreeMap::new();
        let mut explored = BTreeSet::new();
        let mut compared = BTreeSet::new();
        let mut matches = Matches::default();
        let mut frontier: BTreeSet<usize> = new.iter().copied().collect();
        let mut is_new = true;
        while !frontier.is_empty() {
            explored.extend(&frontier);
            let mut pairs = BTreeSet::new();
            for film in &frontier {
                let keys = self.read(&mut films, *film).keys();
                for key in keys {
                    let sharing = self.by_key.entry(key).or_default();
                    if is_new {
                        sharing.push(*film);
                    }
                }
            }
            for film in &frontier {
                for key in self.read(&mut films, *film).keys() {
                    let sharing = self.by_key[&key].iter().take(MAX_FILMS_PER_KEY);
                    let others = sharing.filter(|other| *other != film);
                    pairs.extend(others.map(|other| (*film.min(other), *film.max(other))));
                }
            }
            is_new = false;
            let mut connected = BTreeSet::new();
            for pair in pairs {
                if !compared.insert(pair) {
                    continue;
                }
                self.read(&mut films, pair.0);
                self.read(&mut films, pair.1);
                self.comparisons += 1;
                if matches.add(pair, &films[&pair.0], &films[&pair.1]) {
                    connected.extend([pair.0, pair.1]);
                }
            }
            for film in &frontier {
                connected.extend(self.members.get(&self.work_of[*film]).into_iter().flatten());
            }
            frontier = connected.difference(&explored).copied().collect();
        }
        self.group(&films, &explored, matches);
    }

    fn read<'f>(&self, films: &'f mut BTreeMap<usize, Candidate>, film: usize) -> &'f Candidate {
        let row = &self.rows[film];
        films
            .entry(film)
            .or_insert_with(|| Candidate::new(row.film.clone()))
    }

    /// Groups the explored films.
    fn group(
        &mut self,
        films: &BTreeMap<usize, Candidate>,
        explored: &BTreeSet<usize>,
        matches: Matches,
    ) {
        let keys: Vec<usize> = explored.iter().copied().collect();
        let place: HashMap<usize, usize> = keys
            .iter()
            .enumerate()
            .map(|(at, film)| (*film, at))
            .collect();
        let mut links = matches.links;
        links.retain_mut(|link| {
            let places = place.get(&link.a).zip(place.get(&link.b));
            places.is_some_and(|(a, b)| {
                (link.a, link.b) = (*a, *b);
                true
            })
        });
        let mut twins = matches.twins;
        twins.retain_mut(|twin| {
            let places = place.get(&twin.a).zip(place.get(&twin.b));
            places.is_some_and(|(a, b)| {
                (twin.a, twin.b) = (*a, *b);
                true
            })
        });
        let known = RefCell::new(HashMap::new());
        let contradicts = |a: usize, b: usize| {
            *known
                .borrow_mut()
                .entry((a.min(b), a.max(b)))
                .or_insert_with(|| compare(&films[&keys[a]], &films[&keys[b]]).is_contradiction())
        };
        for group in cluster(&keys, &links, &twins, &[], contradicts) {
            let group: BTreeSet<usize> = group.into_iter().map(|at| keys[at]).collect();
            let work = *group.first().unwrap();
            for film in &group {
                self.work_of[*film] = work;
            }
            self.members.insert(work, group);
        }
    }
}

#[test]
fn incremental_batches_give_the_works_that_all_films_at_once_do() {
    let wanted = env::var("FULLHOUSE_WORKS_FILMS").map_or(600, |text| text.parse().unwrap());
    let is_large = wanted > 5_000;
    let mut random = Random::new(7);
    // A work is listed by seven rows in the mean.
    let works = works(&mut random, wanted / 6 + 1, usize::from(is_large) * 2);
    let mut rows = rows(&mut random, &works);
    for at in (1..rows.len()).rev() {
        rows.swap(at, random.below(at + 1));
    }
    rows.truncate(wanted);
    for row in &mut rows {
        row.film.listing.get_or_insert_default();
    }
    let all: Vec<usize> = (0..rows.len()).collect();

    let began = Instant::now();
    let mut by_batches = Store::new(&rows);
    for batch in all.chunks(if is_large { 500 } else { 50 }) {
        by_batches.take(batch);
    }
    println!(
        "{} films in batches: {} comparisons, {:.1} s",
        rows.len(),
        by_batches.comparisons,
        began.elapsed().as_secs_f64()
    );
    let began = Instant::now();
    let mut at_once = Store::new(&rows);
    at_once.take(&all);
    println!(
        "{} films at once: {} comparisons, {:.1} s",
        rows.len(),
        at_once.comparisons,
        began.elapsed().as_secs_f64()
    );
    assert!(at_once.members.values().any(|members| members.len() > 5));
    assert_eq!(by_batches.work_of, at_once.work_of);
}
