//! COPY in the binary format, the cheapest way of rows into Postgres.

use sqlx::{PgPool, postgres::PgPoolCopyExt as _};

use super::Row;
use crate::bench::error::BenchError;

/// A table with the columns and the key of `snapshot`, in one piece.
pub(super) const TABLE: &str = "CREATE TABLE bare_snapshot (
    observed_at timestamptz NOT NULL,
    job_id bigint NOT NULL,
    showtime_id integer NOT NULL,
    layout_id integer NOT NULL,
    available smallint NOT NULL,
    sold smallint NOT NULL,
    held smallint NOT NULL,
    blocked smallint NOT NULL,
    broken smallint NOT NULL,
    house smallint NOT NULL,
    unknown smallint NOT NULL,
    unmapped smallint NOT NULL,
    seats bytea NOT NULL,
    PRIMARY KEY (showtime_id, observed_at)
)";

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COLUMNS: i16 = 13;
const END: i16 = -1;
/// From 1970, from which the others count, to 2000, from which Postgres counts.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Stores a batch in a transaction of its own.
pub(super) async fn copy(db: &PgPool, rows: &[Row]) -> Result<(), BenchError> {
    let mut copy = db
        .copy_in_raw("COPY bare_snapshot FROM STDIN WITH (FORMAT binary)")
        .await?;
    copy.send(encoded(rows)).await?;
    copy.finish().await?;
    Ok(())
}

fn encoded(rows: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rows.len() * 256 + 32);
    bytes.extend_from_slice(SIGNATURE);
    for row in rows {
        bytes.extend_from_slice(&COLUMNS.to_be_bytes());
        let micros = row.observed_at.as_microsecond() - POSTGRES_EPOCH_MICROS;
        field(&mut bytes, &micros.to_be_bytes());
        field(&mut bytes, &row.job_id.to_be_bytes());
        field(&mut bytes, &row.showtime_id.to_be_bytes());
        field(&mut bytes, &1_i32.to_be_bytes());
        let packed = &row.packed;
        let others = packed.seats - packed.available - packed.sold;
        for count in [packed.available, packed.sold, 0, 0, 0, 0, 0, others] {
            field(&mut bytes, &count.to_be_bytes());
        }
        field(&mut bytes, &packed.nibbles);
    }
    bytes.extend_from_slice(&END.to_be_bytes());
    bytes
}

/// A field of the format: its length, then its bytes.
fn field(bytes: &mut Vec<u8>, value: &[u8]) {
    let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(value);
}
