//! What analysts ask of seats, timed: prepared, as programs run them many times, and planned each
//! time, as in a console.

use std::time::Instant;

use sqlx::PgPool;

use super::NAME;
use crate::bench::{
    Measured,
    error::BenchError,
    figure::{Figure, Reach, quantile},
};

/// Times that each question is asked, of another showtime or film each.
const TIMES: i32 = 31;

/// A question: its name, its statement, and milliseconds that it may take.
const QUESTIONS: [(&str, &str, f64); 5] = [
    (
        "curve",
        "SELECT observed_at, sold, share_sold, job_id FROM occupancy WHERE showtime_id = $1 ORDER BY observed_at",
        1.0,
    ),
    (
        "latest_seats",
        "SELECT seat_key, row_label, seat_number, status FROM seat_latest WHERE showtime_id = $1",
        2.0,
    ),
    (
        "film_changes",
        "SELECT seat_change.showtime_id, observed_at, seat_key, from_status, to_status, seat_change.job_id
        FROM showtime INNER JOIN seat_change ON seat_change.showtime_id = showtime.showtime_id
        WHERE showtime.film_id = $1 % (SELECT max(film_id) FROM film) + 1",
        500.0,
    ),
    (
        "admission",
        "SELECT admissions, certainty, sold_late FROM admission WHERE showtime_id = $1",
        5.0,
    ),
    (
        "film_admissions",
        "SELECT sum(admissions), count(*) FILTER (WHERE certainty = 'exact')
        FROM showtime INNER JOIN admission ON admission.showtime_id = showtime.showtime_id
        WHERE showtime.film_id = $1 % (SELECT max(film_id) FROM film) + 1",
        100.0,
    ),
];

/// Asks every question; the names of the figures go on from `part`.
pub(super) async fn all(db: &PgPool, part: &str) -> Measured {
    let mut figures = Vec::new();
    for (name, question, reach) in QUESTIONS {
        let planned_anew = median(db, question, false).await?;
        let prepared = median(db, question, true).await?;
        figures.push(
            Figure::new(NAME, format!("{NAME}.{part}.{name}"), prepared, "ms")
                .reach(Reach::AtMost(reach))
                .beside("planned anew", planned_anew),
        );
    }
    Ok(figures)
}

/// Median milliseconds from asked to all rows read.
async fn median(db: &PgPool, question: &'static str, is_prepared: bool) -> Result<f64, BenchError> {
    let mut connection = db.acquire().await?;
    let showtimes: Vec<i32> = sqlx::query_scalar(
        "SELECT showtime_id FROM showtime ORDER BY md5(showtime_id::text) LIMIT $1",
    )
    .bind(TIMES)
    .fetch_all(&mut *connection)
    .await?;
    let mut millis = Vec::new();
    for showtime_id in showtimes {
        let began = Instant::now();
        let rows = if is_prepared {
            let asked = sqlx::query(question).bind(showtime_id);
            asked.fetch_all(&mut *connection).await?
        } else {
            let written = question.replace("$1", &showtime_id.to_string());
            let asked = sqlx::raw_sql(sqlx::AssertSqlSafe(written));
            asked.fetch_all(&mut *connection).await?
        };
        millis.push(began.elapsed().as_secs_f64() * 1e3);
        if rows.is_empty() {
            return Err(BenchError::nothing(format!("no answer to {question}")));
        }
    }
    millis.sort_by(f64::total_cmp);
    Ok(quantile(&millis, 0.5))
}
