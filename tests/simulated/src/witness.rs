//! The witness: every request to a chain, logged before it is answered.
//!
//! It gives each request a serial, keeps the newest lines in memory within a bound, and appends
//! all of them to a file if one is named. If the file cannot be written, the server goes on and
//! says so once, and the status counts the lines that the file lacks.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    fs::File,
    io::{BufWriter, Write as _},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::{codes, fault::FaultKind, pages, world::World};

/// Stands for a seat of the layout that was taken out of its auditorium.
pub const GONE: char = '-';

/// What kind of page a request asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    /// The cinemas of a chain.
    Cinemas,
    /// The showtimes of a cinema.
    Showtimes,
    /// The seats of a showtime.
    Seats,
    /// None that the chain has.
    Other,
}

/// One request and what was answered; one JSON line of the witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Number of the request, rising by one; also the answer's `X-Serial`.
    pub serial: u64,
    /// Microseconds from the start of the server to the arrival, on a monotonic clock.
    pub monotonic_us: u64,
    /// The wall instant of the arrival, Unix microseconds; the state served is of this instant.
    pub at_us: i64,
    /// Name of the chain.
    pub chain: String,
    /// Path and query behind the chain's name.
    pub path: String,
    /// The header `X-Request-Id`: the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Status of the answer; 0 if none is given.
    pub status: u16,
    /// Kind of page.
    pub kind: PageKind,
    /// The fault with which the request was met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultKind>,
    /// The cinema's key, where the request names one that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cinema: Option<String>,
    /// The showtime's key, where the request names one that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub showtime: Option<String>,
    /// Number of the layout of the seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<usize>,
    /// The seats served whole: one symbol per seat in layout order, a digit or a letter from
    /// `a` for ten, an index in the shape's table of codes; [`GONE`] for a seat that is not
    /// there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<String>,
}

impl Line {
    /// Returns each seat's key and source code as the chain's definition extracts them.
    ///
    /// `world` must have been made with the options of the server. `None` if no whole seat map
    /// was served.
    #[must_use]
    pub fn seat_codes(&self, world: &World) -> Option<BTreeMap<String, &'static str>> {
        let chain = world.chain(&self.chain)?;
        let codes = codes::codes(chain.shape);
        let code = |symbol: char| codes.get(symbol.to_digit(36)? as usize).copied();
        let keys = self.seat_keys(world)?.into_iter();
        keys.zip(self.seats.as_ref()?.chars())
            .filter(|(_, symbol)| *symbol != GONE)
            .map(|(key, symbol)| Some((key, code(symbol)?)))
            .collect()
    }

    /// Returns the key of each seat of the showtime in layout order, as the chain's definition
    /// extracts it, of seats that are gone too. `None` if the line names no showtime.
    #[must_use]
    pub fn seat_keys(&self, world: &World) -> Option<Vec<String>> {
        let chain = world.chain(&self.chain)?;
        let key = self.showtime.as_ref()?.parse().ok()?;
        pages::seat_keys(world, chain, &world.showtime(chain, key)?)
    }
}

/// Writes symbols as the digits and letters of a line.
#[must_use]
pub fn write_symbols(symbols: &[u8]) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    symbols
        .iter()
        .map(|symbol| char::from(DIGITS[usize::from(*symbol) % 36]))
        .collect()
}

/// Writes the symbols of these seats alone: the others are gone.
#[must_use]
pub fn write_remaining(symbols: &[u8], seats: &[usize]) -> String {
    let remains: HashSet<&usize> = seats.iter().collect();
    let whole = write_symbols(symbols);
    let symbols = whole.chars().enumerate();
    symbols
        .map(|(seat, symbol)| {
            if remains.contains(&seat) {
                symbol
            } else {
                GONE
            }
        })
        .collect()
}

/// The log of all requests.
#[derive(Debug)]
pub struct Witness {
    log: Mutex<Log>,
    bound_bytes: usize,
}

#[derive(Debug)]
struct Log {
    next: u64,
    lines: VecDeque<Box<str>>,
    bytes: usize,
    file: Option<BufWriter<File>>,
    /// A file was named, so what it lacks counts as lost.
    asked: bool,
    lost: u64,
}

impl Witness {
    /// Makes a witness that keeps about `bound_bytes` of lines and appends to `file`.
    #[must_use]
    pub fn new(bound_bytes: usize, file: Option<File>) -> Self {
        let file = file.map(|file| BufWriter::with_capacity(1 << 20, file));
        let log = Log {
            next: 1,
            lines: VecDeque::new(),
            bytes: 0,
            asked: file.is_some(),
            file,
            lost: 0,
        };
        Self {
            log: Mutex::new(log),
            bound_bytes,
        }
    }

    /// Logs a request and returns the serial that it was given.
    pub fn record(&self, mut line: Line) -> u64 {
        // The serial stands first, so the rest is written before the lock is taken.
        line.serial = 0;
        let rest = serde_json::to_string(&line).unwrap_or_default();
        let rest = rest.strip_prefix("{\"serial\":0").unwrap_or_default();
        let mut log = self.lock();
        let serial = log.next;
        log.next += 1;
        let text = format!("{{\"serial\":{serial}{rest}").into_boxed_str();
        log.append(&text);
        log.bytes += text.len();
        log.lines.push_back(text);
        while log.bytes > self.bound_bytes {
            let Some(oldest) = log.lines.pop_front() else {
                break;
            };
            log.bytes -= oldest.len();
        }
        serial
    }

    /// Returns the kept lines behind `serial`, at most `most`, and the first serial still kept.
    #[must_use]
    pub fn since(&self, serial: u64, most: usize) -> (String, u64) {
        let log = self.lock();
        let first = log.next - log.lines.len() as u64;
        let skip = usize::try_from((serial + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        let mut lines = String::new();
        for line in log.lines.iter().skip(skip).take(most) {
            lines.push_str(line);
            lines.push('\n');
        }
        (lines, first)
    }

    /// Returns the last serial given, 0 if none was.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.lock().next - 1
    }

    /// Returns how many lines the file lacks; 0 if none was named.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lock().lost
    }

    /// Writes what is buffered to the file.
    pub fn flush(&self) {
        let mut log = self.lock();
        if let Some(file) = &mut log.file
            && let Err(error) = file.flush()
        {
            tracing::error!(%error, "the witness file cannot be written; free its disk and start again");
            log.file = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn append(&mut self, line: &str) {
        let Some(file) = &mut self.file else {
            self.lost += u64::from(self.asked);
            return;
        };
        if let Err(error) = file
            .write_all(line.as_bytes())
            .and_then(|()| file.write_all(b"\n"))
        {
            tracing::error!(%error, "the witness file cannot be written; free its disk and start again");
            self.file = None;
            self.lost += 1;
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            serial: 7,
            monotonic_us: 12,
            at_us: 34,
            chain: "bhd-1".to_owned(),
            path: "/cinemas".to_owned(),
            job: Some("j\"1".to_owned()),
            status: 200,
            kind: PageKind::Cinemas,
            fault: None,
            cinema: None,
            showtime: None,
            layout: None,
            seats: None,
        }
    }

    #[test]
    fn seats_that_are_gone_keep_their_place() {
        assert_eq!(write_remaining(&[0, 11, 2], &[1]), "-b-");
    }

    #[test]
    fn lines_are_numbered_and_found_by_serial() {
        let witness = Witness::new(1_000_000, None);
        let serials = [line(), line(), line()].map(|line| witness.record(line));
        assert_eq!(serials, [1, 2, 3]);
        let (lines, first) = witness.since(2, 10);
        assert_eq!(first, 1);
        let read: Line = serde_json::from_str(lines.trim()).unwrap();
        assert_eq!(
            read,
            Line {
                serial: 3,
                ..line()
            }
        );
    }

    #[test]
    fn memory_is_bounded_and_says_what_it_lacks() {
        let witness = Witness::new(1_000, None);
        for _ in 0..100 {
            witness.record(line());
        }
        let (lines, first) = witness.since(0, 1_000);
        assert!(first > 80 && lines.len() < 1_200);
        assert!(lines.starts_with(&format!("{{\"serial\":{first},")));
    }
}
