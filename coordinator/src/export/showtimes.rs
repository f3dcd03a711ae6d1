//! The data set of showtimes: a row per showtime with the names of its film, work, cinema,
//! auditorium and source, for what has its number.
//!
//! A showtime is of the day on which it was first stored, wherever it moves: each is in one day,
//! and those of all that was seen until a day are in the days until then. What changes later
//! leads to another export of its day.

use schema::export::showtimes::{NamedShowtime, discovered, named};
use sqlx::PgPool;

use super::{
    column::{
        Cells, Column,
        ColumnKind::{Day, Flag, Integer, Long, Text, Time},
        Packing::{Deltas, Prefixes, Repeated, Runs},
    },
    pages::Pages,
    table::{DataSet, RowFilter, Table},
};

/// Showtimes of a page.
const PAGE: usize = 5_000;

/// Reads the rows of the data set; a block is one page of them.
#[derive(Debug)]
pub struct Showtimes {
    db: PgPool,
    pages: Pages,
}

/// A column of showtimes.
type Of = Column<Vec<NamedShowtime>>;

const COLUMNS: &[Of] = &[
    Of::required("showtime_id", Integer, Deltas, |page| {
        Cells::integers(page.iter().map(|row| row.showtime_id))
    }),
    Of::required("starts_at", Time, Runs, |page| {
        Cells::times(page.iter().map(|row| row.starts_at))
    }),
    Of::required("business_on", Day, Runs, |page| {
        Cells::integers(page.iter().map(|row| row.business_on.to_epoch_days()))
    }),
    Of::required("source", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.source.as_str()))
    }),
    Of::required("source_title", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.source_title.as_str()))
    }),
    Of::required("territory", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.territory.as_str()))
    }),
    Of::required("cinema_id", Integer, Repeated, |page| {
        Cells::integers(page.iter().map(|row| row.cinema_id))
    }),
    Of::required("cinema_key", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.cinema_key.as_str()))
    }),
    Of::required("cinema", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.cinema.as_str()))
    }),
    Of::optional("city", Text, Repeated, |page| {
        Cells::some_texts(page.iter().map(|row| row.city.as_deref()))
    }),
    Of::required("timezone", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.timezone.as_str()))
    }),
    Of::optional("auditorium_id", Integer, Repeated, |page| {
        Cells::some_integers(page.iter().map(|row| row.auditorium_id))
    }),
    Of::optional("auditorium", Text, Repeated, |page| {
        Cells::some_texts(page.iter().map(|row| row.auditorium.as_deref()))
    }),
    Of::required("film_id", Integer, Repeated, |page| {
        Cells::integers(page.iter().map(|row| row.film_id))
    }),
    Of::required("film_key", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.film_key.as_str()))
    }),
    Of::required("film", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.film.as_str()))
    }),
    Of::optional("seats_total", Integer, Repeated, |page| {
        Cells::some_integers(page.iter().map(|row| row.seats_total))
    }),
    Of::optional("sold_out", Flag, Repeated, |page| {
        Cells::some_flags(page.iter().map(|row| row.sold_out))
    }),
    Of::required("key", Text, Prefixes, |page| {
        Cells::texts(page.iter().map(|row| row.key.as_str()))
    }),
    Of::required("discovered_at", Time, Runs, |page| {
        Cells::times(page.iter().map(|row| row.discovered_at))
    }),
    Of::required("discovered_by", Long, Runs, |page| {
        Cells::longs(page.iter().map(|row| row.discovered_by))
    }),
    Of::required("changed_by", Long, Runs, |page| {
        Cells::longs(page.iter().map(|row| row.changed_by))
    }),
    Of::optional("work_id", Integer, Repeated, |page| {
        Cells::some_integers(page.iter().map(|row| row.work_id))
    }),
    Of::optional("work", Text, Repeated, |page| {
        Cells::some_texts(page.iter().map(|row| row.work.as_deref()))
    }),
];

impl Table for Showtimes {
    type Block = Vec<NamedShowtime>;
    const DATA_SET: DataSet = DataSet::Showtimes;
    const TIME: &'static str = "discovered_at";
    const SORTED_BY: &'static [&'static str] = &["showtime_id"];

    fn columns() -> &'static [Of] {
        COLUMNS
    }

    fn rows(block: &Vec<NamedShowtime>) -> usize {
        block.len()
    }

    async fn open(db: &PgPool, wanted: RowFilter) -> Result<Self, sqlx::Error> {
        let only = wanted.showtimes.as_deref();
        let showtimes = discovered(db, wanted.span, only).await?;
        Ok(Self {
            db: db.clone(),
            pages: Pages::of(showtimes, PAGE),
        })
    }

    async fn next(&mut self) -> Result<Option<Vec<Vec<NamedShowtime>>>, sqlx::Error> {
        let Some(page) = self.pages.next() else {
            return Ok(None);
        };
        Ok(Some(vec![named(&self.db, page).await?]))
    }
}
