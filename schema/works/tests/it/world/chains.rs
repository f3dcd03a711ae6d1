//! Works as they are, and what seven chains list of them.

use std::collections::BTreeMap;

use works::{Film, Listing};

/// Numbers from a seed (xorshift, Marsaglia 2003).
pub(crate) struct Random(u64);

impl Random {
    /// Numbers that follow from a seed, which may be any but 0.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// A name that no dictionary has; `syllables` are as many more than two, for large worlds.
    fn name(&mut self, syllables: usize) -> String {
        const HEADS: [&str; 16] = [
            "ba", "cor", "del", "fen", "gal", "hol", "jun", "kar", "lum", "mor", "nes", "or",
            "pel", "ras", "sil", "ver",
        ];
        const TAILS: [&str; 14] = [
            "an", "bury", "dow", "el", "fall", "gate", "ith", "lin", "mark", "ney", "ora", "ster",
            "ton", "wick",
        ];
        const MIDDLES: [&str; 12] = [
            "ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "ru", "sa", "te",
        ];
        let mut middle: String = (0..syllables).map(|_| self.pick(&MIDDLES)).collect();
        if self.chance(40) {
            middle += self.pick(&["a", "en", "i", "o"]);
        }
        capital(&format!(
            "{}{middle}{}",
            self.pick(&HEADS),
            self.pick(&TAILS)
        ))
    }

    /// A word of a title: a quarter are those that titles like to have.
    fn word(&mut self, syllables: usize) -> String {
        const LIKED: &str = "night love house dead last man girl summer blood dark king river city \
            secret dream heart war day wolf garden winter brother daughter island shadow road \
            stranger fire sky game storm letter lantern orchard ledger harvest tide quarry kettle \
            sparrow cellar ferry meadow anchor velvet thread chapel ember copper hollow";
        if self.chance(25) {
            let liked: Vec<&str> = LIKED.split_ascii_whitespace().collect();
            capital(self.pick(&liked))
        } else {
            self.name(syllables)
        }
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

/// A work as it is.
#[derive(Clone)]
pub(crate) struct Truth {
    /// By territory, without part and subtitle.
    titles: BTreeMap<&'static str, String>,
    subtitle: Option<String>,
    /// The number of its part.
    part: Option<usize>,
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
    /// How it decorates titles; `*` stands for the title.
    forms: &'static [&'static str],
    /// How it writes titles.
    style: Style,
}

/// How a chain writes titles.
#[derive(PartialEq, Eq)]
enum Style {
    Plain,
    /// "Title II"
    Roman,
    /// "Title, The"
    ArticleBehind,
    /// The subtitle behind a dash.
    Dash,
    /// The subtitle is dropped.
    NoSubtitle,
}

const CHAINS: [Chain; 7] = [
    Chain {
        name: "one",
        territory: "GB",
        facts: &["director", "minutes", "edi"],
        forms: &["IMAX: *", "(3D) *", "Parent & Baby: *"],
        style: Style::Plain,
    },
    Chain {
        name: "two",
        territory: "GB",
        facts: &["original", "director", "distributor"],
        forms: &["* (Subtitled)", "Preview: *", "* [IMAX]"],
        style: Style::Dash,
    },
    Chain {
        name: "three",
        territory: "GB",
        facts: &["minutes", "distributor", "edi"],
        forms: &["* (12A)", "* + Q&A", "SILVER SCREEN: *"],
        style: Style::Roman,
    },
    Chain {
        name: "four",
        territory: "DE",
        facts: &["original", "year", "minutes"],
        forms: &["* OmU", "* (3D)", "* - Dolby Cinema"],
        style: Style::ArticleBehind,
    },
    Chain {
        name: "five",
        territory: "DE",
        facts: &["original", "year", "edi"],
        forms: &["* (OV)", "4DX *"],
        style: Style::Plain,
    },
    Chain {
        name: "six",
        territory: "FR",
        facts: &["director", "year", "minutes", "original"],
        forms: &["* (VF)", "* VOST", "Avant-première : *"],
        style: Style::Plain,
    },
    Chain {
        name: "seven",
        territory: "US",
        facts: &["year", "minutes"],
        forms: &["* IMAX", "* 3D", "* (Open Captions)"],
        style: Style::NoSubtitle,
    },
];

/// A row of a listing, and the work that it is of; programmes have numbers of their own.
pub(crate) struct Row {
    pub(crate) film: Film,
    pub(crate) truth: usize,
}

/// Makes works; `syllables` keep names apart in large worlds.
pub(crate) fn works(random: &mut Random, count: usize, syllables: usize) -> Vec<Truth> {
    let mut made: Vec<Truth> = Vec::new();
    while made.len() < count {
        let number = made.len();
        let length = [1, 1, 2, 2, 2, 2, 3, 3, 4][random.below(9)];
        let mut title: Vec<String> = (0..length).map(|_| random.word(syllables)).collect();
        if random.chance(35) {
            title.insert(0, "The".to_owned());
        }
        let mut title = title.join(" ");
        let mut year = 2026 - i16::try_from(random.below(3)).unwrap();
        let mut part = None;
        let words =
            |random: &mut Random| [random.word(syllables), random.word(syllables)].join(" ");
        let mut subtitle = random.chance(15).then(|| words(random));
        if random.chance(6) && number > 0 {
            let other = random.pick(&made);
            (title, subtitle, part) = (other.titles["US"].clone(), other.subtitle, other.part);
            year = other.year - if random.chance(30) { 0 } else { 20 };
        } else if random.chance(8) && number > 0 {
            let other = random.pick(&made);
            title.clone_from(&other.titles["US"]);
            // A sequel has a number or a subtitle.
            part = random.chance(50).then(|| 2 + random.below(2));
            subtitle = part.is_none().then(|| words(random));
        }
        let titles = ["GB", "DE", "FR", "US"].map(|territory| {
            let is_retitled = territory != "US" && random.chance(12);
            let local = words(random);
            (territory, if is_retitled { local } else { title.clone() })
        });
        let mut truth = Truth {
            titles: titles.into_iter().collect(),
            subtitle,
            part,
            original: String::new(),
            director: format!("{} {}", random.name(syllables), random.name(syllables)),
            year,
            minutes: 82 + i16::try_from(random.below(80)).unwrap(),
            distributor: format!("{} Pictures", random.name(0)),
            edi: 200_000 + number,
        };
        truth.original = written(&truth, "US", &Style::Plain);
        made.push(truth);
    }
    made
}

/// Writes the title of a work as it is in a territory.
fn written(truth: &Truth, territory: &str, style: &Style) -> String {
    let mut title = truth.titles[territory].clone();
    if title != truth.titles["US"] {
        return title;
    }
    if let Some(part) = truth.part {
        let roman = if part == 2 { "II" } else { "III" };
        title = match style {
            Style::Roman => format!("{title} {roman}"),
            _ => format!("{title} {part}"),
        };
    }
    if *style == Style::ArticleBehind
        && let Some(rest) = title.strip_prefix("The ")
    {
        title = format!("{rest}, The");
    }
    match &truth.subtitle {
        Some(subtitle) if *style == Style::Dash => format!("{title} - {subtitle}"),
        Some(subtitle) if *style != Style::NoSubtitle => format!("{title}: {subtitle}"),
        _ => title,
    }
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

/// Lists the works as the chains do.
pub(crate) fn rows(random: &mut Random, works: &[Truth]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for chain in &CHAINS {
        for (number, truth) in works.iter().enumerate() {
            // Few chains show an old film while the new one of the same name runs.
            let share = if truth.year < 2020 { 30 } else { 70 };
            if !random.chance(share) {
                continue;
            }
            let title = written(truth, chain.territory, &chain.style);
            let title = if random.chance(15) {
                title.to_uppercase()
            } else {
                title
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
                let truth = works.len() + rows.len();
                let film = Film {
                    title: format!("{one} + {other}"),
                    territory: Some(chain.territory.to_owned()),
                    ..Film::default()
                };
                rows.push(Row { film, truth });
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
