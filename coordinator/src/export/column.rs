//! Columns of a data set: what they are called, what they hold, how Parquet packs them, and
//! where their values come from. Every form of an export is made from these lists.
//!
//! Deltas suit columns in which each row has another value, dictionaries those in which values
//! repeat: time and job of a seat record are the same for all seats of a snapshot. Text columns
//! have no statistics: they skip nothing for a reader and took half of the time.

use std::borrow::Cow;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use parquet::data_type::ByteArray;

/// One column of a data set whose rows come in blocks of type `B`.
pub struct Column<B> {
    /// Its name in every form.
    pub name: &'static str,
    /// The type of its values.
    pub kind: ColumnKind,
    /// Whether a row may lack it.
    pub is_nullable: bool,
    /// How Parquet packs it.
    pub packing: Packing,
    /// Its values, for every row of a block.
    pub cells: for<'a> fn(&'a B) -> Cells<'a>,
}

impl<B> Column<B> {
    /// A column of which every row has a value.
    pub const fn required(
        name: &'static str,
        kind: ColumnKind,
        packing: Packing,
        cells: for<'a> fn(&'a B) -> Cells<'a>,
    ) -> Self {
        Self {
            name,
            kind,
            is_nullable: false,
            packing,
            cells,
        }
    }

    /// A column of which a row may have no value.
    pub const fn optional(
        name: &'static str,
        kind: ColumnKind,
        packing: Packing,
        cells: for<'a> fn(&'a B) -> Cells<'a>,
    ) -> Self {
        Self {
            is_nullable: true,
            ..Self::required(name, kind, packing, cells)
        }
    }
}

/// The type of the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// 16 bits.
    Short,
    /// 32 bits.
    Integer,
    /// 64 bits.
    Long,
    /// Microseconds since 1970, UTC.
    Time,
    /// Days since 1970.
    Day,
    /// Millionths.
    Money,
    /// True or false.
    Flag,
    /// Text.
    Text,
}

/// How Parquet packs a column. What is in a dictionary gets no bounds: to find the least of a
/// row group's texts would take half of the time of an export, and would skip nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// A dictionary, without bounds: few values, again and again.
    Repeated,
    /// A dictionary, with bounds: the same for many rows that follow each other. Of a value
    /// that holds for all seats of a snapshot, deltas take twice the space (measured).
    Runs,
    /// Deltas, with bounds: another value in each row, close to the one before.
    Deltas,
    /// What is new after what it shares with the text before.
    Prefixes,
}

/// Values of a column for every row of a block.
#[derive(Debug)]
pub struct Cells<'a> {
    /// The values that are not null, in the order of rows.
    pub values: Values<'a>,
    /// 1 for every row that has a value, else 0; `None` where all have one.
    pub levels: Option<Vec<i16>>,
}

/// Values that are there.
#[derive(Debug)]
pub enum Values<'a> {
    /// Of the kinds short, integer and day.
    Integers(Cow<'a, [i32]>),
    /// Of the kinds long, time and money.
    Longs(Cow<'a, [i64]>),
    /// Of the kind flag.
    Flags(Cow<'a, [bool]>),
    /// Of the kind text.
    Texts(Cow<'a, [ByteArray]>),
}

impl Cells<'_> {
    /// Integers of all rows.
    pub fn integers(values: impl IntoIterator<Item = i32>) -> Self {
        Values::Integers(Cow::Owned(values.into_iter().collect())).into()
    }

    /// Longs of all rows.
    pub fn longs(values: impl IntoIterator<Item = i64>) -> Self {
        Values::Longs(Cow::Owned(values.into_iter().collect())).into()
    }

    /// Times of all rows.
    pub fn times(values: impl IntoIterator<Item = DateTime<Utc>>) -> Self {
        Self::longs(values.into_iter().map(|at| at.timestamp_micros()))
    }

    /// Texts of all rows.
    pub fn texts<'t>(values: impl IntoIterator<Item = &'t str>) -> Self {
        Values::Texts(Cow::Owned(values.into_iter().map(text).collect())).into()
    }

    /// Integers of the rows that have one.
    pub fn some_integers(values: impl IntoIterator<Item = Option<i32>>) -> Self {
        some(values, |values| Values::Integers(Cow::Owned(values)))
    }

    /// Longs of the rows that have one.
    pub fn some_longs(values: impl IntoIterator<Item = Option<i64>>) -> Self {
        some(values, |values| Values::Longs(Cow::Owned(values)))
    }

    /// Times of the rows that have one.
    pub fn some_times(values: impl IntoIterator<Item = Option<DateTime<Utc>>>) -> Self {
        let values = values.into_iter();
        Self::some_longs(values.map(|at| at.map(|at| at.timestamp_micros())))
    }

    /// Flags of all rows.
    pub fn flags(values: impl IntoIterator<Item = bool>) -> Self {
        Values::Flags(Cow::Owned(values.into_iter().collect())).into()
    }

    /// Flags of the rows that have one.
    pub fn some_flags(values: impl IntoIterator<Item = Option<bool>>) -> Self {
        some(values, |values| Values::Flags(Cow::Owned(values)))
    }

    /// Texts of the rows that have one.
    pub fn some_texts<'t>(values: impl IntoIterator<Item = Option<&'t str>>) -> Self {
        let values = values.into_iter().map(|value| value.map(text));
        some(values, |values| Values::Texts(Cow::Owned(values)))
    }

    /// Texts, made already, of the rows that have one.
    pub fn some_made(values: impl IntoIterator<Item = Option<ByteArray>>) -> Self {
        some(values, |values| Values::Texts(Cow::Owned(values)))
    }
}

impl<'a> From<Values<'a>> for Cells<'a> {
    fn from(values: Values<'a>) -> Self {
        Self {
            values,
            levels: None,
        }
    }
}

fn some<'a, T>(
    values: impl IntoIterator<Item = Option<T>>,
    wrap: impl FnOnce(Vec<T>) -> Values<'a>,
) -> Cells<'a> {
    let mut levels = Vec::new();
    let present = values
        .into_iter()
        .inspect(|value| levels.push(i16::from(value.is_some())))
        .flatten()
        .collect();
    Cells {
        values: wrap(present),
        levels: Some(levels),
    }
}

/// Returns a text as a value of a column.
#[must_use]
pub fn text(value: &str) -> ByteArray {
    Bytes::copy_from_slice(value.as_bytes()).into()
}
