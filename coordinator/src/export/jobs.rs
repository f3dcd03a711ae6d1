//! The data set of jobs: the history, a row per job that ended, with the names of its source
//! and step.

use schema::export::read::{self, JobEnded};
use sqlx::PgPool;

use super::{
    column::{
        Cells, Column,
        ColumnKind::{Flag, Integer, Long, Short, Text, Time},
        Packing::{Deltas, Prefixes, Repeated},
    },
    table::{DataSet, RowFilter, Table},
};

/// Jobs of a page.
const PAGE: i64 = 10_000;

/// Reads the rows of the data set; a block is one page of them.
#[derive(Debug)]
pub struct Jobs {
    db: PgPool,
    wanted: RowFilter,
    after: i64,
}

/// A column of jobs.
type Of = Column<Vec<JobEnded>>;

const COLUMNS: &[Of] = &[
    Of::required("job_id", Long, Deltas, |page| {
        Cells::longs(page.iter().map(|row| row.job_id))
    }),
    Of::required("task_id", Long, Deltas, |page| {
        Cells::longs(page.iter().map(|row| row.task_id))
    }),
    Of::optional("parent_job_id", Long, Repeated, |page| {
        Cells::some_longs(page.iter().map(|row| row.parent_job_id))
    }),
    Of::required("ended_seq", Long, Deltas, |page| {
        Cells::longs(page.iter().map(|row| row.ended_seq))
    }),
    Of::required("enqueued_at", Time, Deltas, |page| {
        Cells::times(page.iter().map(|row| row.enqueued_at))
    }),
    Of::required("claimed_at", Time, Deltas, |page| {
        Cells::times(page.iter().map(|row| row.claimed_at))
    }),
    Of::optional("observed_at", Time, Deltas, |page| {
        Cells::some_times(page.iter().map(|row| row.observed_at))
    }),
    Of::required("finished_at", Time, Deltas, |page| {
        Cells::times(page.iter().map(|row| row.finished_at))
    }),
    Of::required("pod_id", Integer, Repeated, |page| {
        Cells::integers(page.iter().map(|row| row.pod_id))
    }),
    Of::required("definition_id", Integer, Repeated, |page| {
        Cells::integers(page.iter().map(|row| row.definition_id))
    }),
    Of::required("step_id", Integer, Repeated, |page| {
        Cells::integers(page.iter().map(|row| row.step_id))
    }),
    Of::required("source", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.source.as_str()))
    }),
    Of::required("step", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.step.as_str()))
    }),
    Of::optional("fetch_micros", Integer, Deltas, |page| {
        Cells::some_integers(page.iter().map(|row| row.fetch_micros))
    }),
    Of::optional("response_bytes", Integer, Deltas, |page| {
        Cells::some_integers(page.iter().map(|row| row.response_bytes))
    }),
    Of::optional("row_count", Integer, Repeated, |page| {
        Cells::some_integers(page.iter().map(|row| row.row_count))
    }),
    Of::optional("retry_after_seconds", Integer, Repeated, |page| {
        Cells::some_integers(page.iter().map(|row| row.retry_after_seconds))
    }),
    Of::required("outcome", Text, Repeated, |page| {
        Cells::texts(page.iter().map(|row| row.outcome.as_str()))
    }),
    Of::optional("error_class", Text, Repeated, |page| {
        Cells::some_texts(page.iter().map(|row| row.error_class.as_deref()))
    }),
    Of::optional("http_status", Short, Repeated, |page| {
        Cells::some_integers(page.iter().map(|row| row.http_status.map(i32::from)))
    }),
    Of::required("requests", Short, Repeated, |page| {
        Cells::integers(page.iter().map(|row| row.requests.into()))
    }),
    Of::required("attempt", Short, Repeated, |page| {
        Cells::integers(page.iter().map(|row| row.attempt.into()))
    }),
    Of::optional("unmapped", Short, Repeated, |page| {
        Cells::some_integers(page.iter().map(|row| row.unmapped.map(i32::from)))
    }),
    Of::optional("sold", Short, Repeated, |page| {
        Cells::some_integers(page.iter().map(|row| row.sold.map(i32::from)))
    }),
    Of::optional("changed", Flag, Repeated, |page| {
        Cells::some_flags(page.iter().map(|row| row.changed))
    }),
    Of::optional("request_url", Text, Prefixes, |page| {
        Cells::some_texts(page.iter().map(|row| row.request_url.as_deref()))
    }),
    Of::optional("error", Text, Repeated, |page| {
        Cells::some_texts(page.iter().map(|row| row.error.as_deref()))
    }),
];

impl Table for Jobs {
    type Block = Vec<JobEnded>;
    const DATA_SET: DataSet = DataSet::Jobs;
    const TIME: &'static str = "finished_at";
    const SORTED_BY: &'static [&'static str] = &["job_id"];

    fn columns() -> &'static [Of] {
        COLUMNS
    }

    fn rows(block: &Vec<JobEnded>) -> usize {
        block.len()
    }

    async fn open(db: &PgPool, wanted: RowFilter) -> Result<Self, sqlx::Error> {
        Ok(Self {
            db: db.clone(),
            wanted,
            after: 0,
        })
    }

    async fn next(&mut self) -> Result<Option<Vec<Vec<JobEnded>>>, sqlx::Error> {
        let RowFilter { span, jobs, .. } = &self.wanted;
        let page = read::jobs(&self.db, *span, jobs, self.after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.after = last.job_id;
        Ok(Some(vec![page]))
    }
}
