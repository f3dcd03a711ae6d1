//! Users of events: their numbers, and how many were active, came back, took steps.

use schema::events::identity::{self, ExternalUser};

use super::Events;

#[tokio::test]
async fn users_get_one_number_each_however_often_they_are_asked_for() {
    let events = Events::new().await;
    let user = |id: &str, is_anonymous| ExternalUser {
        id: id.to_owned(),
        is_anonymous,
    };
    let all = [
        user("a", false),
        user("a", true),
        user("b", false),
        user("a", false),
    ];
    let mut connection = events.db.acquire().await.unwrap();
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let mut found = identity::resolve_users(&mut connection, events.client_id, &all)
            .await
            .unwrap();
        found.sort();
        numbers.push(found);
    }
    assert_eq!(numbers[0].len(), 3);
    assert_eq!(numbers[0], numbers[1]);
}

#[tokio::test]
async fn active_users_equal_a_count_of_distinct_users() {
    let events = Events::new().await;
    // Days of users without a pattern: user u on day d where (u * 7 + d * d) divides by u % 5 + 2.
    sqlx::query(
        "INSERT INTO user_day (day, user_id, client_id, place_id)
        SELECT date '2026-03-01' + d, u, $1, $2
        FROM generate_series(1, 60) AS u, generate_series(0, 69) AS d
        WHERE (u * 7 + d * d) % (u % 5 + 2) = 0",
    )
    .bind(events.client_id)
    .bind(events.place_id)
    .execute(&events.db)
    .await
    .unwrap();
    for days in [1, 7, 28] {
        let differing: i64 = sqlx::query_scalar(
            "SELECT count(*)
            FROM active_users('app', '2026-04-01', '2026-05-09', $1) AS found
            FULL JOIN (
                SELECT day::date AS day, (
                    SELECT count(DISTINCT user_id) FROM user_day
                    WHERE user_day.day > one.day::date - $1 AND user_day.day <= one.day::date) AS users
                FROM generate_series(timestamp '2026-04-01', '2026-05-09', '1 day') AS one (day)
            ) AS counted ON counted.day = found.day
            WHERE found.users IS DISTINCT FROM counted.users",
        )
        .bind(days)
        .fetch_one(&events.db)
        .await
        .unwrap();
        assert_eq!(differing, 0, "{days} days");
    }
}

#[tokio::test]
async fn retention_knows_the_first_day_of_all_days_and_leaves_open_what_is_not_over() {
    let events = Events::new().await;
    // User 1 began before the span; 2 and 3 begin on its first day, and 3 comes back.
    sqlx::query(
        "INSERT INTO user_day (day, user_id, client_id, place_id)
        SELECT today - ago, user_id, $1, $2
        FROM (VALUES (9, 1), (5, 1), (5, 2), (5, 3), (4, 3), (0, 3)) AS one (ago, user_id)
        CROSS JOIN (SELECT (now() AT TIME ZONE 'Europe/Paris')::date AS today) AS clock",
    )
    .bind(events.client_id)
    .bind(events.place_id)
    .execute(&events.db)
    .await
    .unwrap();
    let rows: Vec<(i32, i64, Option<i64>)> = sqlx::query_as(
        "SELECT after, cohort_users, users
        FROM (SELECT (now() AT TIME ZONE 'Europe/Paris')::date AS today) AS clock,
            retention('app', today - 5, today)",
    )
    .fetch_all(&events.db)
    .await
    .unwrap();
    assert_eq!(
        rows,
        [
            (0, 2, Some(2)),
            (1, 2, Some(1)),
            (2, 2, Some(0)),
            (3, 2, Some(0)),
            (4, 2, Some(0)),
            (5, 2, None)
        ]
    );
}

#[tokio::test]
async fn retention_is_what_counting_each_cohort_gives() {
    let events = Events::new().await;
    // Three hundred users on a fifth of fifty days; weeks begin on Wednesday.
    sqlx::raw_sql(
        "UPDATE event_client SET week_start = 3;
        INSERT INTO event_place (country) VALUES ('XA'), ('XB');
        INSERT INTO user_day (day, user_id, client_id, place_id)
        SELECT current_date - ago, user_id, event_client.client_id, event_place.place_id
        FROM generate_series(0, 49) AS ago
        CROSS JOIN generate_series(1, 300) AS user_id
        CROSS JOIN event_client
        INNER JOIN event_place
            ON event_place.country = CASE WHEN hashint4(user_id * 7 + ago) % 3 = 0 THEN 'XA' ELSE 'XB' END
        WHERE event_client.name = 'app' AND hashint4(user_id * 100 + ago) % 5 = 0",
    )
    .execute(&events.db)
    .await
    .unwrap();
    for (unit, country) in [
        ("day", None),
        ("week", None),
        ("day", Some("XA")),
        ("week", Some("XA")),
    ] {
        let (cells, differing): (i64, i64) = sqlx::query_as(
            "WITH visit AS (
                SELECT
                    user_id, day,
                    CASE $1 WHEN 'day' THEN day ELSE date_trunc('week', day - 2)::date + 2 END AS begun_on
                FROM user_day INNER JOIN event_place USING (place_id)
                WHERE client_id = $3 AND ($2::text IS NULL OR country = $2)
            ),
            person AS (
                SELECT user_id, min(begun_on) AS cohort_on
                FROM visit GROUP BY user_id
                HAVING min(day) BETWEEN current_date - 40 AND current_date - 3
            )
            SELECT count(*), count(*) FILTER (WHERE found.users IS DISTINCT FROM (
                SELECT count(DISTINCT user_id)
                FROM person INNER JOIN visit USING (user_id)
                WHERE person.cohort_on = found.cohort_on
                    AND visit.begun_on = found.cohort_on + found.after * CASE $1 WHEN 'day' THEN 1 ELSE 7 END)
                OR found.cohort_users <> (SELECT count(*) FROM person WHERE person.cohort_on = found.cohort_on))
            FROM retention('app', current_date - 40, current_date - 3, $1, $2) AS found
            WHERE found.users IS NOT NULL",
        )
        .bind(unit)
        .bind(country)
        .bind(events.client_id)
        .fetch_one(&events.db)
        .await
        .unwrap();
        assert_eq!(differing, 0, "of {cells} cells by {unit} in {country:?}");
        assert!(cells > 10, "only {cells} cells by {unit} in {country:?}");
    }
}

#[tokio::test]
async fn a_funnel_follows_the_order_of_steps_and_begins_again() {
    let events = Events::new().await;
    let depth = |times: &'static [i32], names: &'static [&'static str]| {
        let db = events.db.clone();
        async move {
            sqlx::query_scalar::<_, i32>(
                "SELECT funnel_depth(
                    ARRAY(SELECT timestamptz '2026-01-01' + make_interval(mins => m) FROM unnest($1) AS m),
                    $2, '{open,seats,buy}', '1 hour')",
            )
            .bind(times)
            .bind(names)
            .fetch_one(&db)
            .await
            .unwrap()
        }
    };
    assert_eq!(depth(&[0, 5, 9], &["open", "seats", "buy"]).await, 3);
    assert_eq!(depth(&[0, 5, 9], &["seats", "open", "buy"]).await, 1);
    assert_eq!(depth(&[0, 5, 70], &["open", "seats", "buy"]).await, 2);
    // Begun again within the hour of the purchase.
    assert_eq!(
        depth(&[0, 40, 50, 70], &["open", "open", "seats", "buy"]).await,
        3
    );
    assert_eq!(depth(&[], &[]).await, 0);
}
