//! The Iceberg tables of an export, as the programs of analysts read them.

use std::{
    collections::BTreeMap,
    io::Write as _,
    process::{Command, Stdio},
    time::Duration,
};

use coordinator::export::{
    iceberg::state::metadata_path,
    manifest::Manifest,
    order::{ExportReport, Order, SNAPSHOTS_KEPT},
    place::{Place, PlaceError},
    run::run,
    table::DataSet,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    catalog::Catalog,
    fixture::{World, in_directory, in_memory, objects},
    python,
};

/// All of them, where they are installed.
const READERS: [&str; 7] = [
    "pyiceberg",
    "catalog",
    "rest",
    "duckdb",
    "duckdb_rest",
    "chdb",
    "polars",
];
const MODULES: [&str; 6] = [
    "pyiceberg",
    "psycopg2",
    "duckdb_extensions",
    "duckdb_extension_iceberg",
    "chdb",
    "polars",
];
/// The rows that [`READERS`] add up, in SQL.
const SUMS: [(DataSet, &str); 6] = [
    (
        DataSet::Showtimes,
        "SELECT concat_ws(' ', count(*), sum(showtime_id), count(work_id))
        FROM showtime LEFT JOIN film_work USING (film_id)",
    ),
    (
        DataSet::SeatRecords,
        "SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE status = 'sold'), sum(layout_id)) FROM seat_record",
    ),
    (
        DataSet::Snapshots,
        "SELECT concat_ws(' ', count(*), sum(sold), sum(job_id)) FROM seat_snapshot",
    ),
    (
        DataSet::Jobs,
        "SELECT concat_ws(' ', count(*), count(error_class), sum(job_id)) FROM job",
    ),
    (
        DataSet::Prices,
        "SELECT concat_ws(' ', count(*), trim_scale(sum(amount)), trim_scale(sum(fee))) FROM ticket_price",
    ),
    (
        DataSet::Events,
        "SELECT concat_ws(' ', count(*), sum(user_id), count(region)) FROM event_record",
    ),
];
/// Something of the first day, which comes late.
const LATE: &str = "INSERT INTO snapshot
    SELECT day_at(1) + interval '7 hours' + make_interval(secs => count(*)), 200 + count(*), 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, '\\x00'
    FROM snapshot";

type Sums = BTreeMap<String, Vec<String>>;

/// What each table adds up to in the database.
async fn stored(world: &World) -> Sums {
    let mut sums = Sums::new();
    for (data_set, statement) in SUMS {
        let found: String = sqlx::query_scalar(statement)
            .fetch_one(&world.db)
            .await
            .unwrap();
        let found = found.split(' ').map(str::to_owned).collect();
        sums.insert(name_of(data_set), found);
    }
    sums
}

fn name_of(data_set: DataSet) -> String {
    data_set.label().replace('-', "_")
}

async fn manifest(place: &Place) -> Manifest {
    place.manifest().await.unwrap().0.unwrap()
}

/// What each reader adds up; at the snapshots of `past`, if it is given.
async fn read(
    world: &World,
    place: &Place,
    past: Option<&Manifest>,
    readers: &[&str],
) -> BTreeMap<String, Sums> {
    let present = manifest(place).await;
    let tables: BTreeMap<String, Value> = present
        .tables
        .iter()
        .map(|(data_set, table)| {
            let address = place.address();
            let past = past.and_then(|past| past.tables[data_set].current());
            let described = json!({
                "location": format!("{address}/{data_set}"),
                "metadata": format!("{address}/{}", metadata_path(data_set.label(), table.version)),
                "snapshot": past.map(|snapshot| snapshot.id),
            });
            (name_of(*data_set), described)
        })
        .collect();
    let catalog = world
        .url
        .replacen("postgres://", "postgresql+psycopg2://", 1);
    let rest = Catalog::start(world).await;
    let asked = json!({
        "tables": tables,
        "catalog": catalog,
        "rest": { "address": rest.address, "token": rest.token },
        "readers": readers,
        "s3": null,
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/export/tables.py");
    let mut reading = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = reading.stdin.take().unwrap();
    input.write_all(asked.to_string().as_bytes()).unwrap();
    drop(input);
    // The server needs this thread.
    let output = tokio::task::spawn_blocking(|| reading.wait_with_output().unwrap())
        .await
        .unwrap();
    rest.stop().await;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn assert_equal(read: &BTreeMap<String, Sums>, sums: &Sums) {
    assert!(!read.is_empty());
    for (reader, found) in read {
        assert_eq!(found, sums, "{reader}");
    }
}

/// Every commit shows all of a day or nothing, and what was shown can be shown again.
#[tokio::test]
async fn every_reader_adds_up_what_the_database_has_and_had() {
    if !python::has(&MODULES) {
        return;
    }
    let world = World::new().await;
    let directory = tempfile::tempdir().unwrap();
    let place = in_directory(directory.path());
    world.export(&place).await.unwrap();
    let (first, sums) = (manifest(&place).await, stored(&world).await);
    assert_equal(&read(&world, &place, None, &READERS).await, &sums);
    // More than ten versions: readers that compare names as texts take the wrong one.
    for _ in 0..12 {
        world.sql(LATE).await;
        world.export(&place).await.unwrap();
    }
    let table = &manifest(&place).await.tables[&DataSet::Snapshots];
    assert!(table.version > 12, "{table:?}");
    assert_eq!(table.snapshots.len(), 15);
    let present = stored(&world).await;
    assert_ne!(present, sums);
    assert_equal(&read(&world, &place, None, &READERS).await, &present);
    assert_equal(&read(&world, &place, Some(&first), &READERS).await, &sums);
}

/// An engine that spans machines, on one of them.
#[tokio::test]
async fn spark_adds_up_what_the_database_has_and_had() {
    if !python::has(&["pyspark", "snowpark_connect_deps_iceberg"]) {
        return;
    }
    let world = World::new().await;
    let directory = tempfile::tempdir().unwrap();
    let place = in_directory(directory.path());
    world.export(&place).await.unwrap();
    let (first, sums) = (manifest(&place).await, stored(&world).await);
    world.sql(LATE).await;
    world.export(&place).await.unwrap();
    let present = stored(&world).await;
    assert_ne!(present, sums);
    assert_equal(&read(&world, &place, None, &["spark"]).await, &present);
    assert_equal(&read(&world, &place, Some(&first), &["spark"]).await, &sums);
}

/// Files of an earlier version have no numbers; readers know their columns by name, beside others.
#[tokio::test]
async fn tables_are_made_of_files_that_were_exported_before() {
    if !python::has(&MODULES) {
        return;
    }
    let world = World::new().await;
    let directory = tempfile::tempdir().unwrap();
    let place = in_directory(directory.path());
    world.export(&place).await.unwrap();
    let stripped = Command::new("python3")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/it/export/strip_numbers.py"
        ))
        .arg(directory.path())
        .output()
        .unwrap();
    assert!(stripped.status.success(), "{stripped:?}");
    let sizes: BTreeMap<String, u64> = serde_json::from_slice(&stripped.stdout).unwrap();
    let path = directory.path().join("manifest.json");
    let mut earlier: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    earlier["format"] = json!(1);
    earlier.as_object_mut().unwrap().remove("tables").unwrap();
    for file in earlier["files"].as_array_mut().unwrap() {
        file["bytes"] = json!(sizes[file["path"].as_str().unwrap()]);
    }
    std::fs::write(&path, earlier.to_string()).unwrap();
    for data_set in DataSet::ALL {
        std::fs::remove_dir_all(directory.path().join(format!("{data_set}/metadata"))).unwrap();
    }
    world.sql("DELETE FROM export_table").await;

    assert_eq!(world.export(&place).await.unwrap(), ExportReport::default());
    let sums = stored(&world).await;
    assert_equal(&read(&world, &place, None, &READERS).await, &sums);
    let table = &manifest(&place).await.tables[&DataSet::Snapshots];
    assert_eq!((table.version, table.manifests.len()), (1, 3));
    world.sql(LATE).await;
    world.export(&place).await.unwrap();
    assert_equal(
        &read(&world, &place, None, &READERS).await,
        &stored(&world).await,
    );
}

#[tokio::test]
async fn replaced_files_go_with_the_last_snapshot_that_uses_them() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    let first = manifest(&place).await;
    let before = objects(store.as_ref()).await;
    let export = async |kept| {
        world.sql(LATE).await;
        let order = Order {
            snapshots_kept: kept,
            ..world.order(&place)
        };
        let stop = CancellationToken::new();
        run(&world.db, &order, &stop, &mut |_| {}).await.unwrap();
        world.assert_whole(&place, store.as_ref()).await;
    };
    export(SNAPSHOTS_KEPT).await;
    let there = objects(store.as_ref()).await;
    let is_pointer = |name: &str| name.ends_with("manifest.json") || name.ends_with("hint.text");
    for (name, content) in before.iter().filter(|(name, _)| !is_pointer(name)) {
        assert_eq!(there.get(name), Some(content), "{name} is still read");
    }
    // Each was replaced by the next one just now: what the one before replaced has expired.
    export(Duration::ZERO).await;
    export(Duration::ZERO).await;
    let there = objects(store.as_ref()).await;
    let replaced = &first
        .day(DataSet::Snapshots, world.days[0])
        .next()
        .unwrap()
        .path;
    assert!(!there.contains_key(replaced), "{replaced}");
    let table = &manifest(&place).await.tables[&DataSet::Snapshots];
    assert_eq!(
        table.snapshots.len(),
        2,
        "the present one, and the one that it replaced"
    );
    assert!(!there.contains_key(&first.tables[&DataSet::Snapshots].snapshots[0].manifest_list));
}

/// The same rows give the same file: it comes back, although a snapshot said that it went.
#[tokio::test]
async fn a_file_that_counts_again_does_not_expire() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    let first = manifest(&place).await;
    world.sql("UPDATE film SET title = 'Renamed'").await;
    world.export(&place).await.unwrap();
    world
        .sql("UPDATE film SET title = CASE film_id WHEN 1 THEN 'A film' ELSE 'Another' END")
        .await;
    world.export(&place).await.unwrap();
    let third = manifest(&place).await;
    assert_eq!(third.files, first.files);
    world
        .sql("UPDATE showtime SET seats_total = 7 WHERE showtime_id = 2")
        .await;
    let order = Order {
        snapshots_kept: Duration::ZERO,
        ..world.order(&place)
    };
    let stop = CancellationToken::new();
    run(&world.db, &order, &stop, &mut |_| {}).await.unwrap();
    world.assert_whole(&place, store.as_ref()).await;
}

/// What another program commits does not count, and does no harm.
#[tokio::test]
async fn what_another_program_commits_is_removed() {
    let world = World::new().await;
    let (place, store) = in_memory("memory:a");
    world.export(&place).await.unwrap();
    let next = metadata_path(
        "snapshots",
        manifest(&place).await.tables[&DataSet::Snapshots].version + 1,
    );
    place.put_new(&next, "{}".into()).await.unwrap();
    let again = place.put_new(&next, "{}".into()).await;
    assert!(
        matches!(again, Err(PlaceError::ForeignCommit { .. })),
        "{again:?}"
    );
    world.sql(LATE).await;
    world.export(&place).await.unwrap();
    world.assert_whole(&place, store.as_ref()).await;
    assert_ne!(objects(store.as_ref()).await[&next], b"{}");
}
