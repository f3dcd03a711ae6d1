//! The rows of the page of a work.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schema::reading::{
    film_depth::FilmInDepth,
    film_pairs::DecidedPair,
    totals::DayTotal,
    works::{WorkChain, WorkDay, WorkIdentifier, WorkTitle},
};

use super::{
    chart::Forecast,
    film_facts::{named, span},
    format, svg,
    time_text::TimeText,
    work_chart::Days,
};

/// The chains of a territory, each with its rows; the row of all of them has no name.
type Chains<'a> = Vec<(Option<&'a str>, Vec<&'a WorkChain>)>;

/// Totals in a territory, or at one chain there.
pub(super) struct ChainRow {
    pub(super) territory: String,
    pub(super) source: Option<String>,
    /// Whether it is all of a territory with several chains.
    pub(super) is_sum: bool,
    pub(super) showtimes: String,
    pub(super) seats: String,
    pub(super) admissions: String,
    pub(super) bar: String,
    pub(super) taken: String,
    pub(super) gross: String,
}

/// Rows of each territory and its chains, the territory with most admissions first. A territory with
/// a single chain is one row.
pub(super) fn chain_rows(rows: &[WorkChain]) -> Vec<ChainRow> {
    let mut territories: BTreeMap<&str, BTreeMap<Option<&str>, Vec<&WorkChain>>> = BTreeMap::new();
    for row in rows {
        territories
            .entry(&row.territory)
            .or_default()
            .entry(row.source.as_deref())
            .or_default()
            .push(row);
    }
    let admissions = |of: &[&WorkChain]| of.iter().map(|row| row.admissions).sum::<i64>();
    let mut ranked: Vec<(&str, i64, Chains<'_>)> = territories
        .into_iter()
        .map(|(territory, chains)| {
            let all = chains.get(&None).map_or(0, |of| admissions(of));
            let is_single = chains.len() == 2;
            let mut chains: Vec<_> = chains
                .into_iter()
                .filter(|(source, _)| source.is_some() || !is_single)
                .collect();
            // The row of all stands first.
            chains.sort_by_key(|(source, of)| (source.is_some(), -admissions(of)));
            (territory, all, chains)
        })
        .collect();
    ranked.sort_by_key(|(territory, all, _)| (-all, *territory));
    ranked
        .into_iter()
        .flat_map(|(territory, _, chains)| {
            chains
                .into_iter()
                .map(move |(source, of)| chain_row(territory, source, &of))
        })
        .collect()
}

fn chain_row(territory: &str, source: Option<&str>, of: &[&WorkChain]) -> ChainRow {
    let sum = |value: fn(&WorkChain) -> i64| of.iter().map(|row| value(row)).sum::<i64>();
    let (seats, admissions) = (sum(|row| row.seats), sum(|row| row.admissions));
    let gross: Vec<String> = of
        .iter()
        .filter(|row| row.currency != "XXX")
        .filter_map(|row| Some(format::money(row.gross.as_deref()?, &row.currency)))
        .collect();
    ChainRow {
        territory: territory.to_owned(),
        source: source.map(str::to_owned),
        is_sum: source.is_none(),
        showtimes: format::grouped(sum(|row| row.showtimes)),
        seats: format::grouped(seats),
        admissions: format::grouped(admissions),
        bar: svg::bar(format::share(admissions, seats), false),
        taken: format::percent(admissions, seats),
        gross: gross.join(", "),
    }
}

/// A film of the work, and why it is of it.
pub(super) struct FilmRow {
    pub(super) film_id: i32,
    pub(super) title: String,
    pub(super) source: String,
    pub(super) territory: String,
    pub(super) run: String,
    pub(super) decided_by: String,
    pub(super) reason: String,
}

impl FilmRow {
    pub(super) fn of(film: &FilmInDepth) -> Self {
        Self {
            film_id: film.film_id,
            title: film.title.clone(),
            source: film.source.clone(),
            territory: film.territory.clone().unwrap_or_default(),
            run: span(film.first_on, film.last_on),
            decided_by: decided_by(film.rule.as_deref(), film.score),
            reason: film.reason.clone().unwrap_or_default(),
        }
    }
}

/// Who decided that a film is of its work.
pub(super) fn decided_by(rule: Option<&str>, score: Option<f32>) -> String {
    match (rule, score) {
        (Some("rules"), Some(score)) => format!("rules, {score:.1} bits"),
        (Some("reference"), Some(score)) => format!("trusted list, {score:.1} bits"),
        (Some("person"), _) => "a person".to_owned(),
        _ => String::new(),
    }
}

/// A verdict of a person.
pub(super) struct VerdictRow {
    pub(super) film_a: i32,
    pub(super) film_b: i32,
    pub(super) name_a: String,
    pub(super) name_b: String,
    pub(super) what: &'static str,
    pub(super) at: TimeText,
    pub(super) who: String,
    pub(super) reason: String,
}

impl VerdictRow {
    pub(super) fn of(pair: &DecidedPair, now: &DateTime<Utc>) -> Self {
        Self {
            film_a: pair.film_a,
            film_b: pair.film_b,
            name_a: format!("{} at {}", pair.title_a, pair.source_a),
            name_b: format!("{} at {}", pair.title_b, pair.source_b),
            what: if pair.is_same {
                "same film"
            } else {
                "different films"
            },
            at: TimeText::ago(&pair.decided_at, now),
            who: pair.decided_by.clone(),
            reason: pair.reason.clone(),
        }
    }
}

/// An identifier, and how sure it is that it is that of the work.
pub(super) struct IdentifierRow {
    pub(super) name: String,
    pub(super) sources: String,
    pub(super) is_believed: bool,
}

impl IdentifierRow {
    pub(super) fn of(identifier: &WorkIdentifier) -> Self {
        let sources: Vec<&str> = identifier.sources.iter().map(String::as_str).collect();
        Self {
            name: format!("{} {}", identifier.scheme, identifier.value),
            sources: named(&sources),
            is_believed: identifier.is_believed,
        }
    }
}

/// Titles by territory: each title once, with the territories that have it.
pub(super) fn title_rows(titles: &[WorkTitle]) -> Vec<(String, String)> {
    let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
    for one in titles {
        let place = one
            .territory
            .as_deref()
            .unwrap_or("original, or several territories");
        match rows.iter_mut().find(|(title, _)| *title == one.title) {
            Some((_, places)) => places.push(place),
            None => rows.push((one.title.clone(), vec![place])),
        }
    }
    rows.into_iter()
        .map(|(title, places)| (title, places.join(", ")))
        .collect()
}

/// The totals of all territories together, as the pages of films and cinemas add them up.
pub(super) fn all_territories(rows: &[WorkDay]) -> Vec<DayTotal> {
    rows.iter()
        .filter(|row| row.territory.is_none())
        .map(|row| DayTotal {
            business_on: row.business_on,
            currency: row.currency.clone(),
            showtimes: row.showtimes,
            cancelled: row.cancelled,
            exact: row.exact,
            seats: row.seats,
            admissions: row.admissions,
            gross: row.gross.clone(),
        })
        .collect()
}

/// The forecast of a work as its page shows it.
#[derive(Default)]
pub(super) struct ForecastCard {
    /// The territory that it is about.
    pub(super) territory: String,
    /// The drawing of it; empty if the forecast was refused.
    pub(super) chart: String,
    /// The day on which it was made.
    pub(super) made: String,
    /// Why it was refused; empty if it was not.
    pub(super) refusal: String,
    /// Each day: its name, its median, and the bounds of 50, 80 and 95 %.
    pub(super) rows: Vec<(String, [String; 4])>,
}

impl ForecastCard {
    /// Says why there is no forecast.
    pub(super) fn refused(refusal: String) -> Self {
        Self {
            refusal,
            ..Self::default()
        }
    }

    /// Shows the forecast of a territory, whose days are `days`.
    pub(super) fn of(territory: &str, forecast: &Forecast, days: &Days) -> Self {
        let rows = forecast.days.iter().map(|day| {
            let one = |share| {
                day.quantile(share)
                    .map_or_else(String::new, format::rounded)
            };
            let between = |low, high| match (day.quantile(low), day.quantile(high)) {
                (Some(low), Some(high)) => {
                    format!("{} to {}", format::rounded(low), format::rounded(high))
                }
                _ => String::new(),
            };
            let values = [
                one(0.5),
                between(0.25, 0.75),
                between(0.1, 0.9),
                between(0.025, 0.975),
            ];
            (day.business_on.format("%a %-d %b %Y").to_string(), values)
        });
        Self {
            territory: territory.to_owned(),
            made: forecast.origin.format("%-d %b %Y").to_string(),
            rows: rows.collect(),
            refusal: String::new(),
            chart: days.fan(forecast),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{super::chart::ForecastDay, *};

    fn chain(territory: &str, source: Option<&str>, currency: &str, admissions: i64) -> WorkChain {
        WorkChain {
            territory: territory.to_owned(),
            source: source.map(str::to_owned),
            currency: currency.to_owned(),
            showtimes: 1,
            seats: 100,
            admissions,
            gross: Some("10.00".to_owned()),
        }
    }

    #[test]
    fn a_territory_has_a_row_of_its_own_only_for_several_chains() {
        let rows = chain_rows(&[
            chain("DE", None, "EUR", 5),
            chain("DE", Some("cinestar"), "EUR", 5),
            chain("FR", None, "EUR", 30),
            chain("FR", None, "XXX", 2),
            chain("FR", Some("cgr"), "EUR", 10),
            chain("FR", Some("pathe"), "EUR", 20),
            chain("FR", Some("pathe"), "XXX", 2),
        ]);
        let shown: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.territory.as_str(),
                    row.source.as_deref(),
                    row.admissions.as_str(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("FR", None, "32"),
                ("FR", Some("pathe"), "22"),
                ("FR", Some("cgr"), "10"),
                ("DE", Some("cinestar"), "5"),
            ]
        );
        assert_eq!(
            (rows[1].gross.as_str(), rows[1].taken.as_str()),
            ("10.00 EUR", "11.0 %")
        );
    }

    #[test]
    fn a_title_stands_once_with_its_territories() {
        let title = |territory: Option<&str>, title: &str| WorkTitle {
            territory: territory.map(str::to_owned),
            title: title.to_owned(),
        };
        let rows = title_rows(&[
            title(None, "Marée basse"),
            title(Some("FR"), "Marée basse"),
            title(Some("GB"), "Low Tide"),
        ]);
        let expected = [
            ("Marée basse", "original, or several territories, FR"),
            ("Low Tide", "GB"),
        ];
        assert_eq!(rows, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn a_forecast_is_drawn_with_a_table_and_a_refusal_is_its_sentence() {
        let days = Days::of(&[]);
        let day = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
        let card = ForecastCard::of(
            "GB",
            &Forecast {
                origin: day,
                days: vec![ForecastDay {
                    business_on: day,
                    quantiles: vec![(0.1, 10.0), (0.5, 50.4), (0.9, 90.0)],
                }],
            },
            &days,
        );
        let expected = ["50", "25 to 60", "10 to 90", ""].map(str::to_owned);
        assert_eq!(card.rows[0].1[0], expected[0]);
        assert_eq!(card.rows[0].1[2..], expected[2..]);
        assert!(card.chart.contains("band80") && card.refusal.is_empty());
        let refused = ForecastCard::refused("too few days".to_owned());
        assert_eq!(
            (refused.chart.as_str(), refused.refusal.as_str()),
            ("", "too few days")
        );
    }
}
