//! Readers of feeds that are not about showtimes: mentions, video statistics, weather.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Result;

use super::{Lines, Text};

pub(super) fn mentions(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        timeline: Vec<Series<'a>>,
    }
    #[derive(Deserialize)]
    struct Series<'a> {
        #[serde(borrow)]
        data: Vec<Point<'a>>,
    }
    #[derive(Deserialize)]
    struct Point<'a> {
        date: &'a str,
        value: f64,
        norm: Option<f64>,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for point in body.timeline.iter().flat_map(|series| &series.data) {
        lines.push(&[&point.date, &point.value, &point.norm.unwrap_or_default()]);
    }
    Ok(lines)
}

pub(super) fn video_statistics(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        items: Vec<Video<'a>>,
    }
    #[derive(Deserialize)]
    struct Video<'a> {
        id: &'a str,
        #[serde(borrow)]
        snippet: Snippet<'a>,
        statistics: BTreeMap<&'a str, &'a str>,
    }
    #[derive(Deserialize)]
    struct Snippet<'a> {
        #[serde(borrow)]
        title: Text<'a>,
    }
    let body: Body<'_> = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for video in &body.items {
        for count in ["viewCount", "likeCount", "commentCount"] {
            if let Some(value) = video.statistics.get(count) {
                lines.push(&[&video.id, &count, value, &video.snippet.title]);
            }
        }
    }
    Ok(lines)
}

pub(super) fn weather(body: &[u8]) -> Result<Lines> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        hourly: Hourly<'a>,
    }
    #[derive(Deserialize)]
    struct Hourly<'a> {
        #[serde(borrow)]
        time: Vec<&'a str>,
        temperature_2m: Vec<f64>,
        precipitation: Vec<f64>,
        cloud_cover: Vec<f64>,
    }
    let Body { hourly } = serde_json::from_slice(body)?;
    let mut lines = Lines::default();
    for (name, values) in [
        ("temperature_celsius", &hourly.temperature_2m),
        ("precipitation_mm", &hourly.precipitation),
        ("cloud_cover_percent", &hourly.cloud_cover),
    ] {
        for (time, value) in hourly.time.iter().zip(values) {
            lines.push(&[time, &name, value]);
        }
    }
    Ok(lines)
}
