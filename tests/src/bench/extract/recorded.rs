//! Bodies of the size of real ones, made of the project's own recordings.
//!
//! A recording has a row or two. One of them is written again and again, each time with a
//! key of its own, until the body is as long as a day's listing of a large cinema.

use std::path::Path;

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use source_tools::recording::{Answered, Recording, read_all};

use super::Task;
use crate::bench::error::BenchError;

/// Where the recordings are.
const RECORDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../agent/sources/recordings");
/// What a body grows to.
const SIZE_BYTES: usize = 50_000;
/// The numbers that tell copies apart begin here: they are equally long.
const FIRST: usize = 1_000;

/// The row of a recording that is written again and again.
struct Piece {
    step: &'static str,
    /// Key of the job that was recorded.
    key: &'static str,
    row: Row,
    /// Text that tells the row from others; a number is written after it. Empty for rows
    /// without a key.
    id: &'static str,
}

/// Where a row is in a body.
#[derive(Clone, Copy)]
enum Row {
    /// The first item of the list at this JSON pointer.
    Item(&'static str),
    /// The first value of each list in the object at this JSON pointer.
    Columns(&'static str),
    /// The text from one to the other, and what stands between two rows.
    Text(&'static str, &'static str, &'static str),
}

fn piece(name: &str) -> Option<Piece> {
    use Row::{Columns, Item, Text};
    const EVENT: &str =
        "<script type=\"application/ld+json\">\n{\"@context\": \"http://schema.org\"";
    const LINK: &str = r#"<a href="javascript:;" data-showtime="5001""#;
    let (step, key, row, id) = match name {
        "bfi" => ("showtimes", "imax", Text("[\"A1\"", "\"\"]", ","), "A1"),
        "boost" => ("showtimes", "1", Item("/data"), "\"id\":1"),
        "castle" => (
            "showtimes",
            "castle/931",
            Text(EVENT, "</script>", ""),
            "bookings/12",
        ),
        "cgr" => (
            "showtimes",
            "999",
            Text("{\"IDSeance\": 177", "}", ","),
            "177",
        ),
        "cineplex" => {
            let sessions = "/0/dates/0/movies/0/experiences/0/sessions";
            ("showtimes", "7130/+0", Item(sessions), "4411")
        }
        "cineworld" => (
            "showtimes",
            "027/2026-06-20",
            Item("/body/events"),
            "162099",
        ),
        "cineworld-legacy" => ("showtimes", "1/39625/+0", Item("/performances"), "1016198"),
        "curzon" => (
            "showtimes",
            "ALD1/2026-06-20",
            Item("/showtimes"),
            "ALD1-900",
        ),
        "electric" => ("showtimes", "7497", Text("\"900\"", "}", ","), "900"),
        "everyman" => {
            let day = "/X0712/schedule/280195/2026-06-20";
            ("showtimes", "X0712", Item(day), "-Digital")
        }
        "indycinema" => (
            "showtimes",
            "rio",
            Item("/data/movies/data/0/showings"),
            "7001",
        ),
        "major-web" => ("showtimes", "24", Text(LINK, "</a>", ""), "5001"),
        "mentions" => (
            "mentions",
            "A Complete Unknown",
            Item("/timeline/0/data"),
            "",
        ),
        "shaw" => ("seats", "LIDO/P1", Item(""), "I15"),
        "video-statistics" => ("statistics", "Nsvexi2Ulbs", Item("/items"), "Nsvexi2Ulbs"),
        "vue" => (
            "showtimes",
            "10080",
            Item("/result/0/showingGroups/0/sessions"),
            "501",
        ),
        "weather" => ("weather", "castle/castle", Columns("/hourly"), ""),
        _ => return None,
    };
    Some(Piece { step, key, row, id })
}

/// Returns the task of a definition that was recorded, with a body of the size of real ones.
///
/// # Errors
///
/// If there is no such recording.
pub(super) fn task(name: &str) -> Result<Task, BenchError> {
    let missing = || BenchError::nothing(format!("no recording of {name} can be used"));
    let piece = piece(name).ok_or_else(missing)?;
    let recordings = read_all(&Path::new(RECORDINGS).join(name));
    let recordings = recordings.map_err(|error| BenchError::nothing(error.to_string()))?;
    let is_meant = |one: &Recording| one.step == piece.step && one.key == piece.key;
    let recording = recordings.into_iter().find(is_meant).ok_or_else(missing)?;
    let enlarged = |exchange: &source_tools::recording::Exchange| {
        let answer = &exchange.answer;
        Some((media_type(answer), piece.enlarge(&answer.body)?))
    };
    let found = recording.exchanges.iter().find_map(enlarged);
    let (media_type, body) = found.ok_or_else(missing)?;
    let today = recording.recorded_at.to_zoned(TimeZone::UTC).date();
    let mut params = recording.params;
    params.insert("run".to_owned(), json!({ "date": today.to_string() }));
    // That of a task for one of several days, all of which were recorded for the first.
    params.insert("day".to_owned(), json!({ "date": today.to_string() }));
    Ok(Task {
        step: piece.step.to_owned(),
        params,
        received_at: recording.recorded_at,
        media_type,
        body,
    })
}

fn media_type(answer: &Answered) -> Option<String> {
    answer.headers.get("content-type").cloned()
}

impl Piece {
    /// Returns a body with many copies of the row; `None` if it does not have it.
    fn enlarge(&self, body: &[u8]) -> Option<Vec<u8>> {
        match self.row {
            Row::Item(pointer) => {
                let mut body: Value = serde_json::from_slice(body).ok()?;
                let list = body.pointer_mut(pointer)?.as_array_mut()?;
                let row = list.first()?.to_string();
                let copies = self.copies(&row);
                *list = copies
                    .map(|row| serde_json::from_str(&row))
                    .collect::<Result<_, _>>()
                    .ok()?;
                serde_json::to_vec(&body).ok()
            }
            Row::Columns(pointer) => {
                let mut body: Value = serde_json::from_slice(body).ok()?;
                let columns = body.pointer_mut(pointer)?.as_object_mut()?;
                let row: Value = columns
                    .values()
                    .filter_map(|list| list.get(0))
                    .cloned()
                    .collect();
                let count = SIZE_BYTES / row.to_string().len();
                for list in columns.values_mut().filter_map(Value::as_array_mut) {
                    *list = vec![list.first()?.clone(); count];
                }
                serde_json::to_vec(&body).ok()
            }
            Row::Text(from, until, between) => {
                let body = str::from_utf8(body).ok()?;
                let start = body.find(from)?;
                let end = start + from.len();
                let end = end + body.get(end..)?.find(until)? + until.len();
                let (before, row, after) =
                    (body.get(..start)?, body.get(start..end)?, body.get(end..)?);
                let rows: Vec<String> = self.copies(row).collect();
                Some([before, &rows.join(between), after].concat().into_bytes())
            }
        }
    }

    fn copies<'r>(&'r self, row: &'r str) -> impl Iterator<Item = String> + 'r {
        let last = FIRST + SIZE_BYTES / row.len();
        (FIRST..last).map(move |number| match self.id {
            "" => row.to_owned(),
            id => row.replace(id, &format!("{id}{number}")),
        })
    }
}
