//! Which cinemas of different sources are one venue, and what is listed twice, against a database.

mod listed_twice;

use std::collections::{BTreeMap, BTreeSet};

use coordinator::{
    background::venues::{MatchedVenues, match_venues},
    operate::{film::PairVerdict, report::cli_actor, venue::decide},
};
use schema::{
    catalogue::{Cinema, SeenBy, store_cinemas},
    scratch::Scratch,
    venue,
};
use sqlx::{AssertSqlSafe, PgPool};
use tokio_util::sync::CancellationToken;

/// A cinema: source, key, name, city, metres north of the centre.
type Listed<'a> = (i32, &'a str, &'a str, Option<&'a str>, Option<f64>);

/// Four sources: a chain, two aggregators and one house.
async fn world() -> PgPool {
    let db = Scratch::new().await.unwrap().db;
    run(
        &db,
        "INSERT INTO source (name, title)
        VALUES ('odeon', 'Odeon'), ('listings', 'Listings'), ('whatson', 'Whats on'), ('rex', 'Rex')",
    )
    .await;
    db
}

async fn run(db: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(db)
        .await
        .unwrap();
}

async fn rows(db: &PgPool, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_all(db)
        .await
        .unwrap()
}

async fn list(db: &PgPool, (source_id, key, name, city, north): Listed<'_>) {
    let by = SeenBy {
        source_id,
        job_id: 1,
    };
    let cinema = Cinema {
        key: key.to_owned(),
        name: name.to_owned(),
        timezone: "Europe/London".to_owned(),
        territory: "GB".to_owned(),
        city: city.map(str::to_owned),
        latitude: north.map(|metres| 53.8 + metres / 111_195.0),
        longitude: north.map(|_| -1.55),
    };
    store_cinemas(db, by, &[cinema]).await.unwrap();
}

async fn pass(db: &PgPool) -> MatchedVenues {
    match_venues(db, &CancellationToken::new()).await.unwrap()
}

/// The venues as sets of `SOURCE/KEY`.
async fn venues(db: &PgPool) -> BTreeSet<BTreeSet<String>> {
    let rows: Vec<(i32, String)> =
        sqlx::query_as("SELECT venue_id, source || '/' || key FROM venue_match")
            .fetch_all(db)
            .await
            .unwrap();
    let mut venues: BTreeMap<i32, BTreeSet<String>> = BTreeMap::new();
    for (venue, cinema) in rows {
        venues.entry(venue).or_default().insert(cinema);
    }
    venues.into_values().collect()
}

fn set(cinemas: &[&str]) -> BTreeSet<String> {
    cinemas.iter().map(|cinema| (*cinema).to_owned()).collect()
}

async fn decide_on(db: &PgPool, a: &str, b: &str, verdict: PairVerdict) {
    let actor = cli_actor(Some("the address is known".to_owned()));
    decide(db, &actor, (a, b), verdict).await.unwrap();
}

/// Everything that was decided, but for times and the numbers of marks.
async fn state(db: &PgPool) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "SELECT row(cinema_id, venue_id, rule, score, is_shared, reason)::text FROM cinema_venue ORDER BY cinema_id",
        "SELECT row(venue_id, cinema_id, merged_into)::text FROM venue ORDER BY venue_id",
        "SELECT row(cinema_a, cinema_b, score, reasons)::text FROM cinema_pair_doubt ORDER BY 1",
        "SELECT row(auditorium_id, same_as, is_known, rule, reason)::text FROM venue_auditorium ORDER BY 1",
        "SELECT row(showtime_id, counted_as, reason)::text FROM showtime_duplicate ORDER BY showtime_id",
    ] {
        all.extend(rows(db, sql).await);
    }
    all
}

const LEEDS: Option<&str> = Some("Leeds");

/// The Odeon of three sources, and a house beside it.
const ODEON: [Listed<'_>; 4] = [
    (1, "10", "Leeds Thorpe Park", LEEDS, Some(0.0)),
    (2, "a", "Odeon Thorpe Park", LEEDS, Some(70.0)),
    (3, "b", "ODEON LEEDS-THORPE PARK", LEEDS, None),
    (4, "c", "Rex", LEEDS, Some(40.0)),
];

#[tokio::test]
async fn cinemas_of_several_sources_are_one_venue_and_others_are_venues_by_themselves() {
    let db = world().await;
    for cinema in ODEON {
        list(&db, cinema).await;
    }
    let report = pass(&db).await;
    assert_eq!((report.cinemas, report.new, report.moved), (4, 4, 0));
    let expected = BTreeSet::from([
        set(&["odeon/10", "listings/a", "whatson/b"]),
        set(&["rex/c"]),
    ]);
    assert_eq!(venues(&db).await, expected);
    assert_eq!(pass(&db).await, MatchedVenues::default(), "nothing changed");

    // Renamed and moved away by its source.
    list(&db, (2, "a", "Odeon Headrow", LEEDS, Some(5_000.0))).await;
    pass(&db).await;
    let expected = BTreeSet::from([
        set(&["odeon/10", "whatson/b"]),
        set(&["listings/a"]),
        set(&["rex/c"]),
    ]);
    assert_eq!(venues(&db).await, expected);
}

#[tokio::test]
async fn venues_do_not_depend_on_the_order_of_arrival() {
    let mut outcomes = BTreeSet::new();
    let cinemas: Vec<Listed<'_>> = ODEON
        .into_iter()
        .chain([
            (2, "d", "Rex Cinema", LEEDS, Some(90.0)),
            (3, "e", "The Rex", LEEDS, Some(300.0)),
            (2, "f", "Rex", Some("York"), Some(40_000.0)),
            (3, "g", "Rex", None, None),
            (1, "11", "Leeds Headrow", LEEDS, Some(1_500.0)),
            (3, "h", "Odeon Headrow", LEEDS, Some(1_450.0)),
        ])
        .collect();
    for (turn, is_one_by_one) in [(0, false), (3, true), (5, false), (7, true)] {
        let db = world().await;
        let mut cinemas = cinemas.clone();
        cinemas.rotate_left(turn);
        if turn % 2 == 1 {
            cinemas.reverse();
        }
        for cinema in cinemas {
            list(&db, cinema).await;
            if is_one_by_one {
                pass(&db).await;
            }
        }
        pass(&db).await;
        let doubts = rows(
            &db,
            "SELECT least(key_a, key_b) || ' ' || greatest(key_a, key_b) FROM doubtful_venue_pair ORDER BY 1",
        );
        outcomes.insert((venues(&db).await, doubts.await));
    }
    assert_eq!(outcomes.len(), 1, "{outcomes:#?}");
    let (venues, _) = outcomes.into_iter().next().unwrap();
    assert!(
        venues.contains(&set(&["odeon/11", "whatson/h"])),
        "{venues:#?}"
    );
}

#[tokio::test]
async fn verdicts_survive_a_thousand_listings() {
    let db = world().await;
    for cinema in ODEON {
        list(&db, cinema).await;
    }
    pass(&db).await;
    decide_on(&db, "odeon/10", "listings/a", PairVerdict::Different).await;
    decide_on(&db, "rex/c", "odeon/10", PairVerdict::Same).await;
    decide_on(&db, "whatson/b", "listings/a", PairVerdict::Same).await;
    for time in 0..1_000_usize {
        let (source, key, name, city, north) = ODEON[time % 4];
        let name = if time % 3 == 0 {
            name.to_uppercase()
        } else {
            name.to_owned()
        };
        list(&db, (source, key, &name, city, north)).await;
        if time % 100 == 99 {
            pass(&db).await;
            let expected = BTreeSet::from([
                set(&["odeon/10", "rex/c"]),
                set(&["listings/a", "whatson/b"]),
            ]);
            assert_eq!(venues(&db).await, expected, "after {time} listings");
        }
    }
}

#[tokio::test]
async fn a_doubt_waits_until_a_person_answers_it() {
    let db = world().await;
    list(&db, (1, "10", "Thorpe Park", LEEDS, Some(0.0))).await;
    list(&db, (2, "a", "Vue Thorpe Park", LEEDS, Some(30.0))).await;
    assert_eq!(pass(&db).await.doubts, 1);
    let doubts = venue::doubts(&db, 10).await.unwrap();
    assert_eq!(
        (doubts[0].key_a.as_str(), doubts[0].key_b.as_str()),
        ("odeon/10", "listings/a")
    );
    let unreasoned = decide(&db, &cli_actor(None), ("1", "2"), PairVerdict::Same).await;
    assert!(unreasoned.unwrap_err().to_string().contains("--reason"));
    let unknown = decide(&db, &cli_actor(None), ("1", "rex/9"), PairVerdict::Same).await;
    assert!(unknown.unwrap_err().to_string().contains("rex/9"));
    decide_on(&db, "2", "odeon/10", PairVerdict::Same).await;
    assert_eq!(pass(&db).await.doubts, 0);
    assert_eq!(venues(&db).await.len(), 1);
    let shared = venue::list(&db, Some("thorpe"), 10).await.unwrap();
    assert_eq!(shared[0].keys, ["odeon/10", "listings/a"]);
}

/// More than two thousand cinemas: each is compared with few others, and a later change with its own only.
#[tokio::test]
async fn the_work_grows_with_the_cinemas_and_not_with_their_square() {
    let db = world().await;
    run(
        &db,
        "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone, latitude, longitude)
        SELECT source, 1, 1, 'GB', n::text, translate(md5(n::text), '0123456789', 'ghijklmnop'), 'UTC',
            50 + (n / 50) * 0.05, (n % 50) * 0.08 + source * 0.0005
        FROM generate_series(1, 800) AS n CROSS JOIN generate_series(1, 3) AS source",
    )
    .await;
    let report = pass(&db).await;
    assert_eq!(report.new, 2_400);
    assert_eq!(venues(&db).await.len(), 800);
    assert!(report.comparisons <= 5 * 2_400, "{report:?}");
    run(&db, "UPDATE cinema SET city = 'Here' WHERE cinema_id = 7").await;
    let report = pass(&db).await;
    assert_eq!(report.cinemas, 3, "{report:?}");
    assert!(report.comparisons <= 12, "{report:?}");
}
