//! Extraction: rows read per second and core by each shipped definition.
//!
//! Bodies are those of the simulated chains, several auditoriums of each, and for the other
//! definitions the project's own recordings, enlarged. Where a body is JSON, a hand-written
//! typed reader and `jaq` alone read it in the same run, in turns. Time is that of the
//! thread: what other programs take of the core does not count.

use std::{hint::black_box, time::Duration};

use comfy_table::{CellAlignment, Table, presets::UTF8_HORIZONTAL_ONLY};
use jiff::Timestamp;
use serde_json::{Map, Value};
use source_language::{
    definition::Definition,
    extract::Answer,
    rows::Rows,
    source::{Source, shipped::SHIPPED},
};

use super::{
    Measured, cpu,
    error::BenchError,
    figure::{Figure, Reach, number, quantile, readable},
};
use jaq::Jaq;
use simulated_chains::shape::Shape;

mod jaq;
mod lines;
mod recorded;
mod simulated;

/// Name on the command line.
pub const NAME: &str = "extract";

/// Turns of each reader; the median counts.
const TURNS: usize = 5;
const TURN: Duration = Duration::from_millis(120);

/// Something to extract.
struct Task {
    step: String,
    params: Map<String, Value>,
    received_at: Timestamp,
    media_type: Option<String>,
    body: Vec<u8>,
}

/// One definition, and what it was measured to do.
struct Line {
    name: &'static str,
    step: String,
    /// Of one body, in the mean.
    rows: f64,
    body_bytes: f64,
    /// Rows per second.
    ours: f64,
    typed: Option<f64>,
    jaq: Option<f64>,
    reach: Option<f64>,
}

/// Measures.
///
/// # Errors
///
/// If a shipped definition does not read its bodies, or one that reads beside it finds
/// another number of rows.
pub fn run() -> Measured {
    let mut lines = Vec::new();
    for (name, text) in SHIPPED {
        eprintln!("  {name}");
        lines.push(measure(name, text)?);
    }
    println!("{}", table(&lines));
    Ok(lines.iter().flat_map(Line::figures).collect())
}

fn measure(name: &'static str, text: &str) -> Result<Line, BenchError> {
    let place = format!("agent/sources/{name}.toml");
    let source = Source::compile(Definition::parse(text, &place)?)?;
    let shape = Shape::named(name);
    let tasks = match shape {
        Some(shape) => simulated::tasks(shape, &source)?,
        None => vec![recorded::task(name)?],
    };
    let ours = |task: &Task| Ok(count(&extract(name, &source, task)?));
    let counts: Vec<u64> = tasks.iter().map(ours).collect::<Result<_, _>>()?;
    let jaq = Jaq::of(name)?;
    let jaq = jaq.map(|jaq| move |task: &Task| Ok(jaq.run(&task.body)?.len() as u64));
    let typed = lines::reader(name);
    let typed = typed.map(|read| move |task: &Task| Ok(read(&task.body)?.count));

    let mut readers: Vec<Reader<'_>> = vec![("the definition", Box::new(ours))];
    readers.extend(typed.map(|read| ("typed serde", Box::new(read) as Read<'_>)));
    readers.extend(jaq.map(|read| ("jaq", Box::new(read) as Read<'_>)));
    let rates = rates(name, &readers, &tasks, &counts)?;
    let rate = |wanted: &str| {
        let named = rates.iter().find(|(reader, _)| *reader == wanted);
        named.map(|(_, rate)| *rate)
    };
    let bodies = number(tasks.len() as u64);
    let bytes: usize = tasks.iter().map(|task| task.body.len()).sum();
    Ok(Line {
        name,
        step: tasks
            .first()
            .map(|task| task.step.clone())
            .unwrap_or_default(),
        rows: number(counts.iter().sum()) / bodies,
        body_bytes: number(bytes as u64) / bodies,
        ours: rate("the definition").unwrap_or_default(),
        typed: rate("typed serde"),
        jaq: rate("jaq"),
        reach: shape.map(|shape| match shape {
            Shape::Bhd | Shape::Major | Shape::Cds | Shape::Amc => 1e6,
            Shape::Megabox | Shape::CgvKr | Shape::CgvId => 5e4,
        }),
    })
}

/// Reads a body, and returns the number of its rows.
type Read<'r> = Box<dyn Fn(&Task) -> Result<u64, BenchError> + 'r>;
type Reader<'r> = (&'static str, Read<'r>);

/// Rows per second of each reader, which take turns.
fn rates(
    name: &str,
    readers: &[Reader<'_>],
    tasks: &[Task],
    counts: &[u64],
) -> Result<Vec<(&'static str, f64)>, BenchError> {
    for (reader, read) in readers {
        for (task, count) in tasks.iter().zip(counts) {
            let found = read(task)?;
            if found != *count {
                let what = format!("{reader} finds {found} rows in a body of {name}, not {count}");
                return Err(BenchError::nothing(what));
            }
        }
    }
    let mut turns = vec![Vec::new(); readers.len()];
    for _ in 0..TURNS {
        for ((_, read), turns) in readers.iter().zip(&mut turns) {
            turns.push(turn(read, tasks)?);
        }
    }
    let median = |mut turns: Vec<f64>| {
        turns.sort_by(f64::total_cmp);
        quantile(&turns, 0.5)
    };
    let names = readers.iter().map(|(reader, _)| *reader);
    Ok(names.zip(turns.into_iter().map(median)).collect())
}

/// Rows per second of one reader that reads the bodies again and again.
fn turn(read: &Read<'_>, tasks: &[Task]) -> Result<f64, BenchError> {
    let (began, mut rows) = (cpu::of_this_thread(), 0);
    let used = || cpu::of_this_thread().saturating_sub(began);
    while used() < TURN {
        for task in tasks {
            rows += black_box(read(task)?);
        }
    }
    Ok(number(rows) / used().as_secs_f64())
}

fn extract(name: &'static str, source: &Source, task: &Task) -> Result<Rows, BenchError> {
    let answer = Answer {
        status: 200,
        content_type: task.media_type.as_deref(),
        body: &task.body,
        received_at: task.received_at,
    };
    let rows = source.extract(&task.step, &task.params, &answer);
    rows.map_err(|source| BenchError::Extract {
        source_name: name,
        source,
    })
}

fn count(rows: &Rows) -> u64 {
    let count = match rows {
        Rows::Cinemas(rows) => rows.len(),
        Rows::Showtimes(rows) => rows.len(),
        Rows::Seats(map) => map.seats.len(),
        Rows::Prices(rows) => rows.len(),
        Rows::Items(rows) => rows.len(),
        Rows::Observations(rows) => rows.len(),
    };
    count as u64
}

impl Line {
    /// What is rated of it: its speed, and that jq alone is not faster.
    fn figures(&self) -> Vec<Figure> {
        let unit = if self.step == "seats" {
            "seats/s"
        } else {
            "rows/s"
        };
        let mut speed = Figure::new(NAME, format!("{NAME}_{}", self.name), self.ours, unit);
        if let Some(reach) = self.reach {
            speed = speed.reach(Reach::AtLeast(reach));
        }
        if let Some(typed) = self.typed {
            speed = speed.beside("typed serde", typed);
        }
        let jaq = self.jaq.map(|jaq| {
            let name = format!("{NAME}_{}.to_jaq", self.name);
            let times = Figure::new(NAME, name, self.ours / jaq, "times");
            times.reach(Reach::AtLeast(1.0))
        });
        std::iter::once(speed).chain(jaq).collect()
    }
}

/// Lays all definitions out, one in a line.
fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "definition",
        "step",
        "rows",
        "kB",
        "rows/s",
        "reach",
        "MB/s",
        "typed rows/s",
        "÷ typed",
        "jaq rows/s",
        "÷ jaq",
    ]);
    let or_empty = |value: Option<f64>| value.map(readable).unwrap_or_default();
    for line in lines {
        let ratio = |peer: Option<f64>| peer.map(|peer| format!("{:.2}", line.ours / peer));
        table.add_row([
            line.name.to_owned(),
            line.step.clone(),
            format!("{:.0}", line.rows),
            format!("{:.1}", line.body_bytes / 1e3),
            readable(line.ours),
            line.reach
                .map(|reach| format!("≥ {}", readable(reach)))
                .unwrap_or_default(),
            readable(line.ours / line.rows * line.body_bytes / 1e6),
            or_empty(line.typed),
            ratio(line.typed).unwrap_or_default(),
            or_empty(line.jaq),
            ratio(line.jaq).unwrap_or_default(),
        ]);
    }
    for column in 2..11 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
