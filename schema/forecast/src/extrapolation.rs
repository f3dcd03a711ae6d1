//! Estimates of cinemas without seat maps, by strata, with an interval.
//!
//! Admissions per showtime of cinemas with seat maps, post-stratified by territory, venue size,
//! format and weekday, are multiplied by the showtimes that the others list (the ratio estimator,
//! Cochran, "Sampling Techniques", 1977, chapters 5A and 6). Means of small strata are shrunk to
//! broader ones. The level of the day comes from the day itself, the relations of the strata from
//! four weeks. The spread is that of cinemas with seat maps around their own estimates.
//!
//! The product does not call this: see FORECASTS.md. An estimate is a value of its own: it is not to be
//! added to counted admissions.

use chrono::{Datelike, NaiveDate};

use crate::{
    distribution::Predictive, history::Map, ratio::Ratio, real::real, record::Territory,
    refusal::Refusal, showtime::QUANTILE_LEVELS,
};

/// Cinemas with seat maps without which a territory is not estimated.
const MIN_CINEMAS: usize = 5;
/// Showtimes that move the mean of a stratum half the way from the broader one.
const STRENGTH: f64 = 60.0;
/// Showtimes a day at which a larger venue begins.
const SIZES: [u32; 4] = [6, 10, 16, 26];

/// Showtimes of a cinema on a day in one format.
#[derive(Debug, Clone, PartialEq)]
pub struct CinemaDay {
    /// The cinema.
    pub cinema: i32,
    /// Its territory.
    pub territory: Territory,
    /// Showtimes that it usually has a day, of all formats.
    pub usual_showtimes: u32,
    /// The business day.
    pub on: NaiveDate,
    /// Code of the format.
    pub format: u8,
    /// Showtimes.
    pub showtimes: u32,
    /// Admissions; `None` for a cinema without seat maps.
    pub admissions: Option<u32>,
}

/// Estimated admissions of cinemas without seat maps.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The territory.
    pub territory: Territory,
    /// The business day.
    pub on: NaiveDate,
    /// Counted admissions of cinemas with seat maps, for comparison.
    pub counted: u32,
    /// Estimated admissions of the others.
    pub estimated: f64,
    /// Quantiles of these at [`QUANTILE_LEVELS`].
    pub quantiles: [f64; 7],
    /// Cinemas without seat maps.
    pub cinemas: usize,
    /// Cinemas with seat maps that the estimate rests on.
    pub mapped_cinemas: usize,
}

/// A key of means, from narrow to broad.
type Stratum = (Territory, Option<u8>, Option<u8>, Option<u32>);

/// Means of admissions per showtime of one territory and the weeks up to a day.
struct Means(Map<Stratum, Ratio>);

impl Means {
    fn of<'a>(days: impl Iterator<Item = &'a CinemaDay>) -> Self {
        let mut means: Map<Stratum, Ratio> = Map::default();
        for day in days {
            let came = f64::from(day.admissions.unwrap_or(0));
            for stratum in strata(day) {
                means
                    .entry(stratum)
                    .or_default()
                    .add(came, f64::from(day.showtimes));
            }
        }
        Self(means)
    }

    /// Mean admissions per showtime, without what the cinema itself contributed (`own`).
    fn mean(&self, day: &CinemaDay, own: Option<&Self>) -> f64 {
        let mut mean = 0.0;
        for stratum in strata(day).into_iter().rev() {
            let mut sums = self.0.get(&stratum).copied().unwrap_or_default();
            if let Some(own) = own.and_then(|own| own.0.get(&stratum)) {
                sums.add(-own.top, -own.bottom);
            }
            let strength = if mean > 0.0 { STRENGTH } else { 0.0 };
            if sums.bottom > 0.5 {
                mean = (strength * mean + sums.top) / (strength + sums.bottom);
            }
        }
        mean
    }
}

/// Strata of a day, the narrowest first.
fn strata(day: &CinemaDay) -> [Stratum; 4] {
    let size = u8::try_from(
        SIZES
            .iter()
            .filter(|edge| day.usual_showtimes >= **edge)
            .count(),
    )
    .unwrap_or(0);
    let weekday = day.on.weekday().num_days_from_monday();
    [
        (day.territory, Some(size), Some(day.format), Some(weekday)),
        (day.territory, Some(size), Some(day.format), None),
        (day.territory, Some(size), None, None),
        (day.territory, None, None, None),
    ]
}

/// Estimates cinemas without seat maps of one territory and day. `days` holds the day itself and the
/// weeks before it, of all cinemas of the territory; later days are not read.
///
/// # Errors
///
/// [`Refusal::TooFewCinemas`] if too few cinemas have seat maps on the day.
pub fn extrapolate(
    days: &[CinemaDay],
    territory: Territory,
    on: NaiveDate,
) -> Result<Estimate, Refusal> {
    let rows: Vec<&CinemaDay> = days
        .iter()
        .filter(|day| day.territory == territory && day.on <= on && day.showtimes > 0)
        .collect();
    let mapped = || rows.iter().copied().filter(|day| day.admissions.is_some());
    let means = Means::of(mapped());
    let mut own: Map<i32, Vec<&CinemaDay>> = Map::default();
    for day in mapped() {
        own.entry(day.cinema).or_default().push(day);
    }
    // The admissions of each cinema on the day, beside the estimate from all others.
    let (mut came, mut expected) = (0.0, 0.0);
    let mut pairs: Vec<(f64, f64)> = Vec::new();
    for cinema in own.values() {
        let without = Means::of(cinema.iter().copied());
        let today = || cinema.iter().filter(|day| day.on == on);
        let counted: f64 = today()
            .filter_map(|day| day.admissions)
            .map(f64::from)
            .sum();
        let estimated: f64 = today()
            .map(|day| f64::from(day.showtimes) * means.mean(day, Some(&without)))
            .sum();
        if estimated > 0.0 {
            pairs.push((counted, estimated));
            came += counted;
            expected += estimated;
        }
    }
    if pairs.len() < MIN_CINEMAS {
        return Err(Refusal::TooFewCinemas {
            found: pairs.len(),
            needed: MIN_CINEMAS,
        });
    }
    let level = came / expected;
    let hidden = hidden(&rows, on, &means, level);
    let variance = variance(&pairs, level, &hidden);
    let estimated: f64 = hidden.values().sum();
    let predictive = Predictive {
        floor: 0.0,
        mean: estimated,
        variance,
        cap: f64::MAX,
    };
    let quantiles = predictive.quantiles(&QUANTILE_LEVELS);
    Ok(Estimate {
        territory,
        on,
        counted: mapped()
            .filter(|day| day.on == on)
            .filter_map(|day| day.admissions)
            .sum(),
        estimated,
        quantiles: std::array::from_fn(|place| quantiles[place]),
        cinemas: hidden.len(),
        mapped_cinemas: pairs.len(),
    })
}

/// Estimates of the cinemas without seat maps on the day.
fn hidden(rows: &[&CinemaDay], on: NaiveDate, means: &Means, level: f64) -> Map<i32, f64> {
    let mut hidden: Map<i32, f64> = Map::default();
    for day in rows
        .iter()
        .filter(|day| day.on == on && day.admissions.is_none())
    {
        *hidden.entry(day.cinema).or_default() +=
            level * f64::from(day.showtimes) * means.mean(day, None);
    }
    hidden
}

/// Variance of the sum: each cinema's own, as cinemas with seat maps vary around their estimates,
/// and that of the mean of these.
fn variance(pairs: &[(f64, f64)], level: f64, hidden: &Map<i32, f64>) -> f64 {
    let total: f64 = hidden.values().sum();
    // The error of a cinema grows a little less than its size: weighed by size, squared errors
    // over squared estimates.
    let squares: f64 = pairs
        .iter()
        .map(|(came, estimated)| (came - level * estimated).powi(2))
        .sum();
    let sizes: f64 = pairs
        .iter()
        .map(|(_, estimated)| (level * estimated).powi(2))
        .sum();
    let count = real(pairs.len());
    // The variance of Student's distribution, as the spread itself is known from few cinemas.
    let relative = squares / sizes.max(1.0) * count / (count - 3.0);
    let own: f64 = hidden.values().map(|estimate| estimate * estimate).sum();
    let mapped: f64 = pairs.iter().map(|(_, estimated)| level * estimated).sum();
    let of_mean = relative * sizes / (mapped * mapped).max(1.0);
    (relative * own + of_mean * total * total)
        .max(total)
        .max(1e-6)
}
