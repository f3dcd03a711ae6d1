//! The packed form of a showtime's snapshots: one whole state, then only what changed.
//!
//! Pure: takes snapshots, gives bytes, and back. The function `unseal` of the database reads
//! the same form. Bytes of `snapshot.seats` are compared, not seats, so what comes out is
//! what went in, however it was packed. Codes are kept and not their meaning: mapping a code
//! later corrects what is sealed without touching it.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the format, 1 |
//! | 1, 1 | how many bytes a time takes, and a job |
//! | so many, for each snapshot | microseconds since the first, and the job; big-endian |
//! | a number, for each snapshot | 0 or 1: a whole state; else two more than the bytes that changed |
//! | of a whole state: 4, 2, the seats | layout, number of seats, `snapshot.seats`; 1 says a byte per seat, 0 half a byte |
//! | of a change: a number, 1 | bytes passed over since the one before, and what this one becomes |
//!
//! A number below 128 takes a byte; others take two, the first with its highest bit set.

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

/// The format that is written.
const FORMAT: u8 = 1;
/// What announces a whole state, with half a byte per seat and with a byte; and what is added
/// to the number of changed bytes, so that it announces them.
const NARROW: u16 = 0;
const WIDE: u16 = 1;
const CHANGED: u16 = 2;
/// Bytes of a whole state without its seats.
const WHOLE_BYTES: usize = 6;
/// The largest number that can be written.
const MAX_NUMBER: u16 = 0x7fff;

/// A snapshot as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// When it was taken, in whole microseconds.
    pub observed_at: DateTime<Utc>,
    /// The job that took it.
    pub job_id: i64,
    /// Which seats, in which order.
    pub layout_id: i32,
    /// How many seats.
    pub seat_count: u16,
    /// Code index per seat: see the column `snapshot.seats`.
    pub seats: Vec<u8>,
}

impl StoredSnapshot {
    fn is_wide(&self) -> bool {
        self.seats.len() == usize::from(self.seat_count)
    }
}

/// Why snapshots cannot be packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PackError {
    /// There are none.
    #[error("there is no snapshot")]
    Empty,
    /// Times that fall, or lie further apart than can be counted.
    #[error("the snapshots are not in the order of their times")]
    OutOfOrder,
    /// Seats that are neither a byte nor half a byte each.
    #[error("a snapshot of {seat_count} seats has {bytes} bytes")]
    Misfit {
        /// Seats that it should have.
        seat_count: u16,
        /// Bytes that it has.
        bytes: usize,
    },
}

/// Packs the snapshots of one showtime, which must be in the order of their times.
///
/// # Errors
///
/// See [`PackError`].
///
/// ```
/// use chrono::DateTime;
/// use schema::seal::pack::{StoredSnapshot, pack, unpack};
///
/// let first = StoredSnapshot {
///     observed_at: DateTime::UNIX_EPOCH,
///     job_id: 7,
///     layout_id: 1,
///     seat_count: 3,
///     seats: vec![0x00, 0x00],
/// };
/// let second = StoredSnapshot { job_id: 8, seats: vec![0x10, 0x00], ..first.clone() };
/// let data = pack(&[first.clone(), second.clone()])?;
/// assert_eq!(unpack(first.observed_at, 2, &data), Some(vec![first, second]));
/// # Ok::<(), schema::seal::pack::PackError>(())
/// ```
pub fn pack(snapshots: &[StoredSnapshot]) -> Result<Vec<u8>, PackError> {
    let first = snapshots.first().ok_or(PackError::Empty)?;
    let offsets = offsets(first.observed_at, snapshots)?;
    let time_width = width(offsets.iter().copied().max().unwrap_or(0));
    let jobs = snapshots.iter().map(|row| row.job_id.cast_unsigned());
    let job_width = width(jobs.max().unwrap_or(0));
    let mut data = Vec::with_capacity(64 + first.seats.len() + snapshots.len() * 16);
    data.push(FORMAT);
    for width in [time_width, job_width] {
        data.push(u8::try_from(width).unwrap_or(8));
    }
    for (row, offset) in snapshots.iter().zip(offsets) {
        data.extend_from_slice(&offset.to_be_bytes()[8 - time_width..]);
        data.extend_from_slice(&row.job_id.to_be_bytes()[8 - job_width..]);
    }
    let mut before = None;
    for row in snapshots {
        write_state(&mut data, before, row)?;
        before = Some(row);
    }
    Ok(data)
}

/// Microseconds from `first` to each snapshot; none may be less than the one before.
fn offsets(first: DateTime<Utc>, snapshots: &[StoredSnapshot]) -> Result<Vec<u64>, PackError> {
    let mut least = 0;
    let offset = |row: &StoredSnapshot| {
        let micros = (row.observed_at - first).num_microseconds();
        let micros = micros.and_then(|micros| u64::try_from(micros).ok());
        let micros = micros
            .filter(|&micros| micros >= least)
            .ok_or(PackError::OutOfOrder)?;
        least = micros;
        Ok(micros)
    };
    snapshots.iter().map(offset).collect()
}

/// How many bytes hold `largest`, at least one.
fn width(largest: u64) -> usize {
    (8 - largest.leading_zeros() as usize / 8).max(1)
}

fn write_state(
    data: &mut Vec<u8>,
    before: Option<&StoredSnapshot>,
    row: &StoredSnapshot,
) -> Result<(), PackError> {
    let halves = usize::from(row.seat_count).div_ceil(2);
    if row.seat_count > MAX_NUMBER || !(row.is_wide() || row.seats.len() == halves) {
        return Err(PackError::Misfit {
            seat_count: row.seat_count,
            bytes: row.seats.len(),
        });
    }
    let alike = before.filter(|before| {
        before.layout_id == row.layout_id
            && before.seat_count == row.seat_count
            && before.seats.len() == row.seats.len()
    });
    if let Some(changes) = alike.and_then(|before| changes(&before.seats, &row.seats)) {
        data.extend_from_slice(&changes);
        return Ok(());
    }
    write_number(data, if row.is_wide() { WIDE } else { NARROW });
    data.extend_from_slice(&row.layout_id.to_be_bytes());
    data.extend_from_slice(&row.seat_count.to_be_bytes());
    data.extend_from_slice(&row.seats);
    Ok(())
}

/// Returns the packed changes; `None` if the whole state is shorter.
fn changes(before: &[u8], after: &[u8]) -> Option<Vec<u8>> {
    let mut written = Vec::new();
    let mut count: u16 = 0;
    let mut next = 0;
    for (position, (was, becomes)) in before.iter().zip(after).enumerate() {
        if was != becomes {
            write_number(&mut written, u16::try_from(position - next).ok()?);
            written.push(*becomes);
            next = position + 1;
            count += 1;
        }
        if written.len() > after.len() + WHOLE_BYTES {
            return None;
        }
    }
    let mut data = Vec::with_capacity(written.len() + 2);
    write_number(&mut data, count + CHANGED);
    data.extend_from_slice(&written);
    Some(data)
}

fn write_number(data: &mut Vec<u8>, number: u16) {
    let [high, low] = number.to_be_bytes();
    if number < 0x80 {
        data.push(low);
    } else {
        data.extend_from_slice(&[high | 0x80, low]);
    }
}

/// Unpacks what [`pack`] packed: `count` snapshots, the first taken at `first_observed_at`;
/// `None` if the bytes have another form. In SQL, `unseal` does the same.
#[must_use]
pub fn unpack(
    first_observed_at: DateTime<Utc>,
    count: usize,
    data: &[u8],
) -> Option<Vec<StoredSnapshot>> {
    let mut head = Reader(data);
    if head.byte()? != FORMAT {
        return None;
    }
    let widths = [head.byte()?.into(), head.byte()?.into()];
    let mut body = Reader(data);
    body.take(3 + count.checked_mul(widths[0] + widths[1])?)?;
    let mut snapshots: Vec<StoredSnapshot> = Vec::new();
    for _ in 0..count {
        let micros = i64::try_from(head.wide(widths[0])?).ok()?;
        let job_id = head.wide(widths[1])?.cast_signed();
        let mut row = read_state(&mut body, snapshots.last())?;
        row.observed_at = first_observed_at.checked_add_signed(TimeDelta::microseconds(micros))?;
        row.job_id = job_id;
        snapshots.push(row);
    }
    body.0.is_empty().then_some(snapshots)
}

/// Reads the layout and the seats of the next snapshot; time and job are those of `before`.
fn read_state(body: &mut Reader<'_>, before: Option<&StoredSnapshot>) -> Option<StoredSnapshot> {
    let tag = body.number()?;
    let Some(changes) = tag.checked_sub(CHANGED) else {
        let layout_id = i32::from_be_bytes(body.take(4)?.try_into().ok()?);
        let seat_count = u16::from_be_bytes(body.take(2)?.try_into().ok()?);
        let bytes = if tag == WIDE {
            usize::from(seat_count)
        } else {
            usize::from(seat_count).div_ceil(2)
        };
        return Some(StoredSnapshot {
            observed_at: DateTime::UNIX_EPOCH,
            job_id: 0,
            layout_id,
            seat_count,
            seats: body.take(bytes)?.to_vec(),
        });
    };
    let mut row = before?.clone();
    let mut next = 0;
    for _ in 0..changes {
        next += usize::from(body.number()?);
        *row.seats.get_mut(next)? = body.byte()?;
        next += 1;
    }
    Some(row)
}

/// The bytes that are still to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(bytes)?;
        self.0 = left;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    fn number(&mut self) -> Option<u16> {
        let first = self.byte()?;
        if first < 0x80 {
            return Some(first.into());
        }
        Some(u16::from_be_bytes([first & 0x7f, self.byte()?]))
    }

    /// A number of `width` bytes.
    fn wide(&mut self, width: usize) -> Option<u64> {
        let taken = self.take(width)?;
        let mut bytes = [0; 8];
        bytes
            .get_mut(8_usize.checked_sub(width)?..)?
            .copy_from_slice(taken);
        Some(u64::from_be_bytes(bytes))
    }
}

#[cfg(test)]
mod tests;
