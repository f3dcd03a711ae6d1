//! What the web page and the HTTP API read of works: lists, totals, films in depth, pairs.

use chrono::{NaiveDate, TimeDelta, Utc};
use schema::reading::{
    Reader,
    attributes::{listed_title, of_showtime},
    film_depth::in_depth,
    film_pairs::{count, decided, waiting, waiting_pair},
    search::by_name,
    works::{WorkFilter, chains, days, film_ids, identifiers, list, territory_codes, titles, work},
};
use sqlx::{AssertSqlSafe, PgPool};

use crate::fixture::World;

async fn run(db: &PgPool, statements: &[&str]) {
    for sql in statements {
        sqlx::raw_sql(AssertSqlSafe((*sql).to_owned()))
            .execute(db)
            .await
            .unwrap();
    }
}

/// Two sources in France and one in Germany and Austria; films 1 to 3 are work 1, film 4 is work 4.
async fn world() -> World {
    let world = World::new().await;
    run(
        &world.db,
        &[
            "INSERT INTO source (name, title) VALUES ('second', 'Second'), ('border', 'Border');
            INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
            VALUES (1, 1, 1, 'FR', '1', 'One', 'UTC'), (2, 1, 1, 'FR', '2', 'Two', 'UTC'),
                (3, 1, 1, 'DE', '3', 'Three', 'UTC'), (3, 1, 1, 'AT', '4', 'Four', 'UTC');
            INSERT INTO film (source_id, discovered_by, key, title)
            VALUES (1, 1, 'a', 'IMAX: Low Tide'), (2, 1, 'b', 'Low Tide'), (3, 1, 'c', 'Ebbe'), (2, 1, 'd', 'Other');
            INSERT INTO film_fact (film_id, changed_by, year, runtime_minutes, directors)
            VALUES (2, 7, 2026, 101, '{Ines Marr,Tom Okoye}');
            INSERT INTO film_identifier (film_id, discovered_by, scheme, value)
            VALUES (1, 1, 'imdb', 'tt1'), (2, 1, 'imdb', 'tt1'), (3, 1, 'imdb', 'tt9'), (2, 1, 'edi', '5');
            INSERT INTO work (film_id, merged_into, kind, title)
            VALUES (1, NULL, 'feature', 'Low Tide'), (2, 1, 'feature', NULL), (3, 1, 'feature', NULL),
                (4, NULL, 'unknown', 'Other');
            INSERT INTO film_work (film_id, work_id, score, rule, reason)
            VALUES (1, 1, 13, 'rules', 'same title'), (2, 1, 13, 'rules', 'same title'), (3, 1, NULL, 'person', 'seen'),
                (4, 4, NULL, 'alone', 'nothing matches it');
            INSERT INTO work_title (work_id, territory, title)
            VALUES (1, 'FR', 'Low Tide'), (1, NULL, 'Low Tide'), (1, 'DE', 'Ebbe'), (4, 'FR', 'Other');
            INSERT INTO work_identifier (work_id, scheme, value) VALUES (1, 'imdb', 'tt1');
            INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
            VALUES (1, 1, 1, now() - interval '3 days', 1, current_date - 3, '1'),
                (2, 1, 1, now() - interval '1 day', 2, current_date - 1, '2'),
                (3, 1, 1, now() - interval '1 day', 3, current_date - 1, '3'),
                (4, 1, 1, now() - interval '1 day', 3, current_date - 1, '4')",
            "INSERT INTO rollup.film_day (film_id, business_on, currency, showtimes, cancelled, exact, seats, admissions, gross)
            VALUES (1, current_date - 3, 'EUR', 1, 0, 1, 100, 10, 100), (1, current_date - 1, 'EUR', 2, 1, 0, 200, 20, 200.5),
                (2, current_date - 1, 'EUR', 1, 0, 0, 100, 30, 300), (2, current_date - 1, 'XXX', 1, 0, 0, 50, 5, NULL),
                (3, current_date - 1, 'EUR', 9, 9, 9, 999, 999, 999), (4, current_date - 1, 'EUR', 1, 0, 0, 10, 1, 9)",
            "INSERT INTO rollup.showtime_sales (starts_at, last_observed_at, showtime_id, film_id, cinema_id, source_id,
                business_on, seats, certainty, sold, admissions, is_cancelled, territory, currency, gross)
            VALUES (now(), now(), 3, 3, 3, 3, current_date - 1, 80, 'exact', 40, 40, false, 'DE', 'EUR', 400),
                (now(), now(), 4, 3, 4, 3, current_date - 1, 60, 'wide', 6, 6, false, 'AT', 'EUR', 60)",
        ],
    )
    .await;
    world
}

fn from_on() -> NaiveDate {
    Utc::now().date_naive() - TimeDelta::days(30)
}

#[tokio::test]
async fn a_work_is_added_up_by_territory_and_chain_over_all_its_films() {
    let world = world().await;
    let mut db = Reader::begin(&world.db).await.unwrap();
    let found = days(&mut db, 1, from_on()).await.unwrap();
    let of = |territory: Option<&str>| -> Vec<(String, i64, i64)> {
        let rows = found
            .iter()
            .filter(|row| row.territory.as_deref() == territory);
        rows.map(|row| (row.currency.clone(), row.showtimes, row.admissions))
            .collect()
    };
    let row = |currency: &str, showtimes, admissions| (currency.to_owned(), showtimes, admissions);
    assert_eq!(
        of(Some("FR")),
        [row("EUR", 1, 10), row("EUR", 3, 50), row("XXX", 1, 5)]
    );
    // The source of two territories is counted by showtime.
    assert_eq!(of(Some("DE")), [row("EUR", 1, 40)]);
    assert_eq!(of(Some("AT")), [row("EUR", 1, 6)]);
    assert_eq!(
        of(None),
        [row("EUR", 1, 10), row("EUR", 5, 96), row("XXX", 1, 5)]
    );

    let found = chains(&mut db, 1, from_on()).await.unwrap();
    let found: Vec<_> = found
        .iter()
        .filter(|row| row.currency == "EUR")
        .map(|row| {
            (
                row.territory.as_str(),
                row.source.as_deref(),
                row.admissions,
                row.gross.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("AT", None, 6, "60"),
            ("AT", Some("border"), 6, "60"),
            ("DE", None, 40, "400"),
            ("DE", Some("border"), 40, "400"),
            ("FR", None, 60, "600.5"),
            ("FR", Some("chain"), 30, "300.5"),
            ("FR", Some("second"), 30, "300"),
        ]
    );
    let before = days(&mut db, 1, Utc::now().date_naive() + TimeDelta::days(1)).await;
    assert_eq!(before.unwrap(), []);
}

#[tokio::test]
async fn a_dropped_rollup_leaves_the_days_of_a_work_empty() {
    let world = world().await;
    run(&world.db, &["DROP TABLE rollup.showtime_sales CASCADE"]).await;
    let mut db = Reader::begin(&world.db).await.unwrap();
    assert_eq!(days(&mut db, 1, from_on()).await.unwrap(), []);
}

#[tokio::test]
async fn works_are_listed_once_by_title_with_filters_and_pages() {
    let world = world().await;
    let mut db = Reader::begin(&world.db).await.unwrap();
    let all = list(&mut db, &WorkFilter::default(), None, 9)
        .await
        .unwrap();
    let names: Vec<_> = all
        .iter()
        .map(|row| (row.work_id, row.title.as_str()))
        .collect();
    assert_eq!(names, [(1, "Low Tide"), (4, "Other")]);
    assert_eq!(all[0].films, 3);
    assert_eq!(all[0].sources, ["border", "chain", "second"]);
    assert_eq!(all[0].territories, ["AT", "DE", "FR"]);
    let today = Utc::now().date_naive();
    assert_eq!(
        (all[0].first_on, all[0].last_on),
        (
            Some(today - TimeDelta::days(3)),
            Some(today - TimeDelta::days(1))
        )
    );
    assert_eq!(all[0].recent.len(), 28);
    assert_eq!(all[0].recent[24..], [10, 0, 101, 0]);
    assert_eq!((all[1].first_on, all[1].recent[26]), (None, 1));

    let everything = WorkFilter::default();
    let rest = list(&mut db, &everything, Some(("Low Tide", 1)), 9);
    assert_eq!(rest.await.unwrap()[0].work_id, 4);
    for (territory, kind, title, expected) in [
        (Some("at"), None, None, vec![1]),
        (Some("FR"), None, None, vec![1, 4]),
        (Some("US"), None, None, vec![]),
        (None, Some("unknown"), None, vec![4]),
        // As its source lists it, and as another territory calls it.
        (None, None, Some("imax: low"), vec![1]),
        (None, None, Some("EBBE"), vec![1]),
        (Some("FR"), Some("unknown"), Some("other"), vec![4]),
    ] {
        let filter = WorkFilter {
            territory: territory.map(str::to_owned),
            kind: kind.map(str::to_owned),
            title: title.map(str::to_owned),
        };
        let found = list(&mut db, &filter, None, 9).await.unwrap();
        let found: Vec<i32> = found.iter().map(|row| row.work_id).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
    assert_eq!(territory_codes(&mut db).await.unwrap(), ["AT", "DE", "FR"]);
}

#[tokio::test]
async fn a_work_has_its_names_and_films_and_one_that_merged_says_where_it_went() {
    let world = world().await;
    let mut db = Reader::begin(&world.db).await.unwrap();
    let found = work(&mut db, 1).await.unwrap().unwrap();
    assert_eq!(found.title, "Low Tide");
    assert_eq!(found.redirects, [2, 3]);
    assert_eq!((found.merged_into, found.doubts), (None, 0));
    let merged = work(&mut db, 3).await.unwrap().unwrap();
    assert_eq!(merged.merged_into, Some(1));
    assert_eq!(work(&mut db, 99).await.unwrap(), None);
    assert_eq!(titles(&mut db, 1).await.unwrap().len(), 3);
    let numbers = identifiers(&mut db, 1).await.unwrap();
    let numbers: Vec<_> = numbers
        .iter()
        .map(|one| (one.value.as_str(), one.sources.len(), one.is_believed))
        .collect();
    assert_eq!(
        numbers,
        [("tt1", 2, true), ("5", 1, false), ("tt9", 1, false)]
    );
    let ids = film_ids(&mut db, 1).await.unwrap();
    let films = in_depth(&mut db, &ids).await.unwrap();
    let second = films.iter().find(|film| film.source == "second").unwrap();
    assert_eq!(second.directors, ["Ines Marr", "Tom Okoye"]);
    assert_eq!(second.identifiers, ["edi 5", "imdb tt1"]);
    assert_eq!(
        (second.territory.as_deref(), second.showtimes),
        (Some("FR"), 1)
    );
    let border = films.iter().find(|film| film.source == "border").unwrap();
    assert_eq!((border.territory.as_deref(), border.showtimes), (None, 2));
    assert_eq!((border.year, border.directors.len()), (None, 0));
    assert_eq!(border.rule.as_deref(), Some("person"));
    let hits = by_name(&mut db, "tide").await.unwrap();
    let hit = hits.iter().find(|hit| hit.kind == "work").unwrap();
    assert_eq!(
        (hit.id, hit.detail.as_str()),
        (1, "2 films of chain, second")
    );
}

#[tokio::test]
async fn a_pair_waits_until_a_person_decides_and_the_highest_score_comes_first() {
    let world = world().await;
    run(
        &world.db,
        &[
            "INSERT INTO film_pair_doubt (film_a, film_b, score, reasons)
        VALUES (1, 4, 8.3, '[]'), (2, 4, 8.3, '[]'), (3, 4, 11.25, '[{}]')",
        ],
    )
    .await;
    let mut db = Reader::begin(&world.db).await.unwrap();
    let pairs = waiting(&mut db, None, 9).await.unwrap();
    let films = |pairs: &[schema::reading::film_pairs::WaitingPair]| -> Vec<i32> {
        pairs.iter().map(|pair| pair.film_a).collect()
    };
    assert_eq!(films(&pairs), [3, 1, 2]);
    for place in 0..pairs.len() {
        let after = &pairs[place];
        let after = Some((after.score, after.film_a, after.film_b));
        let rest = waiting(&mut db, after, 9).await.unwrap();
        assert_eq!(films(&rest), films(&pairs[place + 1..]), "after {after:?}");
    }
    assert_eq!(count(&mut db).await.unwrap().count, 3);
    assert_eq!(work(&mut db, 1).await.unwrap().unwrap().doubts, 3);
    assert!(waiting_pair(&mut db, (4, 1)).await.unwrap().is_some());
    drop(db);
    run(
        &world.db,
        &[
            "INSERT INTO film_verdict (film_a, film_b, is_same, decided_by, reason)
        VALUES (1, 4, false, 'anna', 'seen both'), (1, 3, true, 'ben', 'seen')",
        ],
    )
    .await;
    let mut db = Reader::begin(&world.db).await.unwrap();
    assert_eq!(films(&waiting(&mut db, None, 9).await.unwrap()), [3, 2]);
    assert_eq!(waiting_pair(&mut db, (1, 4)).await.unwrap(), None);
    assert_eq!(count(&mut db).await.unwrap().count, 2);
    assert_eq!(work(&mut db, 4).await.unwrap().unwrap().doubts, 2);
    assert_eq!(decided(&mut db, None, 9).await.unwrap().len(), 2);
    let of_four = decided(&mut db, Some(&[4]), 9).await.unwrap();
    assert_eq!(
        (of_four[0].title_a.as_str(), of_four[0].source_b.as_str()),
        ("IMAX: Low Tide", "second")
    );
}

#[tokio::test]
async fn a_showtime_says_what_its_source_says_by_the_present_meaning() {
    let world = world().await;
    run(
        &world.db,
        &["INSERT INTO attribute (source_id, discovered_by, code) VALUES (1, 1, 'ATM'), (1, 1, 'X');
        INSERT INTO film_title (film_id, title) VALUES (1, 'Preview: Low Tide'), (1, 'IMAX: Low Tide');
        UPDATE showtime SET attribute_ids = '{1,2}', film_title_id = 1 WHERE showtime_id = 1;
        UPDATE showtime SET film_title_id = 2 WHERE showtime_id = 2;
        UPDATE attribute SET kind = 'sound', meaning = 'atmos', mapped_at = now() WHERE code = 'ATM'"],
    )
    .await;
    let mut db = Reader::begin(&world.db).await.unwrap();
    let said = of_showtime(&mut db, 1).await.unwrap();
    let said: Vec<_> = said
        .iter()
        .map(|one| (one.code.as_str(), one.meaning.as_deref()))
        .collect();
    assert_eq!(said, [("ATM", Some("atmos")), ("X", None)]);
    let listed = listed_title(&mut db, 1).await.unwrap();
    assert_eq!(listed.as_deref(), Some("Preview: Low Tide"));
    assert_eq!(listed_title(&mut db, 3).await.unwrap(), None);
    let film = in_depth(&mut db, &[1]).await.unwrap().pop().unwrap();
    assert_eq!(film.former_titles, ["Preview: Low Tide"]);
}
