//! Files as they are read back, and the rows of the database that must be in them.

use chrono::NaiveDate;
use coordinator::export::table::DataSet;
use parquet::{
    file::reader::{FileReader as _, SerializedFileReader},
    record::Field,
};
use sqlx::PgPool;

/// A row with every column as text.
pub(crate) type Row = Vec<Option<String>>;

/// What the statements below need.
pub(crate) const MICROS: &str = "CREATE FUNCTION micros(at timestamptz) RETURNS text LANGUAGE sql
    AS $$ SELECT (extract(epoch FROM at) * 1000000)::bigint::text $$";

/// How each data set is read from the database: every column as text, as [`rows`] has them.
const AS_TEXT: [(DataSet, &str); 6] = [
    (
        DataSet::Showtimes,
        "SELECT ARRAY[showtime_id::text, micros(starts_at), (business_on - date '1970-01-01')::text, source.name, source.title,
            territory::text, showtime.cinema_id::text, cinema.key, cinema.name, city, timezone, auditorium_id::text, auditorium.name,
            film.film_id::text, film.key, film.title, seats_total::text, sold_out::text, showtime.key, micros(showtime.discovered_at),
            showtime.discovered_by::text, showtime.changed_by::text, film_work.work_id::text, work.title]
        FROM showtime INNER JOIN film USING (film_id) INNER JOIN cinema USING (cinema_id)
        INNER JOIN source ON source.source_id = cinema.source_id LEFT JOIN auditorium USING (auditorium_id)
        LEFT JOIN film_work USING (film_id) LEFT JOIN work ON work.work_id = film_work.work_id
        WHERE showtime.discovered_at >= $1::date AND showtime.discovered_at < $1::date + 1 ORDER BY showtime_id",
    ),
    (
        DataSet::SeatRecords,
        "SELECT ARRAY[showtime_id::text, micros(observed_at), seat_key, row_label, seat_number, area, kind,
            status::text, code, seat_group, x::text, y::text, layout_id::text, job_id::text]
        FROM seat_record WHERE observed_at >= $1::date AND observed_at < $1::date + 1 ORDER BY showtime_id, observed_at, x",
    ),
    (
        DataSet::Snapshots,
        "SELECT ARRAY[showtime_id::text, micros(observed_at), job_id::text, layout_id::text, available::text, sold::text,
            held::text, blocked::text, broken::text, house::text, unknown::text, unmapped::text]
        FROM seat_snapshot WHERE observed_at >= $1::date AND observed_at < $1::date + 1 ORDER BY showtime_id, observed_at",
    ),
    (
        DataSet::Jobs,
        "SELECT ARRAY[job_id::text, task_id::text, parent_job_id::text, ended_seq::text, micros(enqueued_at),
            micros(claimed_at), micros(observed_at), micros(finished_at), pod_id::text, job.definition_id::text, step_id::text,
            source.name, step.name, fetch_micros::text, response_bytes::text, row_count::text, retry_after_seconds::text,
            outcome::text, error_class::text, http_status::text, requests::text, attempt::text, unmapped::text, sold::text,
            changed::text, request_url, error]
        FROM job INNER JOIN step USING (step_id) INNER JOIN source USING (source_id) WHERE finished_at >= $1::date AND finished_at < $1::date + 1 ORDER BY job_id",
    ),
    (
        DataSet::Prices,
        "SELECT ARRAY[showtime_id::text, micros(observed_at), ticket, area, (amount * 1000000)::bigint::text, currency::text,
            job_id::text, (amount_max * 1000000)::bigint::text, (fee * 1000000)::bigint::text, tax_included::text]
        FROM ticket_price WHERE observed_at >= $1::date AND observed_at < $1::date + 1 ORDER BY showtime_id, observed_at, ticket",
    ),
    (
        DataSet::Events,
        "SELECT ARRAY[client, event, micros(received_at), micros(occurred_at), user_id::text, country, region, is_bot::text,
            is_clock_corrected::text, is_from_future::text, is_historical::text, breaks_schema::text, micros(sent_at),
            micros(original_at), properties::text]
        FROM event_record WHERE received_at >= $1::date AND received_at < $1::date + 1
        ORDER BY client, event, received_at, occurred_at, user_id, properties::text",
    ),
];

/// The rows of a day as the database has them.
pub(crate) async fn stored(
    db: &PgPool,
    data_set: DataSet,
    day: NaiveDate,
) -> Result<Vec<Row>, sqlx::Error> {
    let (_, query) = AS_TEXT.iter().find(|(of, _)| *of == data_set).unwrap();
    sqlx::query_scalar(*query).bind(day).fetch_all(db).await
}

/// The rows of a file, read by the library itself, every column as text.
pub(crate) fn rows(content: &[u8]) -> Vec<Row> {
    let reader = SerializedFileReader::new(bytes::Bytes::copy_from_slice(content)).unwrap();
    let read = reader.get_row_iter(None).unwrap();
    read.map(|row| {
        let row = row.unwrap();
        row.get_column_iter()
            .map(|(_, field)| as_text(field))
            .collect()
    })
    .collect()
}

fn as_text(field: &Field) -> Option<String> {
    match field {
        Field::Null => None,
        Field::Bool(value) => Some(value.to_string()),
        Field::Short(value) => Some(value.to_string()),
        Field::Int(value) | Field::Date(value) => Some(value.to_string()),
        Field::Long(value) | Field::TimestampMicros(value) => Some(value.to_string()),
        Field::Str(value) => Some(value.clone()),
        Field::Decimal(value) => {
            let bytes: [u8; 8] = value.data().try_into().unwrap();
            Some(i64::from_be_bytes(bytes).to_string())
        }
        other => panic!("{other:?} is not exported"),
    }
}
