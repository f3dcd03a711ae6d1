//! Patterns of paths: `{date}`, `{year}`, `{month}`, `{day}` stand for the day, `*` for a part of a name.

use chrono::{Datelike as _, NaiveDate};

/// Letters of a pattern at most.
const MAX_LETTERS: usize = 300;

/// A part of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// As it is written.
    Text(String),
    /// The day as `2026-11-30`.
    Date,
    /// The year, of four digits.
    Year,
    /// The month, of two digits.
    Month,
    /// The day of the month, of two digits.
    Day,
    /// Any letters, or none; not `/`, and no dot at the beginning of a name.
    Any,
}

/// A pattern of paths below a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    segments: Vec<Vec<Piece>>,
}

/// The pattern of the paths of one day: in each segment, what stands between the stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayPattern {
    segments: Vec<Vec<String>>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// A sentence, if it would leave the place or cannot be understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.chars().count() > MAX_LETTERS {
            return Err(format!("it must have 1 to {MAX_LETTERS} letters"));
        }
        if text
            .chars()
            .any(|letter| letter.is_control() || letter == '\\')
        {
            return Err("it has a backslash or letters that cannot be shown".to_owned());
        }
        let segments: Vec<&str> = text.split('/').collect();
        if segments
            .iter()
            .any(|one| one.is_empty() || *one == "." || *one == "..")
        {
            return Err(
                "it must stay below the place: no part of it is empty, \".\" or \"..\"".to_owned(),
            );
        }
        let segments = segments.into_iter().map(pieces);
        Ok(Self {
            segments: segments.collect::<Result<_, _>>()?,
        })
    }

    /// Whether its paths name a whole day.
    #[must_use]
    pub fn has_day(&self) -> bool {
        let has = |piece: &Piece| self.segments.iter().flatten().any(|one| one == piece);
        has(&Piece::Date) || (has(&Piece::Year) && has(&Piece::Month) && has(&Piece::Day))
    }

    /// Whether its paths name any part of a day.
    #[must_use]
    pub fn has_part_of_day(&self) -> bool {
        let mut pieces = self.segments.iter().flatten();
        pieces.any(|one| !matches!(one, Piece::Text(_) | Piece::Any))
    }

    /// The pattern of a day; `None` for one without days.
    #[must_use]
    pub fn for_day(&self, day: Option<NaiveDate>) -> DayPattern {
        let segments = self.segments.iter().map(|pieces| {
            let mut parts = vec![String::new()];
            for piece in pieces {
                let written = match (piece, day) {
                    (Piece::Any, _) => {
                        parts.push(String::new());
                        continue;
                    }
                    (Piece::Text(text), _) => text.clone(),
                    (_, None) => String::new(),
                    (Piece::Date, Some(day)) => day.to_string(),
                    (Piece::Year, Some(day)) => format!("{:04}", day.year()),
                    (Piece::Month, Some(day)) => format!("{:02}", day.month()),
                    (Piece::Day, Some(day)) => format!("{:02}", day.day()),
                };
                if let Some(last) = parts.last_mut() {
                    last.push_str(&written);
                }
            }
            parts
        });
        DayPattern {
            segments: segments.collect(),
        }
    }
}

impl DayPattern {
    /// The directory in which all of its paths are: the segments in front of the first star, without the
    /// name of the file.
    #[must_use]
    pub fn directory(&self) -> String {
        let directories = self.segments.split_last().map_or(&[][..], |(_, all)| all);
        let fixed = directories
            .iter()
            .map_while(|parts| match parts.as_slice() {
                [only] => Some(only.as_str()),
                _ => None,
            });
        fixed.collect::<Vec<_>>().join("/")
    }

    /// Whether a path, below the place, is one of them.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let mut names = path.split('/');
        self.segments
            .iter()
            .all(|parts| names.next().is_some_and(|name| is_match(parts, name)))
            && names.next().is_none()
    }
}

/// Splits a segment into its pieces.
fn pieces(segment: &str) -> Result<Vec<Piece>, String> {
    let mut found = Vec::new();
    let mut rest = segment;
    while let Some(letter) = rest.chars().next() {
        let (piece, taken) = match letter {
            '*' if rest.starts_with("**") => {
                return Err("`**` is not known; `*` stands for a part of one name".to_owned());
            }
            '*' => (Piece::Any, 1),
            '{' => {
                let end = rest.find('}').map_or(rest.len(), |end| end + 1);
                let piece = match &rest[..end] {
                    "{date}" => Piece::Date,
                    "{year}" => Piece::Year,
                    "{month}" => Piece::Month,
                    "{day}" => Piece::Day,
                    other => {
                        return Err(format!(
                            "`{other}` is not known: {{date}}, or {{year}}, {{month}} and {{day}}"
                        ));
                    }
                };
                (piece, end)
            }
            _ => {
                let end = rest.find(['*', '{']).unwrap_or(rest.len());
                (Piece::Text(rest[..end].to_owned()), end)
            }
        };
        found.push(piece);
        rest = &rest[taken..];
    }
    Ok(found)
}

/// Whether a name is made of these parts with any letters between them. The leftmost place of each part
/// serves, so the time is bounded by the length of both.
fn is_match(parts: &[String], name: &str) -> bool {
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return false;
    };
    if parts.len() == 1 {
        return name == first;
    }
    if first.is_empty() && name.starts_with('.') {
        return false;
    }
    let Some(mut rest) = name.strip_prefix(first.as_str()) else {
        return false;
    };
    for part in &parts[1..parts.len() - 1] {
        let Some(found) = rest.find(part.as_str()) else {
            return false;
        };
        rest = &rest[found + part.len()..];
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of_day(text: &str) -> DayPattern {
        let day = NaiveDate::from_ymd_opt(2026, 3, 9);
        Pattern::parse(text).unwrap().for_day(day)
    }

    #[test]
    fn a_day_has_its_paths_and_no_others() {
        let pattern = of_day("sales/{year}/{month}/{day}/part-*.jsonl.gz");
        assert_eq!(pattern.directory(), "sales/2026/03/09");
        assert!(pattern.matches("sales/2026/03/09/part-1.jsonl.gz"));
        assert!(pattern.matches("sales/2026/03/09/part-.jsonl.gz"));
        for path in [
            "sales/2026/03/10/part-1.jsonl.gz",
            "sales/2026/03/09/a/part-1.jsonl.gz",
            "sales/2026/03/09/part-1.jsonl",
            "sales/2026/03/09",
        ] {
            assert!(!pattern.matches(path), "{path}");
        }
        let flat = of_day("*-{date}*.csv");
        assert_eq!(flat.directory(), "");
        assert!(flat.matches("a b#é'\"%-2026-03-09-2.csv"));
        assert!(!flat.matches(".hidden-2026-03-09.csv"));
        assert_eq!(of_day("a*/{date}/x").directory(), "");
        assert!(of_day("a*a").matches("aa") && !of_day("a*a").matches("a"));
    }

    #[test]
    fn a_pattern_that_leaves_the_place_is_refused() {
        for text in [
            "",
            "/etc/passwd",
            "../{date}",
            "a/../{date}",
            "a/./b",
            "a//b",
            "a/",
            "..\\{date}",
            "a\u{0}b",
            "a\nb",
            "{hour}",
            "{date",
            "**/x",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
        assert!(Pattern::parse(&"a".repeat(301)).is_err());
        assert!(Pattern::parse("..a/{date}").is_ok());
    }

    #[test]
    fn a_day_is_named_whole_or_in_parts() {
        let has_day = |text| Pattern::parse(text).unwrap().has_day();
        assert!(has_day("{date}.csv") && has_day("{year}/{month}/{day}.csv"));
        assert!(!has_day("{year}/{month}.csv") && !has_day("all.csv"));
        assert!(Pattern::parse("{year}.csv").unwrap().has_part_of_day());
    }
}
