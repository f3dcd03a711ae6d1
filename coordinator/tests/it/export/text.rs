//! CSV and JSON lines.

use std::{
    io::{self, Write},
    process::{Command, Stdio},
};

use coordinator::export::{
    jobs::Jobs,
    prices::Prices,
    records::SeatRecords,
    showtimes::Showtimes,
    snapshots::Snapshots,
    table::{DataSet, RowFilter, Table},
    text::{TextError, TextFormat, stream},
};
use schema::export::read::{Span, find_showtimes, tasks_of};
use serde_json::Value;

use super::fixture::World;

/// All of a day.
fn day(world: &World, number: usize) -> RowFilter {
    let begin = |number: usize| {
        world.days[number]
            .and_time(chrono::NaiveTime::MIN)
            .and_utc()
    };
    RowFilter::all(Span {
        from_at: begin(number),
        until_at: begin(number + 1),
    })
}

async fn written<T: Table>(world: &World, wanted: RowFilter, form: TextFormat) -> Vec<String> {
    let mut out = Vec::new();
    let rows = stream::<T>(&world.db, wanted, form, &mut out)
        .await
        .unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let header = usize::from(form == TextFormat::Csv);
    assert_eq!(lines.len(), usize::try_from(rows).unwrap() + header);
    lines
}

#[tokio::test]
async fn csv_has_a_header_and_tells_empty_from_absent() {
    let world = World::new().await;
    let lines = written::<SeatRecords>(&world, day(&world, 1), TextFormat::Csv).await;
    assert!(lines[0].starts_with("showtime_id,observed_at,seat_key,row_label,"));
    assert_eq!(lines.len(), 1 + 7);
    let second = format!(
        "1,{}T00:00:00.000007Z,b,A,2,\"\",sofa,sold,\"a \"\"sold\"\", one\",g,2,0,1,200",
        world.days[1]
    );
    assert_eq!(lines[2], second);
    assert!(
        lines[5].contains(",,odd,"),
        "an unmapped seat has no status: {}",
        lines[5]
    );
}

#[tokio::test]
async fn json_lines_are_objects_with_all_columns() {
    let world = World::new().await;
    let lines = written::<Jobs>(&world, day(&world, 0), TextFormat::JsonLines).await;
    let jobs: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(jobs[0]["job_id"], 103);
    assert_eq!(jobs[1]["parent_job_id"], 103);
    assert_eq!(jobs[1]["changed"], Value::Null);
    assert_eq!(jobs[1]["error"], "too, late");
    assert_eq!(jobs[0].as_object().unwrap().len(), Jobs::columns().len());
    let lines = written::<Prices>(&world, day(&world, 0), TextFormat::JsonLines).await;
    let price: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        (&price["amount"], &price["fee"]),
        (&12.5.into(), &0.123_456.into())
    );
    let lines = written::<Showtimes>(&world, day(&world, 1), TextFormat::JsonLines).await;
    let showtime: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        (&showtime["film"], &showtime["auditorium"]),
        (&"Another".into(), &Value::Null)
    );
    let business_on = showtime["business_on"].as_str().unwrap();
    assert!(
        business_on.parse::<chrono::NaiveDate>().is_ok(),
        "{business_on}"
    );
}

#[tokio::test]
async fn rows_are_filtered_by_showtime_film_and_source() {
    let world = World::new().await;
    let db = &world.db;
    assert_eq!(
        find_showtimes(db, Some(&[1, 2]), Some("a film"), None)
            .await
            .unwrap(),
        [1]
    );
    let of_work = find_showtimes(db, None, Some("The WORK (3D)"), None);
    assert_eq!(of_work.await.unwrap(), [1], "by the title of its work");
    world
        .sql("INSERT INTO film_work (film_id, work_id, rule, reason) VALUES (2, 1, 'person', 'x')")
        .await;
    let of_work = find_showtimes(db, None, Some("a work"), None);
    assert_eq!(of_work.await.unwrap(), [1, 2]);
    let showtimes = find_showtimes(db, Some(&[2, 9]), Some("ANOTHER"), Some("plaza"))
        .await
        .unwrap();
    assert_eq!(showtimes, [2]);
    let tasks = tasks_of(db, &showtimes).await.unwrap();
    let mut wanted = day(&world, 1);
    wanted.showtimes = Some(showtimes);
    wanted.jobs.tasks = Some(tasks.into());
    let lines = written::<Snapshots>(&world, wanted.clone(), TextFormat::JsonLines).await;
    assert!(
        lines.len() == 2
            && lines
                .iter()
                .all(|line| line.starts_with("{\"showtime_id\":2,"))
    );
    assert_eq!(
        written::<Jobs>(&world, wanted.clone(), TextFormat::Csv)
            .await
            .len(),
        1 + 1
    );
    wanted.jobs.source = Some("other".to_owned());
    assert_eq!(
        written::<Jobs>(&world, wanted, TextFormat::Csv).await.len(),
        1
    );
}

/// A reader that goes.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_reader_that_is_gone_ends_it() {
    let world = World::new().await;
    let ended = stream::<SeatRecords>(&world.db, day(&world, 0), TextFormat::Csv, &mut Gone).await;
    let Err(TextError::Write(error)) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

/// The command itself: text to a pipe, and a pipe that is closed before it begins.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_writes_to_standard_output_until_nobody_reads() {
    let world = World::new().await;
    let run = |arguments: &[&str], out: Stdio| {
        Command::new(env!("CARGO_BIN_EXE_coordinator"))
            .args(["--database-url", &world.url, "export"])
            .args(arguments)
            .stdout(out)
            .output()
            .unwrap()
    };
    let whole = run(&["--format", "csv", "--film", "another"], Stdio::piped());
    assert!(whole.status.success());
    assert_eq!(
        String::from_utf8(whole.stdout).unwrap().lines().count(),
        1 + 6
    );

    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let cut = run(&["--format", "jsonl", "--data-set", "jobs"], writer.into());
    assert!(
        cut.status.success(),
        "{}",
        String::from_utf8_lossy(&cut.stderr)
    );

    let directory = tempfile::tempdir().unwrap();
    let to = directory.path().to_str().unwrap();
    let until = (world.days[3] + chrono::Days::new(1)).to_string();
    let dry = run(
        &["--to", to, "--until", &until, "--dry-run"],
        Stdio::piped(),
    );
    let days = String::from_utf8(dry.stdout).unwrap();
    assert_eq!(days.lines().count(), 24);
    assert!(days.starts_with(&format!("{} {}", DataSet::Showtimes, world.days[0])));
    let files = run(&["--to", to, "--until", &until], Stdio::piped());
    let said = String::from_utf8(files.stdout).unwrap();
    assert!(said.starts_with("exported 24 days to file:///"), "{said}");
    let refused = run(&["--to", to, "--source", "plaza"], Stdio::piped());
    assert!(!refused.status.success());

    let events = |more: &[&str]| {
        let arguments = ["--format", "jsonl", "--data-set", "events"];
        run(&[&arguments, more].concat(), Stdio::piped())
    };
    let read = String::from_utf8(events(&[]).stdout).unwrap();
    assert_eq!(read.lines().count(), 63);
    for line in read.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let properties = row["properties"].as_str().unwrap();
        assert!(
            properties.starts_with('{') && row["user_id"].is_u64(),
            "{row}"
        );
    }
    let said = events(&["--film", "another"]);
    assert!(!said.status.success());
    assert!(String::from_utf8_lossy(&said.stderr).contains("events have no showtime"));
}
