//! Which films of different sources are one work, against a database.

use std::collections::{BTreeMap, BTreeSet};

use coordinator::{
    background::works::{MatchedFilms, match_films},
    operate::{
        film::{PairVerdict, decide},
        report::cli_actor,
    },
};
use schema::{
    catalogue::{SeenBy, Showtime, store_showtimes},
    scratch::Scratch,
    work,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// A film: source, key, title, year, director.
type Listed<'a> = (i32, &'a str, &'a str, Option<i16>, Option<&'a str>);

/// Seven sources, each with a cinema.
async fn world() -> PgPool {
    let db = Scratch::new().await.unwrap().db;
    sqlx::raw_sql(
        "INSERT INTO source (name, title) SELECT 'chain-' || n, 'Chain' FROM generate_series(1, 7) AS n;
        INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        SELECT n, 1, 1, 'GB', '1', 'A cinema', 'UTC' FROM generate_series(1, 7) AS n",
    )
    .execute(&db)
    .await
    .unwrap();
    db
}

async fn list(db: &PgPool, (source, key, title, year, director): Listed<'_>) {
    sqlx::query(
        "WITH stored AS (
            INSERT INTO film (source_id, discovered_by, key, title) VALUES ($1, 1, $2, $3) RETURNING film_id)
        INSERT INTO film_fact (film_id, changed_by, year, directors)
        SELECT film_id, 1, $4, CASE WHEN $5::text IS NOT NULL THEN ARRAY[$5] END
        FROM stored WHERE coalesce($4::text, $5) IS NOT NULL",
    )
    .bind(source)
    .bind(key)
    .bind(title)
    .bind(year)
    .bind(director)
    .execute(db)
    .await
    .unwrap();
}

async fn pass(db: &PgPool) -> MatchedFilms {
    match_films(db, &CancellationToken::new()).await.unwrap()
}

/// The works as sets of `SOURCE/KEY`.
async fn works(db: &PgPool) -> BTreeSet<BTreeSet<String>> {
    let rows: Vec<(i32, String)> =
        sqlx::query_as("SELECT work_id, source || '/' || key FROM film_match")
            .fetch_all(db)
            .await
            .unwrap();
    let mut works: BTreeMap<i32, BTreeSet<String>> = BTreeMap::new();
    for (work, film) in rows {
        works.entry(work).or_default().insert(film);
    }
    works.into_values().collect()
}

fn set(films: &[&str]) -> BTreeSet<String> {
    films.iter().map(|film| (*film).to_owned()).collect()
}

async fn decide_on(db: &PgPool, a: &str, b: &str, verdict: PairVerdict) {
    let actor = cli_actor(Some("they were watched".to_owned()));
    decide(db, &actor, (a, b), verdict).await.unwrap();
}

/// Everything that says which film is of which work, but for times.
async fn state(db: &PgPool) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "SELECT row(film_id, work_id, rule, score, reason, confirmed_film_id)::text FROM film_work ORDER BY film_id",
        "SELECT row(work_id, film_id, merged_into, kind, title)::text FROM work ORDER BY work_id",
        "SELECT row(work_id, territory, title, key)::text FROM work_title ORDER BY 1",
        "SELECT row(work_id, scheme, value)::text FROM work_identifier ORDER BY 1",
        "SELECT row(film_a, film_b, score, reasons)::text FROM film_pair_doubt ORDER BY 1",
    ] {
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(db).await.unwrap();
        all.extend(rows);
    }
    all
}

const DIRECTOR: Option<&str> = Some("Ines Carvalho");

#[tokio::test]
async fn films_of_several_chains_are_one_work_and_others_are_works_by_themselves() {
    let db = world().await;
    for film in [
        (1, "a", "Paper Lanterns", Some(2026), DIRECTOR),
        (2, "b", "IMAX: Paper Lanterns", Some(2026), None),
        (3, "c", "PAPER LANTERNS (Subtitled)", None, DIRECTOR),
        (4, "old", "Paper Lanterns", Some(1974), Some("Ada Ruiz")),
        (5, "bill", "Paper Lanterns + Quiet Harbour", None, None),
        (6, "z", "Quiet Harbour", None, None),
    ] {
        list(&db, film).await;
    }
    let report = pass(&db).await;
    assert_eq!((report.films, report.new, report.moved), (6, 6, 0));
    let expected = BTreeSet::from([
        set(&["chain-1/a", "chain-2/b", "chain-3/c"]),
        set(&["chain-4/old"]),
        set(&["chain-5/bill"]),
        set(&["chain-6/z"]),
    ]);
    assert_eq!(works(&db).await, expected);
    let kind: String = sqlx::query_scalar("SELECT kind FROM film_match WHERE key = 'bill'")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(kind, "programme");
    assert_eq!(pass(&db).await, MatchedFilms::default(), "nothing changed");
}

#[tokio::test]
async fn works_do_not_depend_on_the_order_of_arrival() {
    let films: Vec<Listed<'_>> = vec![
        (1, "a", "Amber Quay", Some(2026), Some("Ada Ruiz")),
        (2, "b", "Amber Quay (3D)", Some(2026), None),
        (3, "c", "Amber Quay", None, Some("Ada Ruiz")),
        (4, "d", "Amber Quay", None, None),
        (5, "e", "Amber Quay", Some(1981), Some("Tom Hale")),
        (6, "f", "AMBER QUAY: Preview", Some(1981), None),
        (7, "g", "Preview: Amber Quay", None, Some("Tom Hale")),
        (1, "h", "Amber Quay 2", Some(2026), Some("Ada Ruiz")),
        (2, "i", "Amber Quay II", Some(2026), None),
    ];
    let mut outcomes = BTreeSet::new();
    for (turn, is_one_by_one) in [(0, false), (3, false), (4, true), (7, true)] {
        let db = world().await;
        let mut films = films.clone();
        films.rotate_left(turn);
        if turn % 2 == 1 {
            films.reverse();
        }
        for film in films {
            list(&db, film).await;
            if is_one_by_one {
                pass(&db).await;
            }
        }
        pass(&db).await;
        outcomes.insert(works(&db).await);
    }
    assert_eq!(outcomes.len(), 1, "{outcomes:#?}");
    let works = outcomes.into_iter().next().unwrap();
    assert!(
        works.contains(&set(&["chain-1/h", "chain-2/i"])),
        "{works:#?}"
    );
}

#[tokio::test]
async fn verdicts_survive_a_thousand_listings() {
    let db = world().await;
    let starts_at = chrono::Utc::now();
    let row = |title: &str| Showtime {
        key: "s".to_owned(),
        film_key: "f".to_owned(),
        film_title: title.to_owned(),
        auditorium_key: None,
        auditorium_name: None,
        starts_at,
        business_on: starts_at.date_naive(),
        seats_total: None,
        sold_out: None,
        attributes: None,
    };
    let scrape = async |source: i32, title: &str, job_id: i64| {
        let by = SeenBy {
            source_id: source,
            job_id,
        };
        store_showtimes(&db, by, source, &[row(title)])
            .await
            .unwrap();
    };
    for source in [1, 2, 3] {
        scrape(source, "Paper Lanterns", 1).await;
    }
    list(&db, (4, "f", "Unlike Anything", None, None)).await;
    pass(&db).await;
    decide_on(&db, "chain-1/f", "chain-4/f", PairVerdict::Same).await;
    decide_on(&db, "chain-2/f", "chain-1/f", PairVerdict::Different).await;
    decide_on(&db, "chain-2/f", "chain-3/f", PairVerdict::Same).await;
    for time in 0..1_000_i64 {
        let source = i32::try_from(time % 3).unwrap() + 1;
        let title = ["Paper Lanterns", "PAPER LANTERNS", "IMAX: Paper Lanterns"]
            [usize::try_from(time % 7 % 3).unwrap()];
        scrape(source, title, 2 + time).await;
        if time % 100 == 99 {
            pass(&db).await;
            let expected = BTreeSet::from([
                set(&["chain-1/f", "chain-4/f"]),
                set(&["chain-2/f", "chain-3/f"]),
            ]);
            assert_eq!(works(&db).await, expected, "after {time} listings");
        }
    }
}

#[tokio::test]
async fn a_merge_marks_ten_thousand_showtimes_and_its_undo_is_exact() {
    let db = world().await;
    list(&db, (1, "a", "Paper Lanterns", Some(2026), None)).await;
    list(&db, (2, "b", "Lanternas de Papel", Some(2026), None)).await;
    list(
        &db,
        (3, "c", "Lanternas de Papel (Dubbed)", Some(2026), None),
    )
    .await;
    sqlx::query(
        "INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        SELECT 2, 1, 1, now(), 2, current_date, n::text FROM generate_series(1, 10000) AS n",
    )
    .execute(&db)
    .await
    .unwrap();
    pass(&db).await;
    let marked = async || -> i64 {
        sqlx::query_scalar(
            "WITH taken AS (DELETE FROM dirty_showtime RETURNING showtime_ids)
            SELECT coalesce(sum(cardinality(showtime_ids)), 0)::bigint FROM taken",
        )
        .fetch_one(&db)
        .await
        .unwrap()
    };
    assert_eq!(
        marked().await,
        20_000,
        "when they were stored, and when their film got its work"
    );
    let before = state(&db).await;
    let run = async || -> Vec<(i32, i64, i32)> {
        sqlx::raw_sql("REFRESH MATERIALIZED VIEW film_run")
            .execute(&db)
            .await
            .unwrap();
        sqlx::query_as("SELECT work_id, showtimes, cinemas FROM film_run ORDER BY work_id")
            .fetch_all(&db)
            .await
            .unwrap()
    };
    assert_eq!(run().await, [(2, 10_000, 1)]);

    decide_on(&db, "chain-1/a", "chain-2/b", PairVerdict::Same).await;
    let report = pass(&db).await;
    assert_eq!((report.new, report.moved), (0, 2));
    assert_eq!(
        works(&db).await,
        BTreeSet::from([set(&["chain-1/a", "chain-2/b", "chain-3/c"])])
    );
    assert_eq!(marked().await, 10_000, "what is added up by work follows");
    assert_eq!(run().await, [(1, 10_000, 1)]);
    let redirects: Vec<(i32, Option<i32>)> =
        sqlx::query_as("SELECT work_id, merged_into FROM work ORDER BY work_id")
            .fetch_all(&db)
            .await
            .unwrap();
    assert_eq!(redirects, [(1, None), (2, Some(1)), (3, Some(1))]);

    decide_on(&db, "chain-2/b", "chain-1/a", PairVerdict::Undecided).await;
    pass(&db).await;
    assert_eq!(marked().await, 10_000);
    assert_eq!(state(&db).await, before);
}

#[tokio::test]
async fn a_recycled_key_leaves_the_work_of_its_old_film() {
    let db = world().await;
    list(&db, (1, "a", "Paper Lanterns", Some(2026), DIRECTOR)).await;
    list(&db, (2, "b", "Paper Lanterns", Some(2026), DIRECTOR)).await;
    list(&db, (3, "c", "Quiet Harbour", Some(2027), Some("Ada Ruiz"))).await;
    pass(&db).await;
    sqlx::raw_sql(
        "UPDATE film SET title = 'Quiet Harbour' WHERE film_id = 1;
        UPDATE film_fact SET year = 2027, directors = '{Ada Ruiz}' WHERE film_id = 1",
    )
    .execute(&db)
    .await
    .unwrap();
    pass(&db).await;
    let expected = BTreeSet::from([set(&["chain-2/b"]), set(&["chain-1/a", "chain-3/c"])]);
    assert_eq!(works(&db).await, expected);
}

#[tokio::test]
async fn a_doubt_waits_until_a_person_answers_it() {
    let db = world().await;
    list(&db, (1, "a", "Crossing", None, None)).await;
    list(&db, (2, "b", "Crossing", Some(2026), None)).await;
    assert_eq!(pass(&db).await.doubts, 1);
    let doubts = work::doubts(&db, 10).await.unwrap();
    assert_eq!(
        (doubts[0].key_a.as_str(), doubts[0].key_b.as_str()),
        ("chain-1/a", "chain-2/b")
    );
    let unreasoned = decide(&db, &cli_actor(None), ("1", "2"), PairVerdict::Different).await;
    assert!(unreasoned.unwrap_err().to_string().contains("--reason"));
    let unknown = decide(&db, &cli_actor(None), ("1", "chain-9/b"), PairVerdict::Same).await;
    assert!(unknown.unwrap_err().to_string().contains("chain-9/b"));

    decide_on(&db, "2", "chain-1/a", PairVerdict::Different).await;
    assert_eq!(pass(&db).await.doubts, 0);
    assert_eq!(work::doubts(&db, 10).await.unwrap(), []);
    let audit: (String, String, String) =
        sqlx::query_as("SELECT action, subject, reason FROM audit")
            .fetch_one(&db)
            .await
            .unwrap();
    let expected = ("film.different", "film/1/2", "they were watched");
    assert_eq!(
        (audit.0.as_str(), audit.1.as_str(), audit.2.as_str()),
        expected
    );
}

/// Five thousand films: a film is compared with few others, and a later change with its own only.
#[tokio::test]
async fn the_work_grows_with_the_films_and_not_with_their_square() {
    let db = world().await;
    // Words of letters alone, as those of titles are.
    sqlx::query(
        "WITH stored AS (
            INSERT INTO film (source_id, discovered_by, key, title)
            SELECT source, 1, n::text,
                translate(md5(n::text || 'x'), '0123456789', 'ghijklmnop') || ' ' || translate(md5(n::text), '0123456789', 'ghijklmnop')
            FROM generate_series(1, 1000) AS n CROSS JOIN generate_series(1, 5) AS source
            RETURNING film_id, key)
        INSERT INTO film_fact (film_id, changed_by, year, runtime_minutes)
        SELECT film_id, 1, 2026, 80 + key::integer % 70 FROM stored",
    )
    .execute(&db)
    .await
    .unwrap();
    let report = pass(&db).await;
    assert_eq!(
        (report.films, report.new),
        (15_000, 5_000),
        "each joins the films of its work that came before it: 1 + 2 + 3 + 4 + 5 a work"
    );
    assert_eq!(works(&db).await.len(), 1_000);
    assert!(report.comparisons <= 6 * 5_000, "{report:?}");
    sqlx::query("UPDATE film_fact SET runtime_minutes = runtime_minutes + 1 WHERE film_id = 7")
        .execute(&db)
        .await
        .unwrap();
    let report = pass(&db).await;
    assert_eq!(report.films, 5, "{report:?}");
    assert!(report.comparisons <= 20, "{report:?}");
}
