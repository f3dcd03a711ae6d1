//! What sources say of films, as facts with names: of one film, and of all films of a work.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use schema::reading::film_depth::FilmInDepth;

/// Sources that are named beside a value; of more, their number is given.
const MAX_NAMED_SOURCES: usize = 2;

/// Reads the text of a fact; none if the source does not say it.
type Read = fn(&FilmInDepth) -> Option<String>;

/// The facts that a source can say, in the order of the page.
pub(super) const FACTS: [(&str, Read); 6] = [
    ("original title", |film| film.original_title.clone()),
    ("director", |film| {
        (!film.directors.is_empty()).then(|| film.directors.join(", "))
    }),
    ("year", |film| film.year.map(|year| year.to_string())),
    ("length", |film| {
        film.runtime_minutes.map(|minutes| format!("{minutes} min"))
    }),
    ("distributor", |film| film.distributor.clone()),
    ("released", |film| film.released_on.map(day)),
];

/// A fact of a film.
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// What the source of a film says of it.
pub(super) fn of_film(film: &FilmInDepth) -> Vec<Fact> {
    let mut facts: Vec<Fact> = FACTS
        .iter()
        .filter_map(|(name, read)| {
            Some(Fact {
                name,
                value: read(film)?,
            })
        })
        .collect();
    if !film.identifiers.is_empty() {
        facts.push(Fact {
            name: "numbers",
            value: film.identifiers.join(", "),
        });
    }
    facts
}

/// A fact of a work: each value with the sources that say it.
pub(super) struct SharedFact {
    pub(super) name: &'static str,
    pub(super) values: Vec<(String, String)>,
}

/// What the sources of films say of them together, the value of most sources first.
pub(super) fn of_films(films: &[FilmInDepth]) -> Vec<SharedFact> {
    let all = FACTS.iter().map(|(name, read)| {
        let mut values: Vec<(String, BTreeSet<&str>)> = Vec::new();
        for film in films {
            let Some(value) = read(film) else { continue };
            match values.iter_mut().find(|(known, _)| *known == value) {
                Some((_, sources)) => {
                    sources.insert(&film.source);
                }
                None => values.push((value, BTreeSet::from([film.source.as_str()]))),
            }
        }
        values.sort_by_key(|(_, sources)| std::cmp::Reverse(sources.len()));
        SharedFact {
            name,
            values: values
                .into_iter()
                .map(|(value, sources)| (value, named(&sources.into_iter().collect::<Vec<_>>())))
                .collect(),
        }
    });
    all.filter(|fact| !fact.values.is_empty()).collect()
}

/// Names sources, or says how many there are.
pub(super) fn named(sources: &[&str]) -> String {
    if sources.len() <= MAX_NAMED_SOURCES {
        sources.join(", ")
    } else {
        format!("{} sources", sources.len())
    }
}

/// A day for a person.
pub(super) fn day(on: NaiveDate) -> String {
    on.format("%-d %b %Y").to_string()
}

/// The days from a first to a last one; nothing without them.
pub(super) fn span(first_on: Option<NaiveDate>, last_on: Option<NaiveDate>) -> String {
    match (first_on, last_on) {
        (Some(first), Some(last)) if first == last => day(first),
        (Some(first), Some(last)) => {
            let is_year = first.format("%Y").to_string() == last.format("%Y").to_string();
            let first = first.format(if is_year { "%-d %b" } else { "%-d %b %Y" });
            format!("{first} to {}", day(last))
        }
        (Some(one), None) | (None, Some(one)) => day(one),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A film of which nothing but source and title is known.
    pub(in crate::page) fn bare(film_id: i32, source: &str, title: &str) -> FilmInDepth {
        FilmInDepth {
            film_id,
            source: source.to_owned(),
            key: film_id.to_string(),
            title: title.to_owned(),
            discovered_by: 1,
            territory: None,
            original_title: None,
            year: None,
            runtime_minutes: None,
            directors: Vec::new(),
            distributor: None,
            released_on: None,
            facts_changed_at: None,
            facts_changed_by: None,
            identifiers: Vec::new(),
            former_titles: Vec::new(),
            work_id: None,
            rule: None,
            score: None,
            reason: None,
            decided_at: None,
            showtimes: 0,
            first_on: None,
            last_on: None,
        }
    }

    #[test]
    fn the_value_of_most_sources_stands_first() {
        let of = |film_id, source: &str, year| FilmInDepth {
            year,
            ..bare(film_id, source, "Low Tide")
        };
        let films = [
            of(1, "amc", Some(2025)),
            of(2, "bhd", Some(2026)),
            of(3, "cds", Some(2026)),
            of(4, "cgr", Some(2026)),
            of(5, "vue", None),
            // One source counts once.
            of(6, "amc", Some(2025)),
        ];
        let facts = of_films(&films);
        assert_eq!(facts.len(), 1);
        let values: Vec<_> = facts[0]
            .values
            .iter()
            .map(|(value, who)| (value.as_str(), who.as_str()))
            .collect();
        assert_eq!(values, [("2026", "3 sources"), ("2025", "amc")]);
        assert!(of_film(&films[4]).is_empty());
    }

    #[test]
    fn days_name_their_year_once() {
        let on = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
        assert_eq!(
            span(on(2026, 11, 30), on(2026, 12, 6)),
            "30 Nov to 6 Dec 2026"
        );
        assert_eq!(
            span(on(2025, 12, 31), on(2026, 1, 1)),
            "31 Dec 2025 to 1 Jan 2026"
        );
        assert_eq!(span(on(2026, 1, 1), on(2026, 1, 1)), "1 Jan 2026");
        assert_eq!(span(None, None), "");
    }
}
