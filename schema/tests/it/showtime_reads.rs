//! The reads of the pages and the API of showtimes, cinemas and films.

use chrono::{DateTime, TimeDelta, Utc};
use schema::reading::{
    cinemas::{self, CinemaFilter},
    films::{self, FilmFilter},
    seats::{codes, codes_of, layouts, looks, snapshots},
    showtimes::{ShowtimeFilter, clock, list, showtime},
    totals::{Subject, days, week},
};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::fixture::World;

/// The filter that all showtimes of the last and the next month meet.
async fn everything(db: &mut PgConnection) -> ShowtimeFilter {
    let now = clock(db).await.unwrap();
    ShowtimeFilter {
        from_at: now - TimeDelta::days(30),
        until_at: now + TimeDelta::days(30),
        source: None,
        cinema_id: None,
        film_id: None,
        business_on: None,
        film: None,
        cinema: None,
    }
}

#[tokio::test]
async fn the_pages_of_showtimes_are_all_of_them_once_in_order() {
    let world = World::new().await;
    // All seven start at the same time, so only their numbers tell them apart.
    world.showtimes(7, 1).await;
    let mut db = world.db.acquire().await.unwrap();
    let filter = everything(&mut db).await;
    let mut seen = Vec::new();
    let mut after: Option<(DateTime<Utc>, i32)> = None;
    loop {
        let page = list(&mut db, &filter, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.starts_at, last.showtime_id));
        seen.extend(page.iter().map(|row| row.showtime_id));
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn each_filter_leaves_out_what_does_not_meet_it() {
    let world = World::new().await;
    world.showtimes(2, 1).await;
    let mut db = world.db.acquire().await.unwrap();
    let all = everything(&mut db).await;
    let count = async |db: &mut PgConnection, filter: ShowtimeFilter| {
        list(db, &filter, None, 10).await.unwrap().len()
    };
    let with = |change: fn(&mut ShowtimeFilter)| {
        let mut filter = all.clone();
        change(&mut filter);
        filter
    };
    let text = |text: &str| Some(text.to_owned());
    let named = |source, film, cinema| ShowtimeFilter {
        source,
        film,
        cinema,
        ..all.clone()
    };
    assert_eq!(
        count(&mut db, named(text("chain"), text("FILM"), text("cine"))).await,
        2
    );
    assert_eq!(count(&mut db, named(text("other"), None, None)).await, 0);
    assert_eq!(count(&mut db, named(None, text("%"), None)).await, 0);
    assert_eq!(count(&mut db, named(None, None, text("theatre"))).await, 0);
    assert_eq!(
        count(&mut db, with(|filter| filter.cinema_id = Some(2))).await,
        0
    );
    assert_eq!(
        count(&mut db, with(|filter| filter.film_id = Some(1))).await,
        2
    );
    assert_eq!(
        count(&mut db, with(|filter| filter.until_at = filter.from_at)).await,
        0
    );
}

/// Another source lists the film under another title, in another form.
#[tokio::test]
async fn a_title_finds_the_showtimes_of_its_work_and_a_film_runs_with_it() {
    let world = World::new().await;
    world.showtimes(2, 1).await;
    sqlx::raw_sql(
        "INSERT INTO film (source_id, discovered_by, key, title) VALUES (1, 1, 'k', 'Kollision');
        UPDATE showtime SET film_id = (SELECT film_id FROM film WHERE key = 'k') WHERE showtime_id = 2;
        INSERT INTO work (film_id, title, kind) SELECT film_id, 'A film', 'feature' FROM film ORDER BY film_id;
        INSERT INTO film_work (film_id, work_id, rule, reason) SELECT film_id, 1, 'person', 'x' FROM film;
        INSERT INTO work_title (work_id, title, key) VALUES (1, 'A film', 'film'), (1, 'Kollision', 'kollision');
        REFRESH MATERIALIZED VIEW film_run",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let mut db = world.db.acquire().await.unwrap();
    let all = everything(&mut db).await;
    for (title, expected) in [("KOLLI", 2), ("a film", 2), ("tide", 0)] {
        let filter = ShowtimeFilter {
            film: Some(title.to_owned()),
            ..all.clone()
        };
        let found = list(&mut db, &filter, None, 10).await.unwrap();
        assert_eq!(found.len(), expected, "{title}");
    }
    let runs = films::runs(&mut db, 2).await.unwrap();
    assert_eq!((runs.len(), runs[0].showtimes), (1, 2), "of both films");
    assert_eq!(films::runs(&mut db, 9).await.unwrap(), []);
}

#[tokio::test]
async fn the_states_of_a_sale_are_read_in_order_with_their_layout_and_codes() {
    let world = World::new().await;
    world.showtimes(2, 1).await;
    world.codes().await;
    world.layout(3).await;
    world.snapshot(1, 90, 3, &[0x10, 0x00]).await;
    world.snapshot(1, 30, 3, &[0x11, 0x02]).await;
    world.snapshot(2, 60, 3, &[0x00, 0x00]).await;
    let mut db = world.db.acquire().await.unwrap();
    let of = showtime(&mut db, 1).await.unwrap().unwrap();
    assert_eq!((of.film.as_str(), of.status.as_str()), ("A film", "over"));
    let states = snapshots(&mut db, 1).await.unwrap();
    assert_eq!(
        states.iter().map(|one| one.job_id).collect::<Vec<_>>(),
        [90, 30]
    );
    assert_eq!(codes_of(&states[1].packed, 3), [1, 1, 2]);
    assert_eq!(
        (states[1].sold, states[1].held, states[1].available),
        (2, 1, 0)
    );
    let layout = layouts(&mut db, &[states[0].layout_id]).await.unwrap();
    assert_eq!(layout[0].len(), 3);
    assert_eq!(codes(&mut db, of.source_id).await.unwrap().len(), 4);
    assert!(showtime(&mut db, 99).await.unwrap().is_none());
}

#[tokio::test]
async fn the_looks_of_a_showtime_are_its_own_in_order() {
    let world = World::new().await;
    world.showtimes(2, 1).await;
    sqlx::raw_sql(
        "INSERT INTO task (step_id, key, subject_id) VALUES (3, 'one', 1), (3, 'two', 2);
        INSERT INTO job (job_id, task_id, enqueued_at, claimed_at, observed_at, finished_at, pod_id,
            definition_id, step_id, outcome, error_class, attempt, changed)
        SELECT n, task_id, now(), now(), now() + make_interval(mins => n), now() + make_interval(mins => n), 1,
            1, 3, CASE n WHEN 3 THEN 'failed' ELSE 'succeeded' END::job_outcome,
            CASE n WHEN 3 THEN 'timeout' END::error_class, 1, n = 1
        FROM task, generate_series(1, 4) AS n
        WHERE subject_id = CASE n WHEN 4 THEN 2 ELSE 1 END",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let mut db = world.db.acquire().await.unwrap();
    let of = showtime(&mut db, 1).await.unwrap().unwrap();
    let seen = looks(&mut db, &of).await.unwrap();
    let seen: Vec<_> = seen
        .iter()
        .map(|look| (look.job_id, look.changed))
        .collect();
    assert_eq!(seen, [(1, true), (2, false)]);
}

#[tokio::test]
async fn a_cinema_and_a_film_have_their_days_and_their_week() {
    let world = World::new().await;
    world.showtimes(1, 1).await;
    world.codes().await;
    world.layout(4).await;
    world.snapshot(1, 90, 4, &[0x11, 0x00]).await;
    for sql in [
        "INSERT INTO rollup.film_day (film_id, business_on, currency, showtimes, cancelled, exact, seats, admissions)
        VALUES (1, current_date, 'EUR', 1, 0, 1, 4, 2)",
        "INSERT INTO rollup.cinema_day (cinema_id, business_on, currency, showtimes, cancelled, exact, seats, admissions)
        VALUES (1, current_date, 'EUR', 1, 0, 1, 4, 3)",
        "INSERT INTO showtime_latest (observed_at, job_id, showtime_id, layout_id, seat_count, sold, state_hash)
        VALUES (now(), 1, 1, 4, 4, 2, gen_random_uuid())",
        "INSERT INTO showtime_fact (showtime_id, starts_local, weekday)
        SELECT showtime_id, '2026-12-05 20:15', 6 FROM showtime
        ON CONFLICT (showtime_id) DO UPDATE SET starts_local = excluded.starts_local, weekday = excluded.weekday",
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(&world.db).await.unwrap();
    }
    let mut db = world.db.acquire().await.unwrap();
    let now = clock(&mut db).await.unwrap();
    let from_on = now.date_naive() - TimeDelta::days(30);
    for (of, admissions) in [(Subject::Film(1), 2), (Subject::Cinema(1), 3)] {
        let found = days(&mut db, of, from_on).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].admissions, found[0].seats), (admissions, 4));
        let found = week(&mut db, of, now - TimeDelta::days(28), now)
            .await
            .unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].weekday, found[0].hour), (6, 20));
        assert_eq!((found[0].sold, found[0].seats), (2, 4));
    }
    let nothing = days(&mut db, Subject::Film(2), from_on).await.unwrap();
    assert_eq!(nothing, []);
}

#[tokio::test]
async fn a_dropped_rollup_leaves_the_days_of_a_film_empty() {
    let world = World::new().await;
    let mut db = world.db.acquire().await.unwrap();
    sqlx::raw_sql("DROP TABLE rollup.film_day CASCADE")
        .execute(&mut *db)
        .await
        .unwrap();
    let from_on = DateTime::UNIX_EPOCH.date_naive();
    assert_eq!(days(&mut db, Subject::Film(1), from_on).await.unwrap(), []);
}

#[tokio::test]
async fn cinemas_and_films_are_listed_by_name_in_pages() {
    let world = World::new().await;
    sqlx::raw_sql(
        "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone, city)
        SELECT 1, 1, 1, CASE n WHEN 3 THEN 'DE' ELSE 'FR' END, n::text, 'Palace', 'UTC', 'Town ' || n
        FROM generate_series(1, 3) AS n;
        INSERT INTO film (source_id, discovered_by, key, title)
        SELECT 1, 1, n::text, 'Film ' || n FROM generate_series(1, 3) AS n;
        INSERT INTO showtime (cinema_id, discovered_by, changed_by, starts_at, film_id, business_on, key)
        VALUES (2, 1, 1, now() + interval '2 hours', 2, current_date, '1')",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let mut db = world.db.acquire().await.unwrap();
    let all = CinemaFilter::default();
    let first = cinemas::list(&mut db, &all, None, 2).await.unwrap();
    assert_eq!(
        first.iter().map(|row| row.showtimes).collect::<Vec<_>>(),
        [0, 1]
    );
    let rest = cinemas::list(&mut db, &all, Some(("Palace", 2)), 2)
        .await
        .unwrap();
    assert_eq!(
        rest.iter().map(|row| row.cinema_id).collect::<Vec<_>>(),
        [3]
    );
    let german = CinemaFilter {
        territory: Some("DE".to_owned()),
        name: Some("town 3".to_owned()),
        ..CinemaFilter::default()
    };
    assert_eq!(
        cinemas::list(&mut db, &german, None, 9)
            .await
            .unwrap()
            .len(),
        1
    );
    let all = FilmFilter::default();
    let rest = films::list(&mut db, &all, Some(("Film 1", 1)), 9)
        .await
        .unwrap();
    let rest: Vec<_> = rest
        .iter()
        .map(|row| (row.film_id, row.showtimes))
        .collect();
    assert_eq!(rest, [(2, 1), (3, 0)]);
}
