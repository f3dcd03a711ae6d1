//! The charts of a work: its admissions by day and territory, and its forecast.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schema::reading::works::WorkDay;

use super::{
    chart::{FanChart, Forecast, MAX_SERIES, StackChart, StackColumn, series_mark},
    format,
};
use crate::number::float;

/// Days of the chart; the table has them all.
const MAX_COLUMNS: usize = 45;
/// Days of history before a forecast.
const MAX_HISTORY_DAYS: usize = 28;

/// A territory in the legend of the chart.
pub(super) struct TerritoryLegend {
    pub(super) mark: String,
    pub(super) name: String,
    pub(super) admissions: String,
}

/// Admissions by day and territory.
pub(super) struct Days {
    /// The series from the bottom: a territory each, and the others together as the last.
    series: Vec<Series>,
    /// Each day with the admissions of each territory.
    by_day: BTreeMap<NaiveDate, BTreeMap<String, i64>>,
}

struct Series {
    name: String,
    territories: Vec<String>,
    admissions: i64,
}

impl Days {
    /// Adds up the currencies of each day and territory.
    pub(super) fn of(rows: &[WorkDay]) -> Self {
        let mut by_day: BTreeMap<NaiveDate, BTreeMap<String, i64>> = BTreeMap::new();
        let mut by_territory: BTreeMap<&str, i64> = BTreeMap::new();
        for row in rows {
            let Some(territory) = &row.territory else {
                continue;
            };
            *by_day
                .entry(row.business_on)
                .or_default()
                .entry(territory.clone())
                .or_default() += row.admissions;
            *by_territory.entry(territory).or_default() += row.admissions;
        }
        let mut ranked: Vec<(&str, i64)> = by_territory.into_iter().collect();
        ranked.sort_by_key(|(_, admissions)| std::cmp::Reverse(*admissions));
        let single = if ranked.len() <= MAX_SERIES {
            ranked.len()
        } else {
            MAX_SERIES - 1
        };
        let others = ranked.split_off(single);
        let mut series: Vec<Series> = ranked
            .into_iter()
            .map(|(territory, admissions)| Series {
                name: territory.to_owned(),
                territories: vec![territory.to_owned()],
                admissions,
            })
            .collect();
        if !others.is_empty() {
            series.push(Series {
                name: format!("{} others", others.len()),
                admissions: others.iter().map(|(_, admissions)| admissions).sum(),
                territories: others
                    .into_iter()
                    .map(|(territory, _)| territory.to_owned())
                    .collect(),
            });
        }
        Self { series, by_day }
    }

    /// The legend: each series with all its admissions.
    pub(super) fn legend(&self) -> Vec<TerritoryLegend> {
        self.series
            .iter()
            .enumerate()
            .map(|(place, series)| TerritoryLegend {
                mark: series_mark(place),
                name: series.name.clone(),
                admissions: format::grouped(series.admissions),
            })
            .collect()
    }

    /// The last days as columns; nothing if there are none.
    pub(super) fn chart(&self, today: NaiveDate) -> String {
        if self.by_day.is_empty() {
            return String::new();
        }
        let first = self.by_day.len().saturating_sub(MAX_COLUMNS);
        let columns: Vec<StackColumn> = self
            .by_day
            .iter()
            .skip(first)
            .map(|(day, of_day)| self.column(*day, of_day, *day >= today))
            .collect();
        StackChart {
            label: format!(
                "Admissions by business day and territory, {} days. The table below has the numbers.",
                columns.len()
            ),
            unit: "admissions; business day of the cinema".to_owned(),
            columns,
        }
        .draw()
    }

    fn column(&self, day: NaiveDate, of_day: &BTreeMap<String, i64>, is_open: bool) -> StackColumn {
        let part = |series: &Series| -> i64 {
            let territories = series.territories.iter();
            territories.filter_map(|one| of_day.get(one)).sum()
        };
        let sold: Vec<String> = self
            .series
            .iter()
            .filter(|series| part(series) > 0)
            .map(|series| format!("{} {}", series.name, format::grouped(part(series))))
            .collect();
        StackColumn {
            label: day.format("%-d %b").to_string(),
            title: format!(
                "{}: {} admissions{}{}{}",
                day.format("%a %-d %b %Y"),
                format::grouped(of_day.values().sum()),
                if sold.is_empty() { "" } else { "; " },
                sold.join(", "),
                if is_open { "; so far" } else { "" }
            ),
            parts: self.series.iter().map(|one| float(part(one))).collect(),
            is_open,
        }
    }

    /// The forecast behind the last days that are over; nothing if it is about no day.
    pub(super) fn fan(&self, forecast: &Forecast) -> String {
        let mut history: Vec<(NaiveDate, f64)> = self
            .by_day
            .iter()
            .filter(|(day, _)| **day < forecast.origin)
            .map(|(day, of_day)| (*day, float(of_day.values().sum::<i64>())))
            .collect();
        history.drain(..history.len().saturating_sub(MAX_HISTORY_DAYS));
        FanChart {
            label: format!(
                "Forecast of the admissions of {} days. The table below has the numbers.",
                forecast.days.len()
            ),
            unit: "admissions; business day of the cinema".to_owned(),
            history: &history,
            forecast,
        }
        .draw()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::chart::ForecastDay, *};

    fn day(of_december: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, of_december).unwrap()
    }

    fn row(on: u32, territory: Option<&str>, currency: &str, admissions: i64) -> WorkDay {
        WorkDay {
            territory: territory.map(str::to_owned),
            business_on: day(on),
            currency: currency.to_owned(),
            showtimes: 1,
            cancelled: 0,
            exact: 0,
            seats: 100,
            admissions,
            gross: None,
        }
    }

    #[test]
    fn currencies_are_added_up_and_the_row_of_all_territories_is_not_counted_again() {
        let days = Days::of(&[
            row(1, None, "EUR", 30),
            row(1, Some("FR"), "EUR", 10),
            row(1, Some("FR"), "XXX", 5),
            row(1, Some("DE"), "EUR", 20),
        ]);
        let legend: Vec<_> = days
            .legend()
            .into_iter()
            .map(|row| (row.name, row.admissions))
            .collect();
        let expected = [("DE", "20"), ("FR", "15")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(legend, expected);
        let chart = days.chart(day(2));
        assert!(
            chart.contains("Tue 1 Dec 2026: 35 admissions; DE 20, FR 15"),
            "{chart}"
        );
        assert!(!chart.contains("so far"));
        assert!(days.chart(day(1)).contains("so far"));
    }

    #[test]
    fn the_small_territories_are_one_series() {
        let codes = ["AA", "BB", "CC", "DD", "EE", "FF", "GG"];
        let rows: Vec<WorkDay> = codes
            .iter()
            .zip(1_i64..)
            .map(|(code, admissions)| row(1, Some(code), "EUR", admissions))
            .collect();
        let legend = Days::of(&rows).legend();
        assert_eq!(legend.len(), MAX_SERIES);
        let last = legend.last().unwrap();
        assert_eq!(
            (last.name.as_str(), last.admissions.as_str()),
            ("3 others", "6")
        );
    }

    #[test]
    fn the_history_of_a_forecast_ends_before_its_origin() {
        let days = Days::of(&[
            row(1, Some("FR"), "EUR", 10),
            row(2, Some("FR"), "EUR", 20),
            row(3, Some("FR"), "EUR", 3),
        ]);
        let forecast = Forecast {
            origin: day(3),
            days: vec![ForecastDay {
                business_on: day(4),
                quantiles: vec![(0.1, 5.0), (0.5, 10.0), (0.9, 40.0)],
            }],
        };
        let fan = days.fan(&forecast);
        let line = fan.split("class=\"line\" d=\"").nth(1).unwrap();
        assert_eq!(
            line.split('"').next().unwrap().matches(['M', 'L']).count(),
            2
        );
        assert!(fan.contains("class=\"band80\"") && !fan.contains("class=\"band95\""));
    }
}
