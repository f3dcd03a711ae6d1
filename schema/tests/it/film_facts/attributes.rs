//! Attributes of showtimes: codes as they came, whose meaning may come later.

use std::collections::HashMap;

use schema::{
    attribute::{attributes, map_within},
    catalogue::Showtime,
    film_fact::ListingFacts,
    mapping::MapError,
};

use super::{Listings, hours, showtime, with};

/// Invariant 6: mapping a code later corrects the past.
#[tokio::test]
async fn an_attribute_that_nothing_maps_is_counted_until_it_is_mapped() {
    let listings = Listings::new().await;
    let past = Showtime {
        starts_at: hours(-100),
        ..with(&["ATM", "VF"], showtime("past", "f", "Low Tide"))
    };
    let rows = [
        past,
        with(&["VF", "ATM"], showtime("1", "f", "Low Tide")),
        with(&["ATM", "IMAX"], showtime("2", "g", "Other")),
        with(&[], showtime("3", "g", "Other")),
    ];
    let said = ListingFacts {
        meanings: HashMap::from([("IMAX".to_owned(), "format:imax".parse().unwrap())]),
        ..ListingFacts::default()
    };
    listings.store(7, &rows, &said).await;
    let unmapped = "SELECT source, code, showtimes, films, discovered_by FROM unmapped_attribute ORDER BY code";
    let counted: Vec<(String, String, i64, Vec<String>, i64)> = listings.rows(unmapped).await;
    let films = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let line = |code: &str, showtimes, names: &[&str]| {
        (
            "chain".to_owned(),
            code.to_owned(),
            showtimes,
            films(names),
            7,
        )
    };
    assert_eq!(
        counted,
        [
            line("ATM", 2, &["Low Tide", "Other"]),
            line("VF", 1, &["Low Tide"])
        ]
    );
    let shown = attributes(&listings.world.db, "chain").await.unwrap();
    let shown: Vec<_> = shown
        .iter()
        .map(|one| {
            (
                one.code.as_str(),
                one.meaning.as_ref().map(ToString::to_string),
                one.showtimes,
            )
        })
        .collect();
    let imax = Some("format:imax".to_owned());
    assert_eq!(
        shown,
        [("ATM", None, 2), ("VF", None, 1), ("IMAX", imax, 1)]
    );

    assert_eq!(
        listings
            .map(&[("ATM", "sound:atmos"), ("VF", "language:fr")])
            .await
            .unwrap(),
        2
    );
    let meanings = "SELECT showtime.key, attribute.kind || ':' || attribute.meaning
        FROM showtime_attribute AS attribute INNER JOIN showtime USING (showtime_id) ORDER BY 1, 2";
    let pair = |key: &str, meaning: &str| (key.to_owned(), meaning.to_owned());
    let mapped: Vec<(String, String)> = listings.rows(meanings).await;
    assert_eq!(
        mapped,
        [
            pair("1", "language:fr"),
            pair("1", "sound:atmos"),
            pair("2", "format:imax"),
            pair("2", "sound:atmos"),
            pair("past", "language:fr"),
            pair("past", "sound:atmos"),
        ]
    );
    assert_eq!(
        listings
            .rows::<(String,)>("SELECT code FROM unmapped_attribute")
            .await,
        []
    );
    // Saying it again changes nothing; a listing does not overrule a person.
    assert_eq!(listings.map(&[("ATM", "sound:atmos")]).await.unwrap(), 0);
    listings.map(&[("IMAX", "format:large")]).await.unwrap();
    listings.store(8, &rows, &said).await;
    let kept: Vec<(String,)> = listings
        .rows("SELECT meaning FROM attribute WHERE code = 'IMAX'")
        .await;
    assert_eq!(kept, [("large".to_owned(),)]);
}

#[tokio::test]
async fn a_definition_maps_a_code_that_was_seen_before() {
    let listings = Listings::new().await;
    let rows = [with(&["IMAX"], showtime("1", "f", "Low Tide"))];
    listings.store(1, &rows, &ListingFacts::default()).await;
    let said = ListingFacts {
        meanings: HashMap::from([("IMAX".to_owned(), "format:imax".parse().unwrap())]),
        ..ListingFacts::default()
    };
    listings.store(2, &rows, &said).await;
    let mapped: Vec<(String, bool, i64)> = listings
        .rows("SELECT kind, mapped_at IS NOT NULL, discovered_by FROM attribute")
        .await;
    assert_eq!(mapped, [("format".to_owned(), true, 1)]);
}

#[tokio::test]
async fn a_code_that_was_never_said_is_not_mapped() {
    let listings = Listings::new().await;
    let rows = [with(&["IMAX"], showtime("1", "f", "Low Tide"))];
    listings.store(1, &rows, &ListingFacts::default()).await;
    let refusal = listings
        .map(&[("IMAX", "format:imax"), ("XD", "format:xd")])
        .await;
    let message = refusal.unwrap_err().to_string();
    assert_eq!(message, "source chain has no code `XD`; its codes are IMAX");
    let mut connection = listings.world.db.acquire().await.unwrap();
    let refusal = map_within(&mut connection, "nobody", &[]).await;
    assert!(matches!(refusal, Err(MapError::NoSource { .. })));
    assert_eq!(
        listings
            .rows::<(Option<String>,)>("SELECT kind FROM attribute")
            .await,
        [(None,)]
    );
}

#[tokio::test]
async fn the_attributes_of_a_showtime_are_those_of_its_last_listing() {
    let listings = Listings::new().await;
    let none = ListingFacts::default();
    let base = || showtime("1", "f", "Low Tide");
    let mut seen = Vec::new();
    for (job, row) in (1..).zip([
        base(),
        with(&["3D", "IMAX"], base()),
        with(&["IMAX", "3D"], base()),
        // This definition does not ask.
        base(),
        with(&["3D"], base()),
        with(&[], base()),
    ]) {
        listings.store(job, &[row], &none).await;
        let stored: Vec<(Option<Vec<i32>>, i64)> = listings
            .rows("SELECT attribute_ids, changed_by FROM showtime")
            .await;
        seen.extend(stored);
    }
    let both = || Some(vec![1, 2]);
    assert_eq!(
        seen,
        [
            (None, 1),
            (both(), 2),
            (both(), 2),
            (both(), 2),
            (Some(vec![1]), 5),
            (Some(vec![]), 6)
        ]
    );
}

/// Invariant 10: a source cannot fill the database with codes.
#[tokio::test]
async fn a_source_has_so_many_codes_that_nothing_maps_and_no_more() {
    let listings = Listings::new().await;
    sqlx::query(
        "INSERT INTO attribute (discovered_by, source_id, code)
        SELECT 1, 1, 'code ' || n FROM generate_series(1, 5000) AS n",
    )
    .execute(&listings.world.db)
    .await
    .unwrap();
    let rows = [with(
        &["code 7", "new", "IMAX"],
        showtime("1", "f", "Low Tide"),
    )];
    let said = ListingFacts {
        meanings: HashMap::from([("IMAX".to_owned(), "format:imax".parse().unwrap())]),
        ..ListingFacts::default()
    };
    listings.store(1, &rows, &said).await;
    let codes: Vec<(String,)> = listings
        .rows("SELECT code FROM showtime_attribute ORDER BY code")
        .await;
    assert_eq!(codes, [("IMAX".to_owned(),), ("code 7".to_owned(),)]);
}
