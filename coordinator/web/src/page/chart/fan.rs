//! A forecast as a fan: what was, the median of what is expected, and how sure that is.

use std::fmt::Write as _;

use chrono::NaiveDate;

use super::{
    BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, axis,
    forecast::{BANDS, Forecast, ForecastDay, sentence},
};
use crate::{
    number::{float, whole},
    page::svg::escape,
};

/// Width of the label of a day.
const LABEL_WIDTH: f64 = 64.0;

/// A chart of a forecast behind its history.
#[derive(Debug, Clone, PartialEq)]
pub struct FanChart<'a> {
    /// What it shows, for a screen reader.
    pub label: String,
    /// The unit of the values, above the axis.
    pub unit: String,
    /// What was, in the order of days; days that are left out are gaps.
    pub history: &'a [(NaiveDate, f64)],
    /// What is expected.
    pub forecast: &'a Forecast,
}

/// Where a day and a value are drawn.
struct Scale {
    first: NaiveDate,
    slot: f64,
    most: f64,
}

impl Scale {
    /// The middle of a day.
    fn x(&self, day: NaiveDate) -> f64 {
        LEFT + (float((day - self.first).num_days()) + 0.5) * self.slot
    }

    fn y(&self, value: f64) -> f64 {
        axis::y(value, self.most)
    }

    /// The middle of each day at its value.
    fn points(&self, run: &[(NaiveDate, f64)]) -> Vec<(f64, f64)> {
        let points = run
            .iter()
            .map(|(day, value)| (self.x(*day), self.y(*value)));
        points.collect()
    }
}

impl FanChart<'_> {
    /// Draws it; nothing if there are no days to come.
    #[must_use]
    pub fn draw(&self) -> String {
        let Some(scale) = self.scale() else {
            return String::new();
        };
        let mut text = axis::begin(&self.label, &self.unit);
        axis::draw_values(&mut text, scale.most);
        for (class, low, high) in BANDS {
            self.draw_band(&mut text, &scale, class, low, high);
        }
        self.draw_days(&mut text, &scale);
        self.draw_history(&mut text, &scale);
        self.draw_median(&mut text, &scale);
        self.draw_origin(&mut text, &scale);
        self.draw_titles(&mut text, &scale);
        text + "</svg>"
    }

    fn scale(&self) -> Option<Scale> {
        let last = self.forecast.days.last()?.business_on;
        let next = self.forecast.days.first()?.business_on;
        let first = self.history.first().map_or(next, |(day, _)| *day).min(next);
        let count = float((last - first).num_days() + 1).max(1.0);
        let values = self.history.iter().map(|(_, value)| *value);
        let expected = self.forecast.days.iter().filter_map(|day| {
            let (_, _, high) = BANDS[0];
            day.quantile(high)
                .or_else(|| day.quantiles.last().map(|(_, value)| *value))
        });
        Some(Scale {
            first,
            slot: (WIDTH - LEFT - RIGHT) / count,
            most: values.chain(expected).fold(0.0, f64::max),
        })
    }

    /// The days to come as runs without a gap, each with the values of `of`.
    fn runs<T>(&self, of: impl Fn(&ForecastDay) -> Option<T>) -> Vec<Vec<(NaiveDate, T)>> {
        let days = self.forecast.days.iter();
        runs(days.filter_map(|day| Some((day.business_on, of(day)?))))
    }

    fn draw_band(&self, text: &mut String, scale: &Scale, class: &str, low: f64, high: f64) {
        for run in self.runs(|day| Some((day.quantile(low)?, day.quantile(high)?))) {
            // A run reaches half a day to both sides, so that a single day has a width.
            let edge = |end: Option<&(NaiveDate, (f64, f64))>, side: f64| {
                end.map(|(day, band)| (scale.x(*day) + side * scale.slot, *band))
            };
            let middle = run.iter().map(|(day, band)| (scale.x(*day), *band));
            let points: Vec<(f64, (f64, f64))> = edge(run.first(), -0.5)
                .into_iter()
                .chain(middle)
                .chain(edge(run.last(), 0.5))
                .collect();
            let upper = points.iter().map(|(x, (_, upper))| (*x, scale.y(*upper)));
            let lower = points.iter().map(|(x, (lower, _))| (*x, scale.y(*lower)));
            let outline = line(upper.chain(lower.rev()));
            write!(text, "<path class=\"{class}\" d=\"{outline}Z\"/>").ok();
        }
    }

    fn draw_days(&self, text: &mut String, scale: &Scale) {
        let Some(last) = self.forecast.days.last() else {
            return;
        };
        let every = whole((LABEL_WIDTH / scale.slot).ceil());
        for day in scale
            .first
            .iter_days()
            .take_while(|day| *day <= last.business_on)
            .step_by(usize::try_from(every).unwrap_or(1).max(1))
        {
            write!(
                text,
                "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                scale.x(day),
                HEIGHT - 8.0,
                day.format("%-d %b")
            )
            .ok();
        }
    }

    fn draw_history(&self, text: &mut String, scale: &Scale) {
        let lines = runs(self.history.iter().copied());
        let path: String = lines.iter().map(|run| line(scale.points(run))).collect();
        if !path.is_empty() {
            write!(text, "<path class=\"line\" d=\"{path}\"/>").ok();
        }
    }

    fn draw_median(&self, text: &mut String, scale: &Scale) {
        for run in self.runs(|day| day.quantile(0.5)) {
            match scale.points(&run)[..] {
                [(x, y)] => write!(
                    text,
                    "<circle class=\"point\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"
                ),
                ref points => write!(
                    text,
                    "<path class=\"median\" d=\"{}\"/>",
                    line(points.iter().copied())
                ),
            }
            .ok();
        }
    }

    fn draw_origin(&self, text: &mut String, scale: &Scale) {
        let origin = self.forecast.origin;
        let x = (scale.x(origin) + scale.slot / 2.0).clamp(LEFT, WIDTH - RIGHT);
        let is_left = x < WIDTH / 2.0;
        write!(
            text,
            "<line class=\"now\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP:.0}\" y2=\"{:.0}\"/>\
             <text class=\"strong\" x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"{}\">made {}</text>",
            HEIGHT - BOTTOM,
            if is_left { x + 6.0 } else { x - 6.0 },
            TOP + 12.0,
            if is_left { "start" } else { "end" },
            origin.format("%-d %b")
        )
        .ok();
    }

    /// A tooltip for each day to come.
    fn draw_titles(&self, text: &mut String, scale: &Scale) {
        for day in &self.forecast.days {
            write!(
                text,
                "<rect class=\"touch\" x=\"{:.1}\" y=\"{TOP:.0}\" width=\"{:.1}\" height=\"{:.0}\"><title>{}</title></rect>",
                scale.x(day.business_on) - scale.slot / 2.0,
                scale.slot,
                HEIGHT - TOP - BOTTOM,
                escape(&sentence(day))
            )
            .ok();
        }
    }
}

/// Divides days at the gaps between them.
fn runs<T>(days: impl Iterator<Item = (NaiveDate, T)>) -> Vec<Vec<(NaiveDate, T)>> {
    let mut runs: Vec<Vec<(NaiveDate, T)>> = Vec::new();
    for (day, value) in days {
        let is_next = |run: &&mut Vec<(NaiveDate, T)>| {
            run.last()
                .is_some_and(|(before, _)| before.succ_opt() == Some(day))
        };
        match runs.last_mut().filter(is_next) {
            Some(run) => run.push((day, value)),
            None => runs.push(vec![(day, value)]),
        }
    }
    runs
}

/// A line through points, as the path of an SVG.
fn line(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (x, y) in points {
        let letter = if path.is_empty() { 'M' } else { 'L' };
        write!(path, "{letter}{x:.1} {y:.1}").ok();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(of_december: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, of_december).unwrap()
    }

    fn expected(of_december: u32, median: f64) -> ForecastDay {
        ForecastDay {
            business_on: day(of_december),
            quantiles: [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975]
                .into_iter()
                .map(|share| (share, median * (0.5 + share)))
                .collect(),
        }
    }

    fn drawn(history: &[(NaiveDate, f64)], days: Vec<ForecastDay>) -> String {
        let forecast = Forecast {
            origin: day(2),
            days,
        };
        FanChart {
            label: "<i>".to_owned(),
            unit: "admissions & more".to_owned(),
            history,
            forecast: &forecast,
        }
        .draw()
    }

    #[test]
    fn the_bands_lie_within_each_other_and_the_median_within_them() {
        let svg = drawn(
            &[(day(1), 80.0), (day(2), 100.0)],
            vec![expected(3, 100.0), expected(4, 60.0)],
        );
        let at = |class: &str| svg.find(class).unwrap();
        assert!(at("band95") < at("band80") && at("band80") < at("band50"));
        assert!(at("band50") < at("class=\"median\""));
        // The highest value of the widest band is the top of the chart.
        let top = 100.0 * (0.5 + 0.975);
        let upper = |class: &str| -> f64 {
            let path = svg.split(class).nth(1).unwrap().split("d=\"M").nth(1);
            let y = path.unwrap().split('L').next().unwrap();
            y.split(' ').nth(1).unwrap().parse().unwrap()
        };
        assert!((upper("band95") - TOP).abs() < 0.06);
        let expected = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (100.0 * 1.25 / top);
        assert!((upper("band50") - expected).abs() < 0.06, "{svg}");
        assert!(svg.contains("made 2 Dec") && svg.contains("admissions &#38; more"));
        assert!(!svg.contains("<i>"));
    }

    #[test]
    fn a_day_that_is_missing_is_a_gap_and_a_single_day_has_a_width() {
        let svg = drawn(
            &[(day(1), 1.0), (day(3), 1.0)],
            vec![expected(4, 10.0), expected(6, 10.0)],
        );
        let history = svg.split("class=\"line\" d=\"").nth(1).unwrap();
        assert_eq!(
            history.split('"').next().unwrap().matches('M').count(),
            2,
            "{svg}"
        );
        assert_eq!(svg.matches("class=\"band80\"").count(), 2);
        assert_eq!(svg.matches("class=\"point\"").count(), 2);
        let band = svg.split("class=\"band80\" d=\"M").nth(1).unwrap();
        let x: Vec<f64> = band
            .split('Z')
            .next()
            .unwrap()
            .split('L')
            .map(|point| point.split(' ').next().unwrap().parse().unwrap())
            .collect();
        assert!(x[2] - x[0] > 50.0, "{x:?}");
    }

    #[test]
    fn without_days_to_come_nothing_is_drawn_and_bands_need_their_quantiles() {
        assert_eq!(drawn(&[(day(1), 5.0)], Vec::new()), "");
        let median = ForecastDay {
            business_on: day(3),
            quantiles: vec![(0.5, 0.0)],
        };
        let svg = drawn(&[], vec![median]);
        assert!(!svg.contains("band") && !svg.contains("NaN"), "{svg}");
    }
}
