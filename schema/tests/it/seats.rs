use schema::{
    catalogue::SeenBy,
    enums::SeatStatus,
    finish::{Counts, Labels, Snapshot, finish},
    seat::{Layout, SeatCode, Tariff, add_seat_code, layout_id, tariff_id},
};
use uuid::Uuid;

use crate::fixture::{World, finished};

const BY: SeenBy = SeenBy {
    source_id: 1,
    job_id: 42,
};

fn layout(seats: usize) -> Layout {
    let words = |prefix: &str| {
        (0..seats)
            .map(|n| format!("{prefix}{n}"))
            .collect::<Vec<_>>()
    };
    let numbers = |from: i32| (from..).map(Some).take(seats).collect::<Vec<_>>();
    Layout {
        x: numbers(0),
        y: numbers(100),
        seat_key: words("key-"),
        row_label: words("row-"),
        seat_number: words(""),
        area: words("area-"),
        kind: words("kind-"),
        seat_group: words("group-"),
    }
}

/// Stores one snapshot of three seats with these codes, packed as given, and
/// reads it back through the view.
async fn seen(codes: &[&str], packed: Vec<u8>) -> Vec<(String, Option<String>, String, i64)> {
    let world = World::new().await;
    for (position, code) in codes.iter().enumerate() {
        let status = (*code != "odd").then_some(SeatStatus::Sold);
        let added = add_seat_code(&world.db, BY, code, status).await.unwrap();
        assert_eq!(usize::try_from(added.code_index).unwrap(), position);
    }
    world.showtimes(1, 0).await;
    let claim = &world.claimed(1).await[0];
    let mut job = finished(claim);
    job.seats = Some(Snapshot {
        showtime_id: 1,
        layout_id: layout_id(&world.db, BY, Uuid::from_u128(5), &layout(3))
            .await
            .unwrap(),
        tariff_id: None,
        state_hash: Uuid::from_u128(1),
        packed,
        counts: Counts {
            sold: 3,
            ..Counts::default()
        },
        codes_version: 0,
        labels: Labels::default(),
        price_median: None,
    });
    finish(&world.db, world.pod_id, &[job]).await.unwrap();
    let rows = sqlx::query_as(
        "SELECT seat_key, status::text, code, job_id FROM seat_record WHERE showtime_id = 1 ORDER BY x",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert_eq!(rows.len(), 3);
    rows
}

#[tokio::test]
async fn a_nibble_a_seat_is_read_low_half_first() {
    let rows = seen(&["a", "b", "odd"], vec![0x10, 0x02]).await;
    let codes: Vec<&str> = rows.iter().map(|row| row.2.as_str()).collect();
    assert_eq!(codes, ["a", "b", "odd"]);
    assert_eq!(rows[0].0, "key-0");
    assert_eq!(rows[0].1.as_deref(), Some("sold"));
    assert_eq!(rows[2].1, None, "an unmapped code has no status");
    assert_eq!(rows[0].3, 70001, "invariant 7: each seat knows its job");
}

#[tokio::test]
async fn a_byte_a_seat_is_read_where_nibbles_do_not_suffice() {
    let codes: Vec<String> = (0..20).map(|n| format!("c{n}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let rows = seen(&codes, vec![19, 0, 16]).await;
    let codes: Vec<&str> = rows.iter().map(|row| row.2.as_str()).collect();
    assert_eq!(codes, ["c19", "c0", "c16"]);
}

/// Invariant 6: mapping a code later corrects the past.
#[tokio::test]
async fn a_code_that_is_mapped_later_keeps_its_index() {
    let world = World::new().await;
    let first = add_seat_code(&world.db, BY, "9", None).await.unwrap();
    let mapped = add_seat_code(&world.db, BY, "9", Some(SeatStatus::House))
        .await
        .unwrap();
    assert_eq!(
        mapped,
        SeatCode {
            status: Some(SeatStatus::House),
            ..first
        }
    );
    let again = add_seat_code(&world.db, BY, "9", Some(SeatStatus::Sold))
        .await
        .unwrap();
    assert_eq!(
        again.status,
        Some(SeatStatus::House),
        "what is mapped is not changed by a pod"
    );
}

#[tokio::test]
async fn the_same_content_has_the_same_id() {
    let world = World::new().await;
    let hash = Uuid::from_u128(7);
    let first = layout_id(&world.db, BY, hash, &layout(2)).await.unwrap();
    assert_eq!(
        layout_id(&world.db, BY, hash, &layout(2)).await.unwrap(),
        first
    );
    let tariff = Tariff {
        currency: "EUR".to_owned(),
        ticket: vec!["adult".to_owned()],
        area: vec![String::new()],
        amount: vec!["11.50".to_owned()],
        amount_max: vec![None],
        fee: vec![Some("1.20".to_owned())],
        tax_included: vec![Some(true)],
    };
    let first = tariff_id(&world.db, BY, hash, &tariff).await.unwrap();
    assert_eq!(
        tariff_id(&world.db, BY, hash, &tariff).await.unwrap(),
        first
    );
}
