//! A simulated country: chains list their own cinemas, two aggregators list those of all, each under
//! its own names and at its own coordinates.
//!
//! The generator shares no code with the rules. What it shares with them is what sources are known
//! to do: leave out or add the chain, the city and the word for a cinema, misspell, jitter, and
//! know no place for some. Cinemas of different chains stand in one mall, chains have several
//! cinemas in one city, and cities share names such as Apollo.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use works::{
    Link, Verdict, cluster,
    venue::{Cinema, Location, VenueCandidate, compare_cinemas},
};

/// Numbers from a seed (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// From -1 to 1, most near 0.
    fn around(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..3 {
            sum += f64::from(u32::try_from(self.below(2_001)).unwrap()) / 1_000.0 - 1.0;
        }
        sum / 3.0
    }

    fn word(&mut self) -> String {
        let head = self.pick(&[
            "Bar", "Cor", "Dal", "Fen", "Gal", "Hol", "Kar", "Lum", "Mor", "Nes", "Pel", "Ras",
            "Sil", "Ver", "Wen", "Yar",
        ]);
        let middle = self.pick(&["", "", "an", "e", "in", "o"]);
        let tail = self.pick(&[
            "bridge", "bury", "don", "field", "ford", "gate", "ham", "ley", "mere", "stow", "ton",
            "wick", "worth",
        ]);
        format!("{head}{middle}{tail}")
    }
}

/// A cinema as it is.
struct Truth {
    /// `None` for one of no chain.
    chain: Option<&'static str>,
    city: String,
    /// What tells it from others of its chain; empty if its city has one.
    branch: String,
    north: f64,
    east: f64,
}

/// Chains, as their names stand on their cinemas; the last is in no list of chains.
const CHAINS: [&str; 6] = [
    "Vue",
    "Odeon",
    "Cineworld",
    "Everyman",
    "Picturehouse",
    "Borealis",
];

fn cinemas(random: &mut Random, cities: usize) -> Vec<Truth> {
    let mut all = Vec::new();
    for number in 0..cities {
        let city = random.word();
        // Cities are ten kilometres apart.
        let home = (
            10_000.0 * f64::from(u32::try_from(number / 10).unwrap()),
            10_000.0 * f64::from(u32::try_from(number % 10).unwrap()),
        );
        let at = |random: &mut Random| {
            (
                home.0 + 4_000.0 * random.around(),
                home.1 + 4_000.0 * random.around(),
            )
        };
        let mut places: Vec<(f64, f64)> = Vec::new();
        for chain in CHAINS {
            let count = [0, 0, 1, 1, 1, 2, 3][random.below(7)];
            for _ in 0..count {
                // One in eight stands in the mall of another.
                let (north, east) = if random.chance(12) && !places.is_empty() {
                    let (north, east) = random.pick(&places);
                    (
                        north + 60.0 * random.around(),
                        east + 60.0 * random.around(),
                    )
                } else {
                    at(random)
                };
                places.push((north, east));
                let branch = if count > 1 || random.chance(30) {
                    let kind = random.pick(&["", " Park", " Centre", " Quay"]);
                    random.word() + kind
                } else {
                    String::new()
                };
                all.push(Truth {
                    chain: Some(chain),
                    city: city.clone(),
                    branch,
                    north,
                    east,
                });
            }
        }
        let mut names: BTreeSet<String> = BTreeSet::new();
        for _ in 0..random.below(4) {
            let common = random.pick(&["Apollo", "Rex", "Savoy", "Regent", "Plaza", "Rio"]);
            let name = if random.chance(50) {
                common.to_owned()
            } else {
                random.word()
            };
            if names.insert(name.clone()) {
                let (north, east) = at(random);
                all.push(Truth {
                    chain: None,
                    city: city.clone(),
                    branch: name,
                    north,
                    east,
                });
            }
        }
    }
    all
}

fn misspelt(random: &mut Random, name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let gone = 1 + random.below(letters.len() - 1);
    letters
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != gone)
        .map(|(_, letter)| *letter)
        .collect()
}

/// The name under which a chain lists its own cinema.
fn own_name(random: &mut Random, truth: &Truth) -> String {
    let brand = truth.chain.unwrap_or_default();
    let (city, branch) = (&truth.city, &truth.branch);
    let forms = match (truth.chain, branch.is_empty()) {
        (None, _) => vec![branch.clone(), format!("{branch} Cinema")],
        (Some(_), true) => vec![city.clone(), format!("{brand} {city}")],
        (Some(_), false) => vec![
            format!("{city} {branch}"),
            branch.clone(),
            format!("{brand} {city} ({branch})"),
        ],
    };
    random.pick(&forms)
}

/// The name under which an aggregator lists it.
fn foreign_name(random: &mut Random, truth: &Truth) -> String {
    let brand = truth.chain.unwrap_or_default();
    let (city, branch) = (&truth.city, &truth.branch);
    let forms = match (truth.chain, branch.is_empty()) {
        (None, _) => vec![
            branch.clone(),
            format!("{branch} {city}"),
            format!("The {branch} Cinema"),
            format!("Kino {branch}"),
        ],
        (Some(_), true) => vec![
            format!("{brand} {city}"),
            format!("{brand} Cinema {city}"),
            format!("{brand} - {city}").to_uppercase(),
        ],
        (Some(_), false) => vec![
            format!("{brand} {branch}"),
            format!("{brand} {city} {branch}"),
            format!("{brand} Cinema - {branch}, {city}"),
            format!("{city} {branch} {brand}"),
        ],
    };
    let name = random.pick(&forms);
    if random.chance(4) {
        misspelt(random, &name)
    } else {
        name
    }
}

fn place(random: &mut Random, truth: &Truth, jitter: f64) -> Location {
    let north = truth.north + jitter * random.around();
    let east = truth.east + jitter * random.around();
    let latitude = 51.0 + north / 111_195.0;
    Location {
        latitude,
        longitude: east / (111_195.0 * latitude.to_radians().cos()),
    }
}

/// A row of a listing, and the cinema that it is.
struct Row {
    cinema: Cinema,
    truth: usize,
}

fn rows(random: &mut Random, truths: &[Truth]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, truth) in truths.iter().enumerate() {
        let mut add =
            |source: String, name: String, city: Option<String>, place: Option<Location>| {
                let cinema = Cinema {
                    source,
                    territory: "GB".to_owned(),
                    name,
                    city,
                    place,
                };
                rows.push(Row {
                    cinema,
                    truth: number,
                });
            };
        let source = truth
            .chain
            .map_or_else(|| format!("house-{number}"), str::to_lowercase);
        let own = own_name(random, truth);
        let city = random.chance(80).then(|| truth.city.clone());
        let at = place(random, truth, 60.0);
        add(source, own, city, Some(at));
        for (aggregator, has_all_places) in [("listings", true), ("whatson", false)] {
            if !random.chance(85) {
                continue;
            }
            let name = foreign_name(random, truth);
            let jitter = [
                100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 400.0, 400.0, 1_000.0,
            ];
            let jitter = random.pick(&jitter);
            let is_placed = has_all_places || random.chance(85);
            let at = is_placed.then(|| place(random, truth, jitter));
            let city = random.chance(90).then(|| truth.city.clone());
            add(aggregator.to_owned(), name, city, at);
        }
    }
    rows
}

fn pairs_of(groups: impl Iterator<Item = usize>) -> f64 {
    groups
        .map(|size| f64::from(u32::try_from(size * (size - 1) / 2).unwrap()))
        .sum()
}

/// Joined pairs, true pairs, pairs that are both, questions, cinemas.
fn judge(rows: &[Row]) -> [f64; 5] {
    let cinemas: Vec<VenueCandidate> = rows
        .iter()
        .map(|row| VenueCandidate::new(row.cinema.clone()))
        .collect();
    let mut stored: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, cinema) in cinemas.iter().enumerate() {
        for key in cinema.stored_keys() {
            stored.entry(key).or_default().push(at);
        }
    }
    let mut pairs = BTreeSet::new();
    for (at, cinema) in cinemas.iter().enumerate() {
        for key in cinema.sought_keys() {
            for other in stored.get(&key).into_iter().flatten() {
                if *other != at {
                    pairs.insert((at.min(*other), at.max(*other)));
                }
            }
        }
    }
    let (mut links, mut doubts) = (Vec::new(), Vec::new());
    for (a, b) in pairs {
        let found = compare_cinemas(&cinemas[a], &cinemas[b]);
        match found.verdict {
            Verdict::Same => {
                doubts.push((a, b));
                links.push(found.link(a, b));
            }
            Verdict::Unclear => doubts.push((a, b)),
            Verdict::Different => {}
        }
    }
    let contradicts =
        |a: usize, b: usize| compare_cinemas(&cinemas[a], &cinemas[b]).is_contradiction();
    let keys: Vec<usize> = (0..rows.len()).collect();
    let groups: Vec<Vec<usize>> = cluster(&keys, &links as &[Link], &[], &[], contradicts);
    let mut group_of = vec![0; rows.len()];
    let mut right: HashMap<(usize, usize), usize> = HashMap::new();
    let mut truths: HashMap<usize, usize> = HashMap::new();
    for (number, group) in groups.iter().enumerate() {
        for cinema in group {
            group_of[*cinema] = number;
            *right.entry((number, rows[*cinema].truth)).or_default() += 1;
            *truths.entry(rows[*cinema].truth).or_default() += 1;
        }
        if std::env::var_os("VENUE_WORLD_ERRORS").is_some() {
            let truths: BTreeSet<usize> = group.iter().map(|one| rows[*one].truth).collect();
            if truths.len() > 1 {
                for one in group {
                    println!("JOINED {number}: {:?}", rows[*one].cinema);
                }
            }
        }
    }
    let is_open = |(a, b): &(usize, usize)| {
        !groups[*a]
            .iter()
            .any(|one| groups[*b].iter().any(|other| contradicts(*one, *other)))
    };
    let questions: BTreeSet<(usize, usize)> = doubts
        .iter()
        .map(|(a, b)| (group_of[*a], group_of[*b]))
        .filter(|(a, b)| a != b)
        .filter(is_open)
        .map(|(a, b)| (a.min(b), a.max(b)))
        .collect();
    let count = |number: usize| f64::from(u32::try_from(number).unwrap());
    [
        pairs_of(groups.iter().map(Vec::len)),
        pairs_of(truths.values().copied()),
        pairs_of(right.values().copied()),
        count(questions.len()),
        count(rows.len()),
    ]
}

/// `VENUE_WORLD_SEEDS=40` tries so many countries in place of 2, and `VENUE_WORLD_ERRORS=1` prints
/// what was joined wrongly.
#[test]
fn chains_and_aggregators_are_joined_into_the_venues_that_they_list() {
    let seeds = std::env::var("VENUE_WORLD_SEEDS").map_or(2, |seeds| seeds.parse().unwrap());
    let mut all = [0.0; 5];
    for seed in 1..=seeds {
        let mut random = Random(u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15));
        let truths = cinemas(&mut random, 60);
        for (sum, one) in all.iter_mut().zip(judge(&rows(&mut random, &truths))) {
            *sum += one;
        }
    }
    let [joined, true_pairs, hits, questions, cinemas] = all;
    println!(
        "{cinemas} cinemas, precision {:.4}, recall {:.4}, questions {:.4} of cinemas",
        hits / joined,
        hits / true_pairs,
        questions / cinemas
    );
    assert!(hits / joined >= 0.995, "precision");
    assert!(hits / true_pairs >= 0.97, "recall");
    assert!(questions / cinemas <= 0.02, "questions");
}
