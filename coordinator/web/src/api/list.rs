//! Lists in pages.

use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::WebError;

/// Rows of a page if the request does not say.
pub const DEFAULT_LIMIT: i64 = 100;
/// Rows of a page at most.
pub const MAX_LIMIT: i64 = 1_000;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows, in the order of the list.
    pub rows: Vec<T>,
    /// The parameter `after` of the next page; null on the last one.
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
}

/// Checks how many rows a request wants.
///
/// # Errors
///
/// [`WebError::BadRequest`] if they are fewer than one or too many.
pub fn limit(given: Option<i64>) -> Result<i64, WebError> {
    match given.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        limit => Err(WebError::BadRequest(format!(
            "limit is {limit}; it may be 1 to {MAX_LIMIT}"
        ))),
    }
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
        .and_then(|(id, name)| Some((name.to_owned(), id.parse().ok()?)))
        .ok_or_else(|| {
            WebError::BadRequest("after is not what a page of this list gave as next".to_owned())
        })
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
    fn a_name_with_a_separator_is_its_own_key() {
        assert_eq!(
            parse_name_key(&name_key(7, "a~b")).unwrap(),
            ("a~b".to_owned(), 7)
        );
        assert!(parse_name_key("nonsense").is_err());
        assert!(limit(Some(0)).is_err() && limit(Some(1_001)).is_err());
    }
}
