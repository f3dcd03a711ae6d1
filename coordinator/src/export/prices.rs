//! The data set of prices: a row per showtime, price and time since which it was asked, as the
//! view `ticket_price`. Amounts have six decimals.

use schema::export::read::{self, PriceSeen};
use sqlx::PgPool;

use super::{
    column::{
        Cells, Column,
        ColumnKind::{Flag, Integer, Long, Money, Text, Time},
        Packing::{Repeated, Runs},
    },
    pages::Pages,
    table::{DataSet, RowFilter, Table},
};

/// Showtimes of a page.
const PAGE: usize = 2_000;

/// Reads the rows of the data set; a block is one page of them.
#[derive(Debug)]
pub struct Prices {
    db: PgPool,
    wanted: RowFilter,
    pages: Pages,
}

/// A column of prices.
type Of = Column<Vec<PriceSeen>>;

const COLUMNS: &[Of] = &[
    Of::required("showtime_id", Integer, Runs, |page| {
        Cells::integers(page.iter().map(|row| row.showtime_id))
    }),
    Of::required("observed_at", Time, Runs, |page| {
        Cells::times(page.iter().map(|row| row.observed_at))
    }),
    Of::required("ticket", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.ticket.as_str()))
    }),
    Of::required("area", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.area.as_str()))
    }),
    Of::required("amount", Money, Repeated, |page| {
        Cells::longs(page.iter().map(|row| row.amount))
    }),
    Of::required("currency", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.currency.as_str()))
    }),
    Of::required("job_id", Long, Runs, |page| {
        Cells::longs(page.iter().map(|row| row.job_id))
    }),
    Of::optional("amount_max", Money, Repeated, |page| {
        Cells::some_longs(page.iter().map(|row| row.amount_max))
    }),
    Of::optional("fee", Money, Repeated, |page| {
        Cells::some_longs(page.iter().map(|row| row.fee))
    }),
    Of::optional("tax_included", Flag, Repeated, |page| {
        Cells::some_flags(page.iter().map(|row| row.tax_included))
    }),
];

impl Table for Prices {
    type Block = Vec<PriceSeen>;
    const DATA_SET: DataSet = DataSet::Prices;
    const TIME: &'static str = "observed_at";
    const SORTED_BY: &'static [&'static str] = &["showtime_id", "observed_at"];

    fn columns() -> &'static [Of] {
        COLUMNS
    }

    fn rows(block: &Vec<PriceSeen>) -> usize {
        block.len()
    }

    async fn open(db: &PgPool, wanted: RowFilter) -> Result<Self, sqlx::Error> {
        let only = wanted.showtimes.as_deref();
        let showtimes = read::priced_showtimes(db, wanted.span, only).await?;
        Ok(Self {
            db: db.clone(),
            wanted,
            pages: Pages::of(showtimes, PAGE),
        })
    }

    async fn next(&mut self) -> Result<Option<Vec<Vec<PriceSeen>>>, sqlx::Error> {
        let Some(page) = self.pages.next() else {
            return Ok(None);
        };
        let prices = read::prices(&self.db, page, self.wanted.span).await?;
        Ok(Some(vec![prices]))
    }
}
