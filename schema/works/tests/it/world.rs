//! A simulated world: seven chains list the films of a year, each in its own way.
//!
//! The generator writes titles as chains do and shares no code with the rules: its own words, its
//! own decorations, its own numbers. What it shares with them is what chains are known to do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use works::{Candidate, Film, Link, Listing, Verdict, cluster, compare};

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

    fn word(&mut self) -> String {
        const HEADS: [&str; 16] = [
            "ba", "cor", "del", "fen", "gal", "hol", "jun", "kar", "lum", "mor", "nes", "or",
            "pel", "ras", "sil", "ver",
        ];
        const TAILS: [&str; 14] = [
            "an", "bury", "dow", "el", "fall", "gate", "ith", "lin", "mark", "ney", "ora", "ster",
            "ton", "wick",
        ];
        let middle = if self.chance(40) {
            self.pick(&["a", "en", "i", "o"])
        } else {
            ""
        };
        format!("{}{middle}{}", self.pick(&HEADS), self.pick(&TAILS))
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

/// A work as it is.
#[derive(Clone)]
struct Truth {
    titles: BTreeMap<&'static str, String>,
    original: String,
    director: String,
    year: i16,
    minutes: i16,
    distributor: String,
    edi: usize,
}

/// What a chain publishes.
struct Chain {
    name: &'static str,
    territory: &'static str,
    facts: &'static [&'static str],
    forms: &'static [&'static str],
}

/// `*` stands for the title.
const CHAINS: [Chain; 7] = [
    Chain {
        name: "one",
        territory: "GB",
        facts: &["director", "minutes", "edi"],
        forms: &["IMAX: *", "(3D) *", "Parent & Baby: *"],
    },
    Chain {
        name: "two",
        territory: "GB",
        facts: &["original", "director", "distributor"],
        forms: &["* (Subtitled)", "Preview: *", "* [IMAX]"],
    },
    Chain {
        name: "three",
        territory: "GB",
        facts: &["minutes", "distributor", "edi"],
        forms: &["* (12A)", "* + Q&A", "SILVER SCREEN: *"],
    },
    Chain {
        name: "four",
        territory: "DE",
        facts: &["original", "year", "minutes"],
        forms: &["* OmU", "* (3D)", "* - Dolby Cinema"],
    },
    Chain {
        name: "five",
        territory: "DE",
        facts: &["original", "year", "edi"],
        forms: &["* (OV)", "4DX *"],
    },
    Chain {
        name: "six",
        territory: "FR",
        facts: &["director", "year", "minutes", "original"],
        forms: &["* (VF)", "* VOST", "Avant-première : *"],
    },
    Chain {
        name: "seven",
        territory: "US",
        facts: &["year", "minutes"],
        forms: &["* IMAX", "* 3D", "* (Open Captions)"],
    },
];

/// A row of a listing, and the work that it is of; programmes have numbers of their own.
struct Row {
    film: Film,
    truth: usize,
}

fn works(random: &mut Random, count: usize) -> Vec<Truth> {
    let mut made: Vec<Truth> = Vec::new();
    while made.len() < count {
        let number = made.len();
        let length = [1, 1, 2, 2, 2, 2, 3, 3, 4][random.below(9)];
        let mut title: Vec<String> = (0..length).map(|_| capital(&random.word())).collect();
        if random.chance(35) {
            title.insert(0, "The".to_owned());
        }
        let mut title = title.join(" ");
        let mut year = 2026 - i16::try_from(random.below(3)).unwrap();
        let namesake = random.chance(5) && number > 0;
        if namesake {
            let other = &made[random.below(number)];
            title.clone_from(&other.original);
            // Most namesakes are old films; one of ten is of the same year.
            year = other.year - if random.chance(90) { 20 } else { 0 };
        } else if random.chance(8) && number > 0 {
            let other = &made[random.below(number)];
            title = format!("{} {}", other.original, 2 + random.below(2));
        }
        let mut titles = BTreeMap::new();
        for territory in ["GB", "DE", "FR", "US"] {
            let is_retitled = territory != "US" && random.chance(12);
            let words = [capital(&random.word()), capital(&random.word())].join(" ");
            titles.insert(territory, if is_retitled { words } else { title.clone() });
        }
        made.push(Truth {
            titles,
            original: title,
            director: format!("{} {}", capital(&random.word()), capital(&random.word())),
            year,
            minutes: 82 + i16::try_from(random.below(80)).unwrap(),
            distributor: format!("{} Pictures", capital(&random.word())),
            edi: 200_000 + number,
        });
    }
    made
}

fn listed(random: &mut Random, truth: &Truth, chain: &Chain, title: String, works: usize) -> Film {
    let mut film = Film {
        title,
        territory: Some(chain.territory.to_owned()),
        listing: Some(Listing {
            source: chain.name.to_owned(),
            first_on: 20_400,
            last_on: 20_420,
        }),
        ..Film::default()
    };
    for fact in chain.facts {
        if random.chance(8) {
            continue;
        }
        match *fact {
            "director" => film.directors = vec![truth.director.clone()],
            "original" => film.original_title = Some(truth.original.clone()),
            "distributor" => film.distributor = Some(truth.distributor.clone()),
            "year" => film.year = Some(truth.year + i16::from(random.chance(8))),
            "minutes" => {
                film.runtime_minutes =
                    Some(truth.minutes + i16::try_from(random.below(2)).unwrap());
            }
            _ => {
                let edi = if random.chance(45) {
                    200_000 + random.below(works)
                } else {
                    truth.edi
                };
                film.identifiers = vec![("edi".to_owned(), edi.to_string())];
            }
        }
    }
    film
}

fn rows(random: &mut Random, works: &[Truth]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for chain in &CHAINS {
        for (number, truth) in works.iter().enumerate() {
            // Few chains show an old film while the new one of the same name runs.
            let share = if truth.year < 2020 { 30 } else { 70 };
            if !random.chance(share) {
                continue;
            }
            let title = &truth.titles[chain.territory];
            let title = if random.chance(15) {
                title.to_uppercase()
            } else {
                title.clone()
            };
            let mut shown = vec![title.clone()];
            if random.chance(30) {
                shown.push(random.pick(chain.forms).replace('*', &title));
            }
            for title in shown {
                let film = listed(random, truth, chain, title, works.len());
                rows.push(Row {
                    film,
                    truth: number,
                });
            }
        }
        // Double bills.
        for _ in 0..works.len() / 50 {
            let (one, other) = (random.pick(works), random.pick(works));
            let (one, other) = (&one.titles[chain.territory], &other.titles[chain.territory]);
            if one.contains(' ') && other.contains(' ') {
                let title = format!("{one} + {other}");
                let truth = works.len() + rows.len();
                rows.push(Row {
                    film: Film {
                        title,
                        territory: Some(chain.territory.to_owned()),
                        ..Film::default()
                    },
                    truth,
                });
            }
        }
    }
    // Recycled keys: the title is that of another film by now, an identifier is still the old one.
    for row in &mut rows {
        if random.chance(2) {
            row.film.identifiers = vec![("edi".to_owned(), random.pick(works).edi.to_string())];
        }
    }
    rows
}

/// What came out, over all pairs of films.
#[derive(Default)]
struct Outcome {
    /// Pairs that are joined.
    joined: f64,
    /// Pairs that are of one work.
    true_pairs: f64,
    /// Pairs that are both.
    hits: f64,
    /// Pairs of groups that a person is asked about.
    questions: f64,
    films: f64,
    comparisons: usize,
}

impl Outcome {
    fn add(&mut self, other: &Self) {
        self.joined += other.joined;
        self.true_pairs += other.true_pairs;
        self.hits += other.hits;
        self.questions += other.questions;
        self.films += other.films;
        self.comparisons += other.comparisons;
    }
}

fn pairs_of(groups: impl Iterator<Item = usize>) -> f64 {
    groups
        .map(|size| f64::from(u32::try_from(size * (size - 1) / 2).unwrap()))
        .sum()
}

fn judge(rows: &[Row]) -> Outcome {
    let films: Vec<Candidate> = rows
        .iter()
        .map(|row| Candidate::new(row.film.clone()))
        .collect();
    let mut blocks: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, film) in films.iter().enumerate() {
        for key in film.keys() {
            blocks.entry(key).or_default().push(at);
        }
    }
    let pairs: BTreeSet<(usize, usize)> = blocks
        .values()
        .flat_map(|block| {
            block
                .iter()
                .enumerate()
                .flat_map(|(at, one)| block[at + 1..].iter().map(|other| (*one, *other)))
        })
        .collect();
    let (mut links, mut doubts) = (Vec::new(), Vec::new());
    for (a, b) in &pairs {
        let found = compare(&films[*a], &films[*b]);
        match found.verdict {
            Verdict::Same => {
                doubts.push((*a, *b));
                links.push(Link {
                    is_proven: found.is_proven(),
                    a: *a,
                    b: *b,
                    score: found.score,
                });
            }
            Verdict::Unclear => doubts.push((*a, *b)),
            Verdict::Different => {}
        }
    }
    let keys: Vec<usize> = (0..rows.len()).collect();
    let contradicts = |a: usize, b: usize| compare(&films[a], &films[b]).is_contradiction();
    let groups = cluster(&keys, &links, &[], contradicts);

    let mut group_of = vec![0; rows.len()];
    let mut right: HashMap<(usize, usize), usize> = HashMap::new();
    let mut truths: HashMap<usize, usize> = HashMap::new();
    for (number, group) in groups.iter().enumerate() {
        for film in group {
            group_of[*film] = number;
            *right.entry((number, rows[*film].truth)).or_default() += 1;
            *truths.entry(rows[*film].truth).or_default() += 1;
        }
    }
    // A question whose groups contradict each other is answered already.
    let queued: BTreeSet<(usize, usize)> = doubts
        .iter()
        .map(|(a, b)| (group_of[*a], group_of[*b]))
        .filter(|(a, b)| a != b)
        .filter(|(a, b)| {
            !groups[*a]
                .iter()
                .any(|one| groups[*b].iter().any(|other| contradicts(*one, *other)))
        })
        .map(|(a, b)| (a.min(b), a.max(b)))
        .collect();
    let count = |number: usize| f64::from(u32::try_from(number).unwrap());
    Outcome {
        joined: pairs_of(groups.iter().map(Vec::len)),
        true_pairs: pairs_of(truths.values().copied()),
        hits: pairs_of(right.values().copied()),
        questions: count(queued.len()),
        films: count(rows.len()),
        comparisons: pairs.len(),
    }
}

/// One world has about ten thousand pairs of films, and a namesake of the same year that is joined
/// costs up to forty of them: so the shares are those of eight worlds together.
#[test]
fn seven_chains_are_joined_into_the_works_that_they_show() {
    let mut all = Outcome::default();
    for seed in 1..=8_u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let works = works(&mut random, 450);
        all.add(&judge(&rows(&mut random, &works)));
    }
    println!(
        "{} films, {} comparisons, precision {:.4}, recall {:.4}, questions {:.4} of films",
        all.films,
        all.comparisons,
        all.hits / all.joined,
        all.hits / all.true_pairs,
        all.questions / all.films
    );
    assert!(all.hits / all.joined >= 0.995, "precision");
    assert!(all.hits / all.true_pairs >= 0.93, "recall");
    assert!(all.questions / all.films <= 0.04, "questions");
}
