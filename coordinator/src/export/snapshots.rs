//! The data set of snapshots: a row per snapshot with its counters, as the view
//! `seat_snapshot`. Seats are counted here by what their codes mean, live and sealed alike, so
//! seat records and snapshots that were exported together agree.

use schema::{enums::SeatStatus, export::UsedCode};
use sqlx::PgPool;

use super::{
    column::{
        Cells, Column,
        ColumnKind::{Integer, Long, Short, Time},
        Packing::{Deltas, Repeated, Runs},
    },
    seats::{Seats, SeatsReader},
    table::{DataSet, RowFilter, Table},
};

/// Reads the rows of the data set; a block is one page of them.
#[derive(Debug)]
pub struct Snapshots(SeatsReader);

/// A snapshot and its counters: those of [`SeatStatus::ALL`], and what nothing maps.
#[derive(Debug)]
pub struct Counted {
    seats: Seats,
    counts: [i32; SeatStatus::ALL.len() + 1],
}

/// A column of snapshots.
type Of = Column<Vec<Counted>>;

/// A counter, by its place in [`Counted::counts`].
macro_rules! counter {
    ($name:literal, $place:expr) => {
        Of::required($name, Short, Repeated, |page| {
            Cells::integers(page.iter().map(|row| row.counts[$place]))
        })
    };
}

const COLUMNS: &[Of] = &[
    Of::required("showtime_id", Integer, Runs, |page| {
        Cells::integers(page.iter().map(|row| row.seats.showtime_id))
    }),
    Of::required("observed_at", Time, Deltas, |page| {
        Cells::times(page.iter().map(|row| row.seats.observed_at))
    }),
    Of::required("job_id", Long, Deltas, |page| {
        Cells::longs(page.iter().map(|row| row.seats.job_id))
    }),
    Of::required("layout_id", Integer, Runs, |page| {
        Cells::integers(page.iter().map(|row| row.seats.layout.id))
    }),
    counter!("available", SeatStatus::Available as usize),
    counter!("sold", SeatStatus::Sold as usize),
    counter!("held", SeatStatus::Held as usize),
    counter!("blocked", SeatStatus::Blocked as usize),
    counter!("broken", SeatStatus::Broken as usize),
    counter!("house", SeatStatus::House as usize),
    counter!("unknown", SeatStatus::Unknown as usize),
    counter!("unmapped", SeatStatus::ALL.len()),
];

impl From<Seats> for Counted {
    fn from(seats: Seats) -> Self {
        let mut counts = [0; SeatStatus::ALL.len() + 1];
        for code in &seats.codes {
            let status = seats.meaning(*code).and_then(|meaning| meaning.status);
            counts[status.map_or(SeatStatus::ALL.len(), |status| status as usize)] += 1;
        }
        Self { seats, counts }
    }
}

impl Table for Snapshots {
    type Block = Vec<Counted>;
    const DATA_SET: DataSet = DataSet::Snapshots;
    const TIME: &'static str = "observed_at";
    const SORTED_BY: &'static [&'static str] = &["showtime_id", "observed_at"];

    fn columns() -> &'static [Of] {
        COLUMNS
    }

    fn rows(block: &Vec<Counted>) -> usize {
        block.len()
    }

    async fn open(db: &PgPool, wanted: RowFilter) -> Result<Self, sqlx::Error> {
        SeatsReader::open(db, wanted).await.map(Self)
    }

    async fn next(&mut self) -> Result<Option<Vec<Vec<Counted>>>, sqlx::Error> {
        let page = self.0.next().await?;
        Ok(page.map(|page| vec![page.into_iter().map(Counted::from).collect()]))
    }

    fn used_codes(&self) -> Vec<UsedCode> {
        self.0.used_codes()
    }
}
