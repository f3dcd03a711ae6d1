//! The rows of the page of doubtful pairs: what two sources say, side by side, with the evidence.

use schema::reading::film_depth::{FilmInDepth, MAX_COUNTED_SHOWTIMES};
use works::{Reason, Signal};

use super::{
    film_facts::{FACTS, span},
    format,
    svg::{self, State},
};

/// What one says of both films.
pub(super) struct CompareRow {
    pub(super) name: &'static str,
    pub(super) a: String,
    pub(super) b: String,
    pub(super) evidence: Vec<EvidenceRow>,
}

/// One piece of evidence.
pub(super) struct EvidenceRow {
    pub(super) mark: String,
    pub(super) bits: String,
    pub(super) text: String,
}

impl EvidenceRow {
    fn of(reason: &Reason) -> Self {
        let (state, bits) = match reason.weight {
            _ if reason.is_veto => (State::Bad, "veto".to_owned()),
            weight if weight > 0.0 => (State::Ok, format!("+{weight:.1}")),
            weight if weight < 0.0 => (State::Bad, format!("−{:.1}", -weight)),
            _ => (State::Off, "0".to_owned()),
        };
        Self {
            mark: svg::mark(state),
            bits,
            text: reason.text.clone(),
        }
    }
}

/// Which row shows a piece of evidence.
const fn row_of(signal: Signal) -> &'static str {
    match signal {
        Signal::Title | Signal::Number | Signal::Season => "title",
        Signal::Director => "director",
        Signal::Year => "year",
        Signal::Runtime => "length",
        Signal::Distributor => "distributor",
        Signal::Release => "released",
        Signal::Identifier => "numbers",
        Signal::Listing => "shown",
        Signal::Showing | Signal::Kind => "form",
        Signal::Reference => "trusted list",
    }
}

/// What both sources say, a row each; rows that have neither a value nor evidence are left out.
pub(super) fn rows(a: &FilmInDepth, b: &FilmInDepth, reasons: &[Reason]) -> Vec<CompareRow> {
    let both = |name, read: fn(&FilmInDepth) -> String| (name, read(a), read(b));
    let facts = FACTS.iter().map(|(name, read)| {
        let text = |film: &FilmInDepth| read(film).unwrap_or_default();
        (*name, text(a), text(b))
    });
    let rows = [both("title", |film| film.title.clone())]
        .into_iter()
        .chain(facts)
        .chain([
            both("numbers", |film| film.identifiers.join(", ")),
            both("territory", |film| {
                film.territory.clone().unwrap_or_default()
            }),
            both("shown", shown),
            both("former titles", |film| film.former_titles.join(", ")),
            ("form", String::new(), String::new()),
            ("trusted list", String::new(), String::new()),
        ]);
    rows.map(|(name, a, b)| CompareRow {
        evidence: reasons
            .iter()
            .filter(|reason| row_of(reason.signal) == name)
            .map(EvidenceRow::of)
            .collect(),
        name,
        a,
        b,
    })
    .filter(|row| !row.a.is_empty() || !row.b.is_empty() || !row.evidence.is_empty())
    .collect()
}

fn shown(film: &FilmInDepth) -> String {
    if film.showtimes == 0 {
        return "no showtime".to_owned();
    }
    let showtimes = if film.showtimes >= MAX_COUNTED_SHOWTIMES {
        format!("{}+ showtimes", format::grouped(film.showtimes))
    } else {
        format::counted(film.showtimes, "showtime")
    };
    format!("{showtimes}, {}", span(film.first_on, film.last_on))
}

#[cfg(test)]
mod tests {
    use super::{super::film_facts::tests::bare, *};

    #[test]
    fn each_piece_of_evidence_stands_in_one_row_and_beside_what_it_is_of() {
        let reason = |signal, weight: f64, is_veto| Reason {
            signal,
            weight,
            is_veto,
            text: format!("{signal:?}"),
        };
        let all = [
            Signal::Title,
            Signal::Number,
            Signal::Director,
            Signal::Year,
            Signal::Runtime,
            Signal::Identifier,
            Signal::Release,
            Signal::Distributor,
            Signal::Showing,
            Signal::Listing,
            Signal::Season,
            Signal::Reference,
            Signal::Kind,
        ];
        let reasons: Vec<Reason> = all
            .into_iter()
            .map(|signal| reason(signal, 1.0, false))
            .collect();
        let (a, mut b) = (bare(1, "amc", "Low Tide"), bare(2, "bhd", "LOW TIDE"));
        b.year = Some(2026);
        let shown = rows(&a, &b, &reasons);
        let evidence: usize = shown.iter().map(|row| row.evidence.len()).sum();
        assert_eq!(evidence, all.len());
        let year = shown.iter().find(|row| row.name == "year").unwrap();
        assert_eq!((year.a.as_str(), year.b.as_str()), ("", "2026"));
        assert_eq!(year.evidence[0].text, "Year");
        // Without evidence, rows without a value are left out.
        let names: Vec<_> = rows(&a, &b, &[]).iter().map(|row| row.name).collect();
        assert_eq!(names, ["title", "year", "shown"]);
    }

    #[test]
    fn the_sign_of_the_bits_is_seen_without_colour() {
        let bits = |weight, is_veto| {
            let row = EvidenceRow::of(&Reason {
                signal: Signal::Year,
                weight,
                is_veto,
                text: String::new(),
            });
            (row.bits, row.mark.contains("mark ok"))
        };
        assert_eq!(bits(6.0, false), ("+6.0".to_owned(), true));
        assert_eq!(bits(-4.0, false), ("−4.0".to_owned(), false));
        assert_eq!(bits(0.0, true), ("veto".to_owned(), false));
    }
}
