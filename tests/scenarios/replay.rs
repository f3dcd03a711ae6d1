//! Seat maps that a server answers with, until they are in the database.

use std::collections::{BTreeMap, HashMap};

use simulated_chains::shape::Shape;
use tests::harness::{
    error::HarnessError,
    fleet::{Database, Fleet, FleetOptions},
    replay::Replay,
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

/// How many seats have each word.
type Counts = &'static [(&'static str, i64)];

/// The bodies of the project's own, counted by hand; some hold a code that nothing maps.
const OWN: [(Shape, &str, Counts); 7] = [
    (
        Shape::Bhd,
        include_str!("../../agent/sources/bodies/bhd/seats.json"),
        &[("available", 3), ("sold", 3), ("unmapped", 1)],
    ),
    (
        Shape::Major,
        include_str!("../../agent/sources/bodies/major/seats.json"),
        &[
            ("available", 1),
            ("sold", 2),
            ("broken", 1),
            ("unmapped", 1),
        ],
    ),
    (
        Shape::Cds,
        include_str!("../../agent/sources/bodies/cds/seats.json"),
        &[("available", 7), ("sold", 4), ("unmapped", 1)],
    ),
    (
        Shape::Amc,
        include_str!("../../agent/sources/bodies/amc/seats.json"),
        &[("available", 3), ("sold", 2), ("unmapped", 1)],
    ),
    (
        Shape::Megabox,
        include_str!("../../agent/sources/bodies/megabox/seats.html"),
        &[("available", 2), ("sold", 2), ("unmapped", 1)],
    ),
    (
        Shape::CgvKr,
        include_str!("../../agent/sources/bodies/cgv-kr/seats.html"),
        &[("available", 2), ("sold", 3)],
    ),
    (
        Shape::CgvId,
        include_str!("../../agent/sources/bodies/cgv-id/seats.html"),
        &[("available", 3), ("sold", 1)],
    ),
];

/// Serves the maps, runs a fleet until each was stored, and returns it.
async fn replayed(maps: HashMap<Shape, Vec<u8>>) -> Result<(Replay, Fleet), HarnessError> {
    let wanted = i64::try_from(maps.len()).unwrap();
    let replay = Replay::start(maps)?;
    let fleet = Fleet::start(FleetOptions {
        database: Database::Scratch,
        chains: None,
        pods: 1,
        ..FleetOptions::default()
    })
    .await?;
    let definitions = replay.definitions(&fleet.directory().join("sources"))?;
    fleet.apply(&definitions)?;
    let stored = "SELECT count(DISTINCT layout.source_id) FROM snapshot
        INNER JOIN layout ON layout.layout_id = snapshot.layout_id";
    wait_until("a snapshot of each map", PATIENCE, async || {
        Ok((fleet.number(stored).await? >= wanted).then_some(()))
    })
    .await?;
    Ok((replay, fleet))
}

/// Seats by code and status, as an analyst asks for the first snapshot of a source.
const SEATS: &str =
    "SELECT seat_record.code, coalesce(seat_record.status::text, 'unmapped'), count(*)
    FROM source
    CROSS JOIN LATERAL (
        SELECT snapshot.showtime_id, snapshot.observed_at
        FROM snapshot
        INNER JOIN layout ON layout.layout_id = snapshot.layout_id
        WHERE layout.source_id = source.source_id
        ORDER BY snapshot.observed_at
        LIMIT 1
    ) AS seen
    INNER JOIN seat_record
        ON seat_record.showtime_id = seen.showtime_id AND seat_record.observed_at = seen.observed_at
    WHERE source.name = $1
    GROUP BY 1, 2";

/// Returns how many seats have each code, and how many each status.
async fn counts(
    fleet: &Fleet,
    shape: Shape,
) -> Result<(BTreeMap<String, i64>, BTreeMap<String, i64>), HarnessError> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(SEATS)
        .bind(format!("{}-1", shape.name()))
        .fetch_all(fleet.db())
        .await?;
    let (mut codes, mut statuses) = (BTreeMap::new(), BTreeMap::new());
    for (code, status, seats) in rows {
        *codes.entry(code).or_default() += seats;
        *statuses.entry(status).or_default() += seats;
    }
    Ok((codes, statuses))
}

fn expected(counts: &[(&str, i64)]) -> BTreeMap<String, i64> {
    counts
        .iter()
        .map(|(word, count)| ((*word).to_owned(), *count))
        .collect()
}

/// Invariant 6: a code that nothing maps is kept as it came and counted.
#[test]
fn seat_maps_reach_the_database() {
    scenario(async {
        let maps = OWN.map(|(shape, body, _)| (shape, body.as_bytes().to_vec()));
        let (_replay, fleet) = replayed(HashMap::from(maps)).await?;
        for (shape, _, statuses) in OWN {
            let (codes, found) = counts(&fleet, shape).await?;
            println!("{}: {codes:?} {found:?}", shape.name());
            assert_eq!(found, expected(statuses), "{}", shape.name());
        }
        let unmapped = fleet
            .number("SELECT sum(unmapped)::bigint FROM snapshot")
            .await?;
        assert!(unmapped >= 5, "each is counted with its snapshot");
        fleet.end(&[]).await
    });
}
