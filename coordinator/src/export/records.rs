//! The data set of seat records: a row per seat and snapshot, as the view `seat_record`.

use std::borrow::Cow;

use parquet::data_type::ByteArray;
use schema::export::UsedCode;
use sqlx::PgPool;

use super::{
    column::{
        Cells, Column,
        ColumnKind::{Integer, Long, Text, Time},
        Packing::{Repeated, Runs},
        Values,
    },
    seats::{Seats, SeatsReader},
    table::{DataSet, RowFilter, Table},
};

/// Reads the rows of the data set; a block is one snapshot.
#[derive(Debug)]
pub struct SeatRecords(SeatsReader);

/// A column of seat records.
type Of = Column<Seats>;

const COLUMNS: &[Of] = &[
    Of::required("showtime_id", Integer, Runs, |seats| {
        Cells::integers(each(seats, seats.showtime_id))
    }),
    Of::required("observed_at", Time, Runs, |seats| {
        Cells::times(each(seats, seats.observed_at))
    }),
    Of::required("seat_key", Text, Repeated, |seats| {
        borrowed(&seats.layout.seat_key)
    }),
    Of::required("row_label", Text, Repeated, |seats| {
        borrowed(&seats.layout.row_label)
    }),
    Of::required("seat_number", Text, Repeated, |seats| {
        borrowed(&seats.layout.seat_number)
    }),
    Of::required("area", Text, Repeated, |seats| borrowed(&seats.layout.area)),
    Of::required("kind", Text, Repeated, |seats| borrowed(&seats.layout.kind)),
    // What nothing maps has none: see the code.
    Of::optional("status", Text, Repeated, |seats| {
        let label = |code: &u8| seats.meaning(*code)?.label.clone();
        Cells::some_made(seats.codes.iter().map(label))
    }),
    Of::required("code", Text, Repeated, |seats| {
        let code = |code: &u8| match seats.meaning(*code) {
            Some(meaning) => meaning.code.clone(),
            None => ByteArray::from(""),
        };
        let codes: Vec<ByteArray> = seats.codes.iter().map(code).collect();
        Values::Texts(Cow::Owned(codes)).into()
    }),
    Of::required("seat_group", Text, Repeated, |seats| {
        borrowed(&seats.layout.seat_group)
    }),
    Of::optional("x", Integer, Repeated, |seats| {
        Cells::some_integers(seats.layout.x.iter().copied())
    }),
    Of::optional("y", Integer, Repeated, |seats| {
        Cells::some_integers(seats.layout.y.iter().copied())
    }),
    Of::required("layout_id", Integer, Runs, |seats| {
        Cells::integers(each(seats, seats.layout.id))
    }),
    Of::required("job_id", Long, Runs, |seats| {
        Cells::longs(each(seats, seats.job_id))
    }),
];

/// The same for every seat.
fn each<T: Clone>(seats: &Seats, value: T) -> impl Iterator<Item = T> {
    std::iter::repeat_n(value, seats.codes.len())
}

fn borrowed(values: &[ByteArray]) -> Cells<'_> {
    Values::Texts(Cow::Borrowed(values)).into()
}

impl Table for SeatRecords {
    type Block = Seats;
    const DATA_SET: DataSet = DataSet::SeatRecords;
    const TIME: &'static str = "observed_at";
    const SORTED_BY: &'static [&'static str] = &["showtime_id", "observed_at"];

    fn columns() -> &'static [Of] {
        COLUMNS
    }

    fn rows(block: &Seats) -> usize {
        block.codes.len()
    }

    async fn open(db: &PgPool, wanted: RowFilter) -> Result<Self, sqlx::Error> {
        SeatsReader::open(db, wanted).await.map(Self)
    }

    async fn next(&mut self) -> Result<Option<Vec<Seats>>, sqlx::Error> {
        self.0.next().await
    }

    fn used_codes(&self) -> Vec<UsedCode> {
        self.0.used_codes()
    }
}
