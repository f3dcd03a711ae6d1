//! Lists in pages.

use std::{
    fmt::{self, Display, Formatter},
    str::FromStr,
};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::WebError;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows, in the order of the list.
    pub rows: Vec<T>,
    /// The parameter `cursor` of the next page; null on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of rows of which one more than `limit` was read; `key` names a row.
    pub fn of<R>(mut rows: Vec<R>, limit: i64, key: impl Fn(&R) -> String) -> Self
    where
        T: From<R>,
    {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(key);
        Self {
            rows: rows.into_iter().map(T::from).collect(),
            next,
        }
    }

    /// Makes a page of a list whose rows have an instant and nothing that tells two of one instant
    /// apart; the newest come first, and one more than `limit` was read.
    ///
    /// All rows of an instant come on one page, which is shorter for it: the cursor names no more
    /// than the instant, so a page that ended between them would lose the others.
    pub fn by_instant(mut rows: Vec<T>, limit: i64, at: impl Fn(&T) -> DateTime<Utc>) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let beyond = rows.get(limit).map(&at);
        if let Some(beyond) = beyond {
            let whole = rows.partition_point(|row| at(row) > beyond);
            rows.truncate(if whole > 0 { whole } else { limit });
        }
        let next = rows
            .last()
            .filter(|_| beyond.is_some())
            // Without a plus sign, which a query of an address would have to encode.
            .map(|row| at(row).to_rfc3339_opts(SecondsFormat::Micros, true));
        Self { rows, next }
    }
}

/// The cursor of a list in the order of instants: the instant of a row in microseconds, and the
/// number that tells rows of one instant apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstantKey<N>(pub DateTime<Utc>, pub N);

impl<N: Display> Display for InstantKey<N> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}~{}", self.0.timestamp_micros(), self.1)
    }
}

impl<N: FromStr> FromStr for InstantKey<N> {
    type Err = WebError;

    fn from_str(text: &str) -> Result<Self, WebError> {
        text.split_once('~')
            .and_then(|(micros, number)| {
                let at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
                Some(Self(at, number.parse().ok()?))
            })
            .ok_or_else(foreign_cursor)
    }
}

/// A cursor that is not of this list.
#[must_use]
pub fn foreign_cursor() -> WebError {
    WebError::BadRequest("cursor is not what a page of this list gave as next".to_owned())
}

/// The key of a row in a list by name: `123~Le Palace`.
#[must_use]
pub fn name_key(id: i32, name: &str) -> String {
    format!("{id}~{name}")
}

/// Reads the key of a row in a list by name.
///
/// # Errors
///
/// [`WebError::BadRequest`] if it is none.
pub fn parse_name_key(text: &str) -> Result<(String, i32), WebError> {
    text.split_once('~')
        // No text of the database has a zero byte.
        .filter(|(_, name)| !name.contains('\0'))
        .and_then(|(id, name)| Some((name.to_owned(), id.parse().ok()?)))
        .ok_or_else(foreign_cursor)
}

/// Makes the type of a response from the type of a row that was read, field by field.
macro_rules! response_of {
    ($(#[$meta:meta])* $name:ident from $row:ty { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl From<$row> for $name {
            fn from(row: $row) -> Self {
                Self { $($field: row.$field,)* }
            }
        }
    };
}
pub(crate) use response_of;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_of_a_page_names_the_next() {
        let page: Page<i64> = Page::of(vec![1i32, 2, 3], 2, ToString::to_string);
        assert_eq!(page.rows, [1, 2]);
        assert_eq!(page.next.as_deref(), Some("2"));
        let page: Page<i64> = Page::of(vec![1i32, 2], 2, ToString::to_string);
        assert_eq!(page.next, None);
    }

    #[test]
    fn rows_of_one_instant_stay_on_one_page() {
        let at = |second: &i64| DateTime::from_timestamp(*second, 250_000).unwrap();
        let page = Page::by_instant(vec![9, 8, 8, 7], 2, at);
        assert_eq!(page.rows, [9]);
        assert_eq!(page.next.as_deref(), Some("1970-01-01T00:00:09.000250Z"));
        let page = Page::by_instant(vec![9, 8, 7], 2, at);
        assert_eq!(page.rows, [9, 8]);
        let page = Page::by_instant(vec![9, 8], 2, at);
        assert_eq!((page.rows.len(), page.next), (2, None));
    }

    #[test]
    fn a_cursor_of_an_instant_is_read_back() {
        let key = InstantKey(DateTime::from_timestamp(5, 1_000).unwrap(), 7_i64);
        assert_eq!(key.to_string(), "5000001~7");
        assert_eq!(key.to_string().parse::<InstantKey<i64>>().unwrap(), key);
        assert!("5000001".parse::<InstantKey<i64>>().is_err());
    }

    #[test]
    fn a_name_with_a_separator_is_its_own_key() {
        assert_eq!(
            parse_name_key(&name_key(7, "a~b")).unwrap(),
            ("a~b".to_owned(), 7)
        );
        assert!(parse_name_key("nonsense").is_err());
    }
}
