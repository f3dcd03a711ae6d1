//! Groups the films of a neighbourhood, and says what is stored of them.

use std::collections::{BTreeMap, BTreeSet};

use schema::{
    pair::PairDoubt,
    work::{Names, Placed, Title},
};
use works::{WorkKind, title_key};

use super::{
    confirmation::confirmed,
    neighbourhood::{KnownFilm, Neighbourhood},
};
use crate::background::matching::{Listed as _, Reasons};

/// What is stored of a neighbourhood.
#[derive(Debug, Default)]
pub(super) struct Placement {
    /// Each explored film with its work.
    pub placed: Vec<Placed>,
    /// Titles and identifiers of these works.
    pub names: Names,
    /// Pairs on which a person should decide.
    pub doubts: Vec<PairDoubt>,
}

impl Placement {
    /// Groups the explored films.
    pub(super) fn of(found: &Neighbourhood) -> Self {
        let groups = found.seen.groups(&found.twins);
        let reasons = Reasons::of(&found.seen, &groups);
        let mut placement = Self::default();
        for members in &groups {
            placement.place(found, &reasons, members);
        }
        placement.doubts = found.seen.doubts(&groups);
        placement
    }

    /// Places the members of a group, sorted by number, in the work of the first.
    fn place(&mut self, found: &Neighbourhood, reasons: &Reasons<'_, KnownFilm>, members: &[i32]) {
        let Some(first) = members.first().copied() else {
            return;
        };
        let films: Vec<(i32, &KnownFilm)> = members
            .iter()
            .filter_map(|film| Some((*film, found.seen.read.get(film)?)))
            .collect();
        let kind = films
            .iter()
            .map(|(_, known)| known.candidate.kind())
            .min_by_key(|kind| rank(*kind))
            .unwrap_or_default();
        let title = commonest_title(&films);
        let confirmed = confirmed(&found.seen, members);
        for film in members {
            let why = reasons.why(*film);
            let placed = Placed {
                film_id: *film,
                of_film_id: first,
                confirmed_film_id: confirmed.get(film).copied(),
                rule: why.rule,
                score: why.score,
                reason: why.reason,
                kind: kind.word(),
                title: title.clone(),
            };
            self.placed.push(placed);
        }
        let mut titles = BTreeSet::new();
        let mut identifiers: BTreeMap<(String, String), BTreeSet<i32>> = BTreeMap::new();
        for (_, known) in films {
            let film = known.candidate.film();
            titles.insert((
                film.territory.clone(),
                known.candidate.title().title.clone(),
            ));
            titles.extend(film.original_title.clone().map(|title| (None, title)));
            for identifier in &film.identifiers {
                identifiers
                    .entry(identifier.clone())
                    .or_default()
                    .insert(known.key().0);
            }
        }
        titles.retain(|(_, title)| !title.is_empty());
        self.names
            .titles
            .extend(titles.into_iter().map(|(territory, title)| Title {
                of_film_id: first,
                territory,
                key: title_key(&title),
                title,
            }));
        let believed = identifiers
            .into_iter()
            .filter(|(_, sources)| sources.len() >= 2);
        self.names
            .identifiers
            .extend(believed.map(|((scheme, value), _)| (first, scheme, value)));
    }
}

/// Returns the title that most films have, of several that of the film with the lowest number.
fn commonest_title(films: &[(i32, &KnownFilm)]) -> Option<String> {
    let titles: Vec<&str> = films
        .iter()
        .map(|(_, known)| known.candidate.title().title.as_str())
        .filter(|title| !title.is_empty())
        .collect();
    let count = |title: &str| titles.iter().filter(|other| **other == title).count();
    // `max_by_key` gives the last of equals.
    let commonest = titles.iter().rev().max_by_key(|title| count(title));
    commonest.map(|title| (*title).to_owned())
}

/// The kind that says most comes first.
const fn rank(kind: WorkKind) -> u8 {
    match kind {
        WorkKind::Programme => 0,
        WorkKind::Feature => 1,
        WorkKind::Short => 2,
        WorkKind::Event => 3,
        WorkKind::Unknown => 4,
    }
}
