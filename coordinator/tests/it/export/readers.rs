//! The programs that analysts read an export with.

use std::{collections::BTreeMap, process::Command};

use serde_json::{Value, json};

use super::{
    fixture::{World, in_directory},
    python,
};

/// Where they are not installed, that is said; `.ci/run` installs them.
#[tokio::test]
async fn duckdb_pandas_and_polars_read_it() {
    if !python::has(&["duckdb", "pandas", "polars", "pyarrow"]) {
        return;
    }
    let world = World::new().await;
    let directory = tempfile::tempdir().unwrap();
    world.export(&in_directory(directory.path())).await.unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/export/read.py");
    let read = Command::new("python3")
        .arg(script)
        .arg(directory.path())
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/EXPORT.md"))
        .output()
        .unwrap();
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    let read: BTreeMap<String, Value> = serde_json::from_slice(&read.stdout).unwrap();
    let (sold, unmapped, last): (i64, i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE status = 'sold'), count(*) FILTER (WHERE status IS NULL),
            (extract(epoch FROM max(observed_at)) * 1000000)::bigint
        FROM seat_record",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert!(sold > 0 && unmapped == 2);
    let admissions: Vec<(String, i64)> = sqlx::query_as(
        "SELECT coalesce(work.title, film.title), sum(admission.admissions)::bigint
        FROM admission INNER JOIN showtime USING (showtime_id) INNER JOIN film USING (film_id)
        LEFT JOIN film_work USING (film_id) LEFT JOIN work USING (work_id)
        GROUP BY coalesce(work.title, film.title)",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    let admissions: BTreeMap<String, i64> = admissions.into_iter().collect();
    assert!(admissions.len() == 2 && admissions.values().all(|came| *came > 0));
    let (starts_at, business_on): (i64, String) = sqlx::query_as(
        "SELECT (extract(epoch FROM min(starts_at)) * 1000000)::bigint, min(business_on)::text FROM showtime",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    let expected = json!([
        15,
        sold,
        unmapped,
        3,
        last,
        "41.000000",
        "0.246912",
        3,
        1,
        sold,
        admissions,
        starts_at,
        business_on,
        1,
        2,
        1
    ]);
    for program in ["duckdb", "pandas", "polars"] {
        assert_eq!(read[program], expected, "{program}");
    }
}
