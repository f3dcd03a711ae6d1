//! What listings say of films and showtimes beside title and start.

mod attributes;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use schema::{
    attribute::map_within,
    catalogue::{AlsoCalled, Cinema, SeenBy, Showtime, store_cinemas, store_part_of_showtimes},
    enums::AttributeMeaning,
    film_fact::{FilmFacts, ListingFacts},
    mapping::MapError,
};
use sqlx::{AssertSqlSafe, FromRow, PgConnection, postgres::PgRow};

use crate::fixture::World;

/// A cinema of the world, whose listings are stored.
struct Listings {
    world: World,
    cinema_id: i32,
}

impl Listings {
    async fn new() -> Self {
        let world = World::new().await;
        let cinema = Cinema {
            key: "a".to_owned(),
            name: "Alpha".to_owned(),
            timezone: "Europe/Paris".to_owned(),
            territory: "FR".to_owned(),
            city: None,
            latitude: None,
            longitude: None,
        };
        let ids = store_cinemas(&world.db, by(1), &[cinema]).await.unwrap();
        Self {
            cinema_id: ids["a"],
            world,
        }
    }

    async fn store(&self, job_id: i64, rows: &[Showtime], facts: &ListingFacts) {
        let mut connection = self.world.db.acquire().await.unwrap();
        store(&mut connection, self.cinema_id, job_id, rows, facts).await;
    }

    async fn rows<T: for<'r> FromRow<'r, PgRow> + Send + Unpin>(&self, sql: &str) -> Vec<T> {
        sqlx::query_as(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&self.world.db)
            .await
            .unwrap()
    }

    async fn map(&self, meanings: &[(&str, &str)]) -> Result<u64, MapError> {
        let meanings: Vec<(String, AttributeMeaning)> = meanings
            .iter()
            .map(|(code, meaning)| ((*code).to_owned(), meaning.parse().unwrap()))
            .collect();
        let mut connection = self.world.db.acquire().await.unwrap();
        map_within(&mut connection, "chain", &meanings).await
    }
}

async fn store(
    connection: &mut PgConnection,
    cinema_id: i32,
    job_id: i64,
    rows: &[Showtime],
    facts: &ListingFacts,
) {
    let also = AlsoCalled::default();
    store_part_of_showtimes(connection, by(job_id), cinema_id, rows, facts, &also)
        .await
        .unwrap();
}

fn by(job_id: i64) -> SeenBy {
    SeenBy {
        source_id: 1,
        job_id,
    }
}

fn hours(count: i64) -> DateTime<Utc> {
    // Postgres keeps microseconds.
    DateTime::from_timestamp((Utc::now() + TimeDelta::hours(count)).timestamp(), 0).unwrap()
}

fn showtime(key: &str, film: &str, title: &str) -> Showtime {
    Showtime {
        key: key.to_owned(),
        film_key: film.to_owned(),
        film_title: title.to_owned(),
        auditorium_key: None,
        auditorium_name: None,
        starts_at: DateTime::from_timestamp(4_000_000_000, 0).unwrap(),
        business_on: NaiveDate::from_ymd_opt(2096, 10, 2).unwrap(),
        seats_total: None,
        sold_out: None,
        attributes: None,
    }
}

fn with(codes: &[&str], row: Showtime) -> Showtime {
    Showtime {
        attributes: Some(codes.iter().map(|code| (*code).to_owned()).collect()),
        ..row
    }
}

fn facts(film_key: &str) -> FilmFacts {
    FilmFacts {
        film_key: film_key.to_owned(),
        ..FilmFacts::default()
    }
}

fn of(films: Vec<FilmFacts>) -> ListingFacts {
    ListingFacts {
        films,
        meanings: HashMap::new(),
    }
}

fn all_facts(film_key: &str) -> FilmFacts {
    FilmFacts {
        original_title: Some("Marée \"basse\"".to_owned()),
        year: Some(2026),
        runtime_minutes: Some(117),
        directors: Some(vec!["Ann Lee".to_owned(), "Bo, Ek".to_owned()]),
        distributor: Some("North".to_owned()),
        released_on: NaiveDate::from_ymd_opt(2026, 10, 2),
        schemes: vec!["edi".to_owned(), "imdb".to_owned()],
        numbers: vec!["72".to_owned(), "tt1".to_owned()],
        ..facts(film_key)
    }
}

#[tokio::test]
async fn a_fact_that_a_listing_leaves_out_keeps_its_last_value() {
    let listings = Listings::new().await;
    let rows = [showtime("1", "f", "Low Tide"), showtime("2", "g", "Other")];
    listings
        .store(1, &rows, &of(vec![all_facts("f"), facts("g")]))
        .await;
    let shorter = FilmFacts {
        runtime_minutes: Some(115),
        schemes: vec!["imdb".to_owned()],
        numbers: vec!["tt2".to_owned()],
        ..facts("f")
    };
    listings.store(2, &rows, &of(vec![shorter])).await;
    listings.store(3, &rows, &of(vec![all_facts("f")])).await;
    listings.store(4, &rows, &of(vec![facts("f")])).await;
    listings.store(5, &rows, &ListingFacts::default()).await;
    let stored: Vec<(String, i64)> = listings
        .rows(
            "SELECT concat_ws('; ', original_title, year, runtime_minutes, directors, distributor, released_on),
                changed_by
            FROM film_fact",
        )
        .await;
    let expected = r#"Marée "basse"; 2026; 117; {"Ann Lee","Bo, Ek"}; North; 2026-10-02"#;
    assert_eq!(
        stored,
        [(expected.to_owned(), 3)],
        "a film without facts has no row"
    );
    let ids: Vec<(String, String, i64)> = listings
        .rows("SELECT scheme, value, discovered_by FROM film_identifier ORDER BY scheme, value")
        .await;
    let id = |scheme: &str, value: &str, job| (scheme.to_owned(), value.to_owned(), job);
    assert_eq!(
        ids,
        [
            id("edi", "72", 1),
            id("imdb", "tt1", 1),
            id("imdb", "tt2", 2)
        ]
    );
    let profile: Vec<(String, Option<i16>)> = listings
        .rows("SELECT title, runtime_minutes FROM film_profile ORDER BY title")
        .await;
    assert_eq!(
        profile,
        [
            ("Low Tide".to_owned(), Some(117)),
            ("Other".to_owned(), None)
        ]
    );
}

/// Invariant 6: what was stored says what was shown at its time.
#[tokio::test]
async fn a_showtime_keeps_the_name_that_its_film_had() {
    let listings = Listings::new().await;
    let none = ListingFacts::default();
    let started = |title: &str| Showtime {
        starts_at: hours(-1),
        ..showtime("started", "f", title)
    };
    let rows = |title: &str| {
        [
            started(title),
            showtime("listed", "f", title),
            showtime("gone", "f", title),
        ]
    };
    listings.store(1, &rows("Low Tide"), &none).await;
    // The source renames the film; later it uses the key for another film.
    let (gone, renamed) = (rows("Low Tide: Extended"), rows("Another Film"));
    listings.store(2, &gone[..2], &none).await;
    listings.store(3, &renamed[..2], &none).await;
    listings
        .store(4, &[showtime("new", "f", "Another Film")], &none)
        .await;
    let names: Vec<(String, String, String)> = listings
        .rows(
            "SELECT showtime.key, profile.listed_title, profile.film
            FROM showtime_profile AS profile INNER JOIN showtime USING (showtime_id) ORDER BY showtime.key",
        )
        .await;
    let name =
        |key: &str, listed: &str| (key.to_owned(), listed.to_owned(), "Another Film".to_owned());
    assert_eq!(
        names,
        [
            name("gone", "Low Tide"),
            name("listed", "Another Film"),
            name("new", "Another Film"),
            name("started", "Low Tide"),
        ]
    );
    let titles: Vec<(String,)> = listings
        .rows("SELECT title FROM film_title ORDER BY 1")
        .await;
    assert_eq!(titles.len(), 3);
    let films: Vec<(String,)> = listings.rows("SELECT title FROM film").await;
    assert_eq!(films, [("Another Film".to_owned(),)]);
}

#[tokio::test]
async fn a_showtime_of_before_gets_the_name_of_its_film_when_it_is_listed() {
    let listings = Listings::new().await;
    let rows = [
        showtime("1", "f", "Low Tide"),
        showtime("2", "f", "Low Tide"),
    ];
    listings.store(1, &rows, &ListingFacts::default()).await;
    sqlx::query("UPDATE showtime SET film_title_id = NULL")
        .execute(&listings.world.db)
        .await
        .unwrap();
    listings
        .store(2, &rows[..1], &ListingFacts::default())
        .await;
    let named: Vec<(String, bool, String)> = listings
        .rows(
            "SELECT showtime.key, film_title_id IS NOT NULL, listed_title
            FROM showtime INNER JOIN showtime_profile USING (showtime_id) ORDER BY showtime.key",
        )
        .await;
    let title = || "Low Tide".to_owned();
    assert_eq!(
        named,
        [
            ("1".to_owned(), true, title()),
            ("2".to_owned(), false, title())
        ]
    );
}

/// Two names in one listing: each showtime keeps its own.
#[tokio::test]
async fn a_listing_may_give_a_film_two_names() {
    let listings = Listings::new().await;
    let rows = [
        showtime("1", "f", "Low Tide"),
        showtime("2", "f", "3D: Low Tide"),
    ];
    for job in 1..3 {
        listings.store(job, &rows, &ListingFacts::default()).await;
    }
    let names: Vec<(String, i64)> = listings
        .rows(
            "SELECT profile.listed_title, showtime.changed_by
            FROM showtime_profile AS profile INNER JOIN showtime USING (showtime_id) ORDER BY showtime.key",
        )
        .await;
    assert_eq!(
        names,
        [("Low Tide".to_owned(), 1), ("3D: Low Tide".to_owned(), 1)]
    );
}

#[tokio::test]
async fn the_same_listing_writes_nothing() {
    let listings = Listings::new().await;
    let rows = [
        with(&["VF", "IMAX"], showtime("1", "f", "Low Tide")),
        with(&["IMAX"], showtime("2", "f", "Low Tide")),
    ];
    let said = ListingFacts {
        films: vec![all_facts("f")],
        meanings: HashMap::from([("IMAX".to_owned(), "format:imax".parse().unwrap())]),
    };
    let written = async |job| {
        let mut transaction = listings.world.db.begin().await.unwrap();
        let before = rows_written(&mut transaction).await;
        store(&mut transaction, listings.cinema_id, job, &rows, &said).await;
        let after = rows_written(&mut transaction).await;
        transaction.commit().await.unwrap();
        let written = after
            .into_iter()
            .map(|(table, rows)| (rows - before.get(&table).copied().unwrap_or(0), table));
        let mut written: Vec<_> = written.filter(|(rows, _)| *rows > 0).collect();
        written.sort();
        written
    };
    let of_table = |name: &str, rows: i64| (rows, name.to_owned());
    let first = written(1).await;
    for table in [
        of_table("attribute", 2),
        of_table("film", 1),
        of_table("film_fact", 1),
        of_table("film_identifier", 2),
        of_table("film_title", 1),
        of_table("showtime", 2),
    ] {
        assert!(first.contains(&table), "{table:?} in {first:?}");
    }
    assert_eq!(written(2).await, []);
}

/// Rows that the session has written into each table and not yet reported.
async fn rows_written(session: &mut PgConnection) -> HashMap<String, i64> {
    let tables: Vec<(String, i64)> = sqlx::query_as(
        "SELECT relname::text, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables",
    )
    .fetch_all(session)
    .await
    .unwrap();
    tables.into_iter().collect()
}
