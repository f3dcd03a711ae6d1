//! A forecast as a fan: what was, the median of what is expected, and how sure that is.

use std::fmt::Write as _;

use chrono::NaiveDate;

use super::{
    BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH,
    forecast::{BANDS, Forecast, ForecastDay, sentence, whole},
    ticks::number_ticks,
};
use crate::page::svg::escape;

/// Letters of a label of a day take so much space.
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
        #[allow(clippy::cast_precision_loss)]
        let days = (day - self.first).num_days() as f64;
        LEFT + (days + 0.5) * self.slot
    }

    fn y(&self, value: f64) -> f64 {
        let share = if self.most > 0.0 {
            (value / self.most).clamp(0.0, 1.0)
        } else {
            0.0
        };
        HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    }
}

impl FanChart<'_> {
    /// Draws it; nothing if there are no days to come.
    #[must_use]
    pub fn draw(&self) -> String {
        let Some(scale) = self.scale() else {
            return String::new();
        };
        let mut text = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH:.0} {HEIGHT:.0}\" role=\"img\" aria-label=\"{}\">\
             <text x=\"4\" y=\"12\">{}</text>",
            escape(&self.label),
            escape(&self.unit)
        );
        draw_values(&mut text, &scale);
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
        #[allow(clippy::cast_precision_loss)]
        let count = ((last - first).num_days() + 1).max(1) as f64;
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

    /// The days as runs without a gap, each with the values of `of`.
    fn runs<T>(&self, of: impl Fn(&ForecastDay) -> Option<T>) -> Vec<Vec<(NaiveDate, T)>> {
        let values = self
            .forecast
            .days
            .iter()
            .map(|day| (day.business_on, of(day)));
        let mut runs: Vec<Vec<(NaiveDate, T)>> = Vec::new();
        for (day, value) in values {
            let Some(value) = value else { continue };
            let is_next = |run: &Vec<(NaiveDate, T)>| {
                run.last()
                    .is_some_and(|(before, _)| (day - *before).num_days() == 1)
            };
            match runs.last_mut().filter(|run| is_next(run)) {
                Some(run) => run.push((day, value)),
                None => runs.push(vec![(day, value)]),
            }
        }
        runs
    }

    fn draw_band(&self, text: &mut String, scale: &Scale, class: &str, low: f64, high: f64) {
        for run in self.runs(|day| Some((day.quantile(low)?, day.quantile(high)?))) {
            let mut path = String::new();
            // A run reaches half a day to both sides, so that a single day has a width.
            let edges = |ends: bool| {
                let at = if ends { run.last() } else { run.first() };
                at.map(|(day, band)| {
                    let side = if ends { 0.5 } else { -0.5 };
                    (scale.x(*day) + side * scale.slot, *band)
                })
            };
            let middle = run.iter().map(|(day, band)| (scale.x(*day), *band));
            let points: Vec<(f64, (f64, f64))> = edges(false)
                .into_iter()
                .chain(middle)
                .chain(edges(true))
                .collect();
            for (place, (x, (_, upper))) in points.iter().enumerate() {
                let letter = if place == 0 { 'M' } else { 'L' };
                write!(path, "{letter}{x:.1} {:.1}", scale.y(*upper)).ok();
            }
            for (x, (lower, _)) in points.iter().rev() {
                write!(path, "L{x:.1} {:.1}", scale.y(*lower)).ok();
            }
            write!(text, "<path class=\"{class}\" d=\"{path}Z\"/>").ok();
        }
    }

    fn draw_days(&self, text: &mut String, scale: &Scale) {
        let Some(last) = self.forecast.days.last() else {
            return;
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let every = (LABEL_WIDTH / scale.slot).ceil().max(1.0) as usize;
        for day in scale
            .first
            .iter_days()
            .take_while(|day| *day <= last.business_on)
            .step_by(every)
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
        let mut path = String::new();
        let mut before: Option<NaiveDate> = None;
        for (day, value) in self.history {
            let is_next = before.is_some_and(|before| (*day - before).num_days() == 1);
            let letter = if is_next { 'L' } else { 'M' };
            write!(path, "{letter}{:.1} {:.1}", scale.x(*day), scale.y(*value)).ok();
            before = Some(*day);
        }
        if !path.is_empty() {
            write!(text, "<path class=\"line\" d=\"{path}\"/>").ok();
        }
    }

    fn draw_median(&self, text: &mut String, scale: &Scale) {
        for run in self.runs(|day| day.quantile(0.5)) {
            let mut path = String::new();
            for (place, (day, value)) in run.iter().enumerate() {
                let letter = if place == 0 { 'M' } else { 'L' };
                write!(path, "{letter}{:.1} {:.1}", scale.x(*day), scale.y(*value)).ok();
            }
            let single = run
                .first()
                .filter(|_| run.len() == 1)
                .map(|(day, value)| (scale.x(*day), scale.y(*value)));
            match single {
                Some((x, y)) => write!(
                    text,
                    "<circle class=\"point\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"
                ),
                None => write!(text, "<path class=\"median\" d=\"{path}\"/>"),
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

fn draw_values(text: &mut String, scale: &Scale) {
    for value in number_ticks(scale.most) {
        let y = scale.y(value);
        write!(
            text,
            "<line class=\"{}\" x1=\"{LEFT:.0}\" x2=\"{:.0}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            if value == 0.0 { "axis" } else { "grid" },
            WIDTH - RIGHT,
            LEFT - 6.0,
            y + 4.0,
            whole(value)
        )
        .ok();
    }
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
