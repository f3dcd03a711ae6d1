//! Pairs that people labelled: none that is not the same, or unclear, is joined by rule.
//!
//! `FULLHOUSE_FILM_PAIRS` names another file of the same form to be judged in place of ours:
//! `FULLHOUSE_FILM_PAIRS=pairs.tsv cargo nextest run -p works -E 'test(labelled)' --no-capture`.

use std::{
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
};

use works::{
    Candidate, Comparison, Film, Reference, ReferenceTitle, Verdict, compare, compare_films,
};

/// A labelled pair.
struct Pair {
    a: Film,
    b: Film,
    label: String,
}

impl Pair {
    fn name(&self) -> String {
        format!("{} | {}", self.a.title, self.b.title)
    }
}

/// Reads a number of minutes or a year.
fn number(text: &str) -> i16 {
    text.trim()
        .parse()
        .unwrap_or_else(|_| panic!("{text} is no number"))
}

fn film(title: &str, territory: &str, facts: &str) -> Film {
    let mut film = Film {
        title: title.to_owned(),
        territory: Some(territory.to_owned()),
        ..Film::default()
    };
    for fact in facts
        .split(';')
        .map(str::trim)
        .filter(|fact| !fact.is_empty())
    {
        let (name, value) = fact.split_once('=').unwrap();
        match name {
            "year" => film.year = Some(number(value)),
            "runtime" => film.runtime_minutes = Some(number(value)),
            "director" => film.directors = value.split(", ").map(str::to_owned).collect(),
            "original" => film.original_title = Some(value.to_owned()),
            "distributor" => film.distributor = Some(value.to_owned()),
            "chain" => {}
            scheme => film.identifiers.push((scheme.to_owned(), value.to_owned())),
        }
    }
    film
}

fn pairs(path: &Path) -> Vec<Pair> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let columns: HashMap<&str, usize> = lines
        .next()
        .unwrap()
        .split('\t')
        .enumerate()
        .map(|(index, name)| (name, index))
        .collect();
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let field = |name: &str| fields.get(columns[name]).copied().unwrap_or_default();
            Pair {
                a: film(field("title_a"), field("territory_a"), field("facts_a")),
                b: film(field("title_b"), field("territory_b"), field("facts_b")),
                label: field("same?").to_owned(),
            }
        })
        .collect()
}

fn verdicts(pairs: &[Pair]) -> Vec<(&Pair, Comparison)> {
    pairs
        .iter()
        .map(|pair| (pair, compare_films(&pair.a, &pair.b)))
        .collect()
}

/// Prints each pair with its reasons, and how many of each label were joined.
fn print(judged: &[(&Pair, Comparison)]) {
    let mut counts: HashMap<(&str, Verdict), usize> = HashMap::new();
    for (pair, comparison) in judged {
        *counts.entry((&pair.label, comparison.verdict)).or_default() += 1;
        println!(
            "{:9} {:9?} {:5.1}  {}",
            pair.label,
            comparison.verdict,
            comparison.score,
            pair.name()
        );
        for reason in &comparison.reasons {
            let veto = if reason.is_veto { " (veto)" } else { "" };
            println!("      {:6.1} {}{veto}", reason.weight, reason.text);
        }
    }
    for label in ["same", "not", "unclear"] {
        let count = |verdict| counts.get(&(label, verdict)).copied().unwrap_or_default();
        println!(
            "{label}: {} joined, {} for people, {} apart",
            count(Verdict::Same),
            count(Verdict::Unclear),
            count(Verdict::Different)
        );
    }
}

fn ours() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pairs.tsv")
}

#[test]
fn no_pair_that_is_not_the_same_is_joined() {
    let pairs = pairs(&env::var_os("FULLHOUSE_FILM_PAIRS").map_or_else(ours, Into::into));
    let judged = verdicts(&pairs);
    print(&judged);
    let wrong: Vec<String> = judged
        .iter()
        .filter(|(pair, comparison)| pair.label != "same" && comparison.verdict == Verdict::Same)
        .map(|(pair, _)| pair.name())
        .collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn four_of_five_pairs_that_are_the_same_are_joined() {
    let pairs = pairs(&ours());
    let same: Vec<Verdict> = verdicts(&pairs)
        .iter()
        .filter(|(pair, _)| pair.label == "same")
        .map(|(_, comparison)| comparison.verdict)
        .collect();
    let joined = same
        .iter()
        .filter(|verdict| **verdict == Verdict::Same)
        .count();
    assert!(
        joined * 5 >= same.len() * 4,
        "{joined} of {} are joined",
        same.len()
    );
}

/// The list that an operator would have: the works of all pairs, each title with its territory.
/// Made of the pairs, so it lacks none of them: what is measured is the use of a complete list.
fn reference(pairs: &[Pair]) -> Reference {
    let mut lines = Vec::new();
    let mut works: HashMap<(String, Option<String>, Option<i16>), String> = HashMap::new();
    for (number, pair) in pairs.iter().enumerate() {
        let is_same = pair.label == "same";
        // Who keeps a list knows the facts of a work, not of a listing.
        let facts = |film: &Film, other: &Film| {
            let mut film = film.clone();
            if is_same {
                film.year = film.year.or(other.year);
                film.directors = [film.directors, other.directors.clone()].concat();
            }
            Film {
                runtime_minutes: None,
                identifiers: Vec::new(),
                ..film
            }
        };
        let films = [facts(&pair.a, &pair.b), facts(&pair.b, &pair.a)];
        let name = |film: &Film| (film.title.clone(), film.territory.clone(), film.year);
        let known = films
            .iter()
            .filter(|film| is_same && film.year.is_some())
            .find_map(|film| works.get(&name(film)))
            .cloned();
        for (film, side) in films.into_iter().zip(["a", "b"]) {
            let side = if is_same { "" } else { side };
            let work = known.clone().unwrap_or_else(|| format!("{number}{side}"));
            works.insert(name(&film), work.clone());
            lines.push(ReferenceTitle { work, film });
        }
    }
    Reference::new(lines)
}

#[test]
fn a_list_of_works_joins_what_titles_cannot_and_nothing_wrong() {
    let pairs = pairs(&env::var_os("FULLHOUSE_FILM_PAIRS").map_or_else(ours, Into::into));
    let list = reference(&pairs);
    let listed = |film: &Film| list.assign(Candidate::new(film.clone()));
    let judged: Vec<(&Pair, Comparison)> = pairs
        .iter()
        .map(|pair| (pair, compare(&listed(&pair.a), &listed(&pair.b))))
        .collect();
    print(&judged);
    let is_joined = |comparison: &Comparison| comparison.verdict == Verdict::Same;
    let wrong: Vec<String> = judged
        .iter()
        .filter(|(pair, comparison)| pair.label != "same" && is_joined(comparison))
        .map(|(pair, _)| pair.name())
        .collect();
    assert_eq!(wrong, [""; 0]);
    let same: Vec<bool> = judged
        .iter()
        .filter(|(pair, _)| pair.label == "same")
        .map(|(_, comparison)| is_joined(comparison))
        .collect();
    let joined = same.iter().filter(|is_joined| **is_joined).count();
    assert!(
        joined * 100 >= same.len() * 85,
        "{joined} of {} are joined",
        same.len()
    );
}
