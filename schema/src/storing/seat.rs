//! Layouts, seat codes and tariffs, to which snapshots refer.
//!
//! All three are found or made by content and never changed, so callers may keep
//! their ids for as long as they like.

use sqlx::PgExecutor;
use uuid::Uuid;

use crate::{catalogue::SeenBy, enums::SeatStatus};

/// The seats of an auditorium in a fixed order; all columns have the same length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Position from the left, where the source gives one.
    pub x: Vec<Option<i32>>,
    /// Position from the front, where the source gives one.
    pub y: Vec<Option<i32>>,
    /// Stable keys, distinct.
    pub seat_key: Vec<String>,
    /// Rows as displayed.
    pub row_label: Vec<String>,
    /// Numbers as displayed.
    pub seat_number: Vec<String>,
    /// Areas or price zones.
    pub area: Vec<String>,
    /// Kinds of seat.
    pub kind: Vec<String>,
    /// Seats sold together share a group.
    pub seat_group: Vec<String>,
}

/// The labels of the seats of a layout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeatLabels {
    /// Key of each seat.
    pub seat_key: Vec<String>,
    /// Row of each seat.
    pub row_label: Vec<String>,
    /// Number of each seat.
    pub seat_number: Vec<String>,
}

/// Returns what the seats of a layout are called, unless it is the one of this content.
///
/// # Errors
///
/// If the statement fails.
pub async fn labels_unless(
    db: impl PgExecutor<'_>,
    layout_id: i32,
    content_hash: Uuid,
) -> Result<Option<SeatLabels>, sqlx::Error> {
    sqlx::query_as!(
        SeatLabels,
        "SELECT seat_key, row_label, seat_number FROM layout WHERE layout_id = $1 AND content_hash <> $2",
        layout_id,
        content_hash
    )
    .fetch_optional(db)
    .await
}

/// Finds or makes a layout; returns its id.
///
/// # Errors
///
/// If the statement fails, or the layout has no seat or more than 32,767.
pub async fn layout_id(
    db: impl PgExecutor<'_> + Copy,
    by: SeenBy,
    content_hash: Uuid,
    layout: &Layout,
) -> Result<i32, sqlx::Error> {
    let found = layout_id_within(db, by, content_hash, layout, i64::MAX).await?;
    found.ok_or(sqlx::Error::RowNotFound)
}

/// Finds a layout, or makes it unless its source has `max_layouts` already; returns its id.
///
/// # Errors
///
/// As [`layout_id`].
pub async fn layout_id_within(
    db: impl PgExecutor<'_> + Copy,
    by: SeenBy,
    content_hash: Uuid,
    layout: &Layout,
    max_layouts: i64,
) -> Result<Option<i32>, sqlx::Error> {
    let known = sqlx::query_scalar!(
        "SELECT layout_id FROM layout WHERE source_id = $1 AND content_hash = $2",
        by.source_id,
        content_hash
    )
    .fetch_optional(db)
    .await?;
    if known.is_some() {
        return Ok(known);
    }
    let seat_count = i16::try_from(layout.seat_key.len())
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    // The update that changes nothing makes a row of it that was made meanwhile come back.
    sqlx::query_scalar!(
        "INSERT INTO layout (
            source_id, discovered_by, content_hash, seat_count,
            x, y, seat_key, row_label, seat_number, area, kind, seat_group)
        SELECT $1::integer, $2::bigint, $3::uuid, $4::smallint, $5::integer[], $6::integer[],
            $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[]
        WHERE (SELECT count(*) FROM layout WHERE source_id = $1) < $13
        ON CONFLICT (source_id, content_hash) DO UPDATE SET seat_count = excluded.seat_count
        RETURNING layout_id",
        by.source_id,
        by.job_id,
        content_hash,
        seat_count,
        &layout.x as &[Option<i32>],
        &layout.y as &[Option<i32>],
        &layout.seat_key,
        &layout.row_label,
        &layout.seat_number,
        &layout.area,
        &layout.kind,
        &layout.seat_group,
        max_layouts
    )
    .fetch_optional(db)
    .await
}

/// One status code of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatCode {
    /// The number that snapshots store for it.
    pub code_index: i16,
    /// The code as it came.
    pub code: String,
    /// The status that it means; `None` while it is not mapped.
    pub status: Option<SeatStatus>,
}

/// The codes of a source as they are at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeatCodes {
    /// Counts how often a known code got another meaning.
    pub version: i32,
    /// All of them.
    pub codes: Vec<SeatCode>,
}

/// All codes of a source.
///
/// # Errors
///
/// If the statement fails.
pub async fn seat_codes(db: impl PgExecutor<'_>, source_id: i32) -> Result<SeatCodes, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT source.codes_version, seat_code.code_index AS "code_index?", seat_code.code AS "code?",
            seat_code.status AS "status: SeatStatus"
        FROM source
        LEFT JOIN seat_code ON seat_code.source_id = source.source_id
        WHERE source.source_id = $1"#,
        source_id
    )
    .fetch_all(db)
    .await?;
    Ok(SeatCodes {
        version: rows.first().map_or(0, |row| row.codes_version),
        codes: rows
            .into_iter()
            .filter_map(|row| {
                Some(SeatCode {
                    code_index: row.code_index?,
                    code: row.code?,
                    status: row.status,
                })
            })
            .collect(),
    })
}

/// Makes a code known, at the next free index; one that is known and unmapped
/// takes `status`.
///
/// # Errors
///
/// If the statement fails: because another pod took the index at the same moment
/// (a unique violation; try again), or because the source has 256 codes already.
pub async fn add_seat_code(
    db: impl PgExecutor<'_>,
    by: SeenBy,
    code: &str,
    status: Option<SeatStatus>,
) -> Result<SeatCode, sqlx::Error> {
    sqlx::query_as!(
        SeatCode,
        r#"INSERT INTO seat_code AS known (source_id, code_index, discovered_by, status, code)
        SELECT $1, coalesce(max(code_index) + 1, 0), $2, $3, $4
        FROM seat_code
        WHERE source_id = $1
        ON CONFLICT (source_id, code) DO UPDATE SET status = coalesce(known.status, excluded.status)
        RETURNING code_index, code, status AS "status: SeatStatus""#,
        by.source_id,
        by.job_id,
        status as Option<SeatStatus>,
        code
    )
    .fetch_one(db)
    .await
}

/// A set of prices; all columns have the same length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tariff {
    /// ISO 4217 code.
    pub currency: String,
    /// Ticket types.
    pub ticket: Vec<String>,
    /// Areas; empty where a price holds in all.
    pub area: Vec<String>,
    /// Amounts in major units, as decimal text.
    pub amount: Vec<String>,
    /// Upper ends, where the source gives ranges.
    pub amount_max: Vec<Option<String>>,
    /// Booking fees on top.
    pub fee: Vec<Option<String>>,
    /// Whether tax is in the amount, where the source says so.
    pub tax_included: Vec<Option<bool>>,
}

/// Finds or makes a tariff; returns its id.
///
/// # Errors
///
/// If the statement fails.
pub async fn tariff_id(
    db: impl PgExecutor<'_> + Copy,
    by: SeenBy,
    content_hash: Uuid,
    tariff: &Tariff,
) -> Result<i32, sqlx::Error> {
    let known = sqlx::query_scalar!(
        "SELECT tariff_id FROM tariff WHERE source_id = $1 AND content_hash = $2",
        by.source_id,
        content_hash
    )
    .fetch_optional(db)
    .await?;
    if let Some(tariff_id) = known {
        return Ok(tariff_id);
    }
    sqlx::query_scalar!(
        "INSERT INTO tariff (
            source_id, discovered_by, content_hash, currency, amount, ticket, area,
            amount_max, fee, tax_included)
        VALUES ($1, $2, $3, $4, $5::text[]::numeric[], $6, $7, $8::text[]::numeric[], $9::text[]::numeric[], $10)
        ON CONFLICT (source_id, content_hash) DO UPDATE SET currency = excluded.currency
        RETURNING tariff_id",
        by.source_id,
        by.job_id,
        content_hash,
        tariff.currency,
        &tariff.amount,
        &tariff.ticket,
        &tariff.area,
        &tariff.amount_max as &[Option<String>],
        &tariff.fee as &[Option<String>],
        &tariff.tax_included as &[Option<bool>]
    )
    .fetch_one(db)
    .await
}
