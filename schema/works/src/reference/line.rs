//! The lines of a list of works, as tab-separated values.

use thiserror::Error;

use super::ReferenceTitle;
use crate::{Film, vocabulary::year};

/// Why a list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ListError {
    /// The first line lacks a column.
    #[error("the first line has no column \"{0}\": it names the columns, separated by tabs")]
    NoColumn(&'static str),
    /// A line has no work or no title.
    #[error("line {0} has no work or no title")]
    Incomplete(usize),
    /// A value is no number, or none that can be.
    #[error("line {line}: \"{value}\" is no {column}")]
    NotANumber {
        /// Number of the line, from 1.
        line: usize,
        /// Name of the column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
}

/// Reads a list: the first line names the columns, each further one is a title of a work.
///
/// `work` and `title` are needed; `territory`, `year`, `runtime` and `director` are optional, and
/// other columns are not read. Several directors are separated by semicolons.
///
/// # Errors
///
/// If a needed column or value is missing, or a number is none.
pub fn parse_list(text: &str) -> Result<Vec<ReferenceTitle>, ListError> {
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let header: Vec<&str> = lines
        .next()
        .map(|(_, line)| line.split('\t').map(str::trim).collect())
        .unwrap_or_default();
    let column = |name: &'static str| header.iter().position(|column| *column == name);
    let work = column("work").ok_or(ListError::NoColumn("work"))?;
    let title = column("title").ok_or(ListError::NoColumn("title"))?;
    let optional = [
        column("territory"),
        column("year"),
        column("runtime"),
        column("director"),
    ];
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            let number = number + 1;
            let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
            let field = |at: usize| fields.get(at).copied().filter(|field| !field.is_empty());
            let [territory, year_at, runtime, director] = optional.map(|at| at.and_then(field));
            let wrong = |column, value: &str| ListError::NotANumber {
                line: number,
                column,
                value: value.to_owned(),
            };
            Ok(ReferenceTitle {
                work: field(work).ok_or(ListError::Incomplete(number))?.to_owned(),
                film: Film {
                    title: field(title)
                        .ok_or(ListError::Incomplete(number))?
                        .to_owned(),
                    territory: territory.map(str::to_uppercase),
                    year: year_at
                        .map(|value| year(value).ok_or_else(|| wrong("year", value)))
                        .transpose()?,
                    runtime_minutes: runtime
                        .map(|value| value.parse().map_err(|_| wrong("number of minutes", value)))
                        .transpose()?,
                    directors: director
                        .map(|names| {
                            names
                                .split(';')
                                .map(|name| name.trim().to_owned())
                                .collect()
                        })
                        .unwrap_or_default(),
                    ..Film::default()
                },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name() {
        let text = "title\twork\tdirector\tyear\nQuiet Harbour\tw1\tAda Ruiz; Tom Hale\t2026\n\nHafen\tw1\t\t\n";
        let list = parse_list(text).unwrap_or_default();
        assert_eq!(list.len(), 2);
        assert_eq!(list.first().map(|line| line.film.directors.len()), Some(2));
        assert_eq!(
            list.last().map(|line| (line.work.as_str(), line.film.year)),
            Some(("w1", None))
        );
    }

    #[test]
    fn a_fault_names_its_line() {
        assert_eq!(parse_list("work\tname"), Err(ListError::NoColumn("title")));
        assert_eq!(
            parse_list("work\ttitle\nw1\t"),
            Err(ListError::Incomplete(2))
        );
        let text = "work\ttitle\tyear\nw1\tHafen\tsoon";
        let error = parse_list(text).map_err(|error| error.to_string());
        assert_eq!(error, Err("line 2: \"soon\" is no year".to_owned()));
    }
}
