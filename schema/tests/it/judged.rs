use chrono::{TimeDelta, Utc};
use schema::{
    baseline::{of_listing, store_listing},
    catalogue::{SeenBy, Showtime, store_showtimes},
    enums::{ErrorClass, Health, Outcome, SeatStatus, SourceState, Yields},
    finish::{Counts, Finished, Labels, Observation, Quarantined, SeenPrices, Snapshot, finish},
    health::{Judged, bound_quarantine, history, store},
    mapping::{MapError, codes, map, recount},
    quarantine::{accept, bodies, of_source},
    queue::Claim,
    seat::{Layout, Tariff, add_seat_code, layout_id, seat_codes, tariff_id},
    source::{set_state, statuses, steps, versions},
};
use serde_json::json;
use uuid::Uuid;

use crate::fixture::{World, finished};

const BY: SeenBy = SeenBy {
    source_id: 1,
    job_id: 42,
};

/// A cinema with two showtimes in auditorium 1, and a seats task for each.
async fn cinema(world: &World) -> Vec<i32> {
    sqlx::query(
        "INSERT INTO cinema (source_id, discovered_by, changed_by, territory, key, name, timezone)
        VALUES (1, 1, 1, 'FR', '1', 'A cinema', 'UTC')",
    )
    .execute(&world.db)
    .await
    .unwrap();
    let starts_at = Utc::now() + TimeDelta::hours(3);
    let showtime = |key: &str| Showtime {
        key: key.to_owned(),
        film_key: "F".to_owned(),
        film_title: "A film".to_owned(),
        auditorium_key: Some("1".to_owned()),
        auditorium_name: None,
        starts_at,
        business_on: starts_at.date_naive(),
        seats_total: None,
        sold_out: None,
        attributes: None,
    };
    let rows = [showtime("a"), showtime("b")];
    let ids = store_showtimes(&world.db, BY, 1, &rows).await.unwrap();
    let mut ids: Vec<i32> = ids.into_values().collect();
    ids.sort_unstable();
    let step = world.step(Yields::Seats).await;
    sqlx::query(
        "INSERT INTO task (step_id, key, subject_id, starts_at)
        SELECT $1, id::text, id, $3 FROM unnest($2::integer[]) AS id",
    )
    .bind(step)
    .bind(&ids)
    .bind(starts_at)
    .execute(&world.db)
    .await
    .unwrap();
    ids
}

async fn layout(world: &World) -> i32 {
    let words = |prefix: &str| ["1", "2", "3"].map(|n| format!("{prefix}{n}")).to_vec();
    let layout = Layout {
        x: vec![Some(0), Some(1), None],
        y: vec![Some(0), Some(0), None],
        seat_key: words("k"),
        row_label: words("r"),
        seat_number: words(""),
        area: words("a"),
        kind: words("s"),
        seat_group: words("g"),
    };
    layout_id(&world.db, BY, Uuid::from_u128(5), &layout)
        .await
        .unwrap()
}

/// Two seats of code 0 and one of code 1, counted as two sold and one unmapped.
fn saw(claim: &Claim, layout_id: i32, codes_version: i32) -> Finished {
    Finished {
        seats: Some(Snapshot {
            showtime_id: claim.subject_id.unwrap(),
            layout_id,
            tariff_id: None,
            state_hash: Uuid::from_u128(1),
            packed: vec![0x00, 0x01],
            counts: Counts {
                sold: 2,
                unmapped: 1,
                ..Counts::default()
            },
            codes_version,
            labels: Labels {
                repeated: 2,
                fields: 3,
            },
            price_median: Some(11.5),
        }),
        ..finished(claim)
    }
}

/// The claims of the two showtimes, in their order.
async fn claims(world: &World) -> Vec<Claim> {
    let tasks = schema::schedule::tasks(&world.db).await.unwrap();
    let step = world.step(Yields::Seats).await;
    let tasks: Vec<_> = tasks
        .into_iter()
        .filter(|task| task.step_id == step)
        .collect();
    world.enqueue(&tasks).await;
    world.claim(10).await
}

async fn counters(world: &World) -> Vec<(i16, i16, i16)> {
    sqlx::query_as("SELECT sold, held, unmapped FROM snapshot ORDER BY showtime_id")
        .fetch_all(&world.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_claim_brings_what_is_known_of_its_showtime_or_else_of_its_auditorium() {
    let world = World::new().await;
    cinema(&world).await;
    let layout_id = layout(&world).await;
    let first = claims(&world).await;
    assert_eq!(first[0].baseline, schema::queue::StoredBaseline::default());
    assert!(first[0].starts_in_seconds.unwrap() > 3_600.0);
    // The second one gives its job back unrun.
    let returned = Finished {
        outcome: Outcome::Returned,
        observed_ago: None,
        ..finished(&first[1])
    };
    finish(
        &world.db,
        world.pod_id,
        &[saw(&first[0], layout_id, 0), returned],
    )
    .await
    .unwrap();
    let second = claims(&world).await;
    let seen = second[0].baseline;
    assert_eq!(
        (seen.seat_count, seen.sold, seen.unmapped),
        (Some(3), Some(2), Some(1))
    );
    assert_eq!(
        (seen.repeated_labels, seen.label_fields),
        (Some(2), Some(3))
    );
    assert_eq!(seen.price_median, Some(11.5));
    let unseen = second[1].baseline;
    assert_eq!((unseen.seat_count, unseen.sold), (Some(3), None));

    for claim in &second {
        let job = Finished {
            outcome: Outcome::Returned,
            observed_ago: None,
            ..finished(claim)
        };
        finish(&world.db, world.pod_id, &[job]).await.unwrap();
    }
    assert_eq!(
        accept(&world.db, "chain", Some("seats")).await.unwrap(),
        ["seats"]
    );
    let third = claims(&world).await;
    assert_eq!(
        third[0].baseline,
        schema::queue::StoredBaseline::default(),
        "it was set aside"
    );
}

/// Invariant 6: mapping a code later corrects the past, and a job that is storing with the
/// old meaning cannot undo it.
#[tokio::test]
async fn a_code_that_is_mapped_later_corrects_the_past_and_what_is_under_way() {
    let world = World::new().await;
    cinema(&world).await;
    let layout_id = layout(&world).await;
    add_seat_code(&world.db, BY, "sold", Some(SeatStatus::Sold))
        .await
        .unwrap();
    add_seat_code(&world.db, BY, "odd", None).await.unwrap();
    let claims = claims(&world).await;
    let version = seat_codes(&world.db, 1).await.unwrap().version;
    let (first, second) = (
        saw(&claims[0], layout_id, version),
        saw(&claims[1], layout_id, version),
    );
    finish(&world.db, world.pod_id, &[first]).await.unwrap();

    let unknown = map(&world.db, "chain", &[("even".to_owned(), SeatStatus::Held)]).await;
    assert!(matches!(unknown, Err(MapError::NoCode { .. })));
    let held = [("odd".to_owned(), SeatStatus::Held)];
    let mapped = map(&world.db, "chain", &held).await.unwrap();
    assert_eq!(mapped.changed, 1);
    // Counted before, stored after.
    finish(&world.db, world.pod_id, &[second]).await.unwrap();
    assert_eq!(counters(&world).await, [(2, 0, 1), (2, 1, 0)]);

    let mut message = 0;
    let done = recount(&world.db, mapped.source_id, |_| message += 1)
        .await
        .unwrap();
    assert_eq!((done.showtimes, done.snapshots, message), (2, 1, 1));
    assert_eq!(counters(&world).await, [(2, 1, 0), (2, 1, 0)]);
    let again = recount(&world.db, mapped.source_id, |_| {}).await.unwrap();
    assert_eq!(again.snapshots, 0);
    let latest: Vec<i16> = sqlx::query_scalar("SELECT unmapped FROM showtime_latest")
        .fetch_all(&world.db)
        .await
        .unwrap();
    assert_eq!(latest, [0, 0]);
    let listed = codes(&world.db, "chain").await.unwrap();
    let listed: Vec<_> = listed
        .iter()
        .map(|code| (code.code.as_str(), code.status, code.seats))
        .collect();
    assert_eq!(
        listed,
        [
            ("sold", Some(SeatStatus::Sold), 4),
            ("odd", Some(SeatStatus::Held), 2)
        ]
    );
}

#[tokio::test]
async fn prices_alone_and_observations_are_stored_with_their_job() {
    let world = World::new().await;
    let claim = &world.claimed(1).await[0];
    let tariff = Tariff {
        currency: "EUR".to_owned(),
        ticket: vec!["adult".to_owned()],
        area: vec![String::new()],
        amount: vec!["11.50".to_owned()],
        amount_max: vec![Some("14".to_owned())],
        fee: vec![None],
        tax_included: vec![Some(true)],
    };
    let tariff_id = tariff_id(&world.db, BY, Uuid::from_u128(7), &tariff)
        .await
        .unwrap();
    let job = Finished {
        prices: Some(SeenPrices {
            showtime_id: 901,
            tariff_id,
            median: Some(11.5),
        }),
        observations: vec![Observation {
            value: 21.5,
            at: None,
            subject: "cinema 1".to_owned(),
            metric: "temperature_celsius".to_owned(),
            properties: json!({ "station": 7 }),
        }],
        ..finished(claim)
    };
    finish(&world.db, world.pod_id, &[job]).await.unwrap();
    let price: (String, bool, i64) = sqlx::query_as(
        "SELECT amount_max::text, tax_included, job_id FROM ticket_price WHERE showtime_id = 901",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert_eq!(price, ("14".to_owned(), true, claim.job_id));
    let seen: (f64, bool, String) = sqlx::query_as(
        "SELECT value, at = observed_at, properties->>'station' FROM observation WHERE source_id = 1",
    )
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert_eq!(seen, (21.5, true, "7".to_owned()));
    assert_eq!(world.count("snapshot").await, 0);
    assert_eq!(world.count("observation_default").await, 0);
}

#[tokio::test]
async fn a_listing_is_known_to_the_next_look_of_its_task_only() {
    let world = World::new().await;
    let ids = cinema(&world).await;
    let step = world.step(Yields::Showtimes).await;
    let task_id: i64 = sqlx::query_scalar(
        "INSERT INTO task (step_id, key, subject_id) VALUES ($1, '1', 1) RETURNING task_id",
    )
    .bind(step)
    .fetch_one(&world.db)
    .await
    .unwrap();
    let fields = ["city".to_owned()];
    store_listing(&world.db, task_id, 7, &ids, &fields, None, true)
        .await
        .unwrap();
    let known = of_listing(&world.db, task_id).await.unwrap();
    let mut keys: Vec<_> = known.showtimes.iter().map(|row| row.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!((keys, known.fields), (vec!["a", "b"], fields.to_vec()));
    assert!(known.cinemas.is_empty());
    let other = of_listing(&world.db, task_id + 1).await.unwrap();
    assert!(other.showtimes.is_empty());

    accept(&world.db, "chain", Some("showtimes")).await.unwrap();
    let known = of_listing(&world.db, task_id).await.unwrap();
    assert!(known.showtimes.is_empty(), "it was set aside");
}

#[tokio::test]
async fn an_answer_in_quarantine_is_kept_within_bounds() {
    let world = World::new().await;
    let claims = world.claimed(3).await;
    for claim in &claims {
        let job = Finished {
            outcome: Outcome::Failed,
            error_class: Some(ErrorClass::Unexpected),
            error: Some("it cannot be true".to_owned()),
            quarantined: Some(Quarantined {
                body_bytes: 100,
                content_type: Some("text/html".to_owned()),
                body: vec![1, 2, 3],
            }),
            ..finished(claim)
        };
        finish(&world.db, world.pod_id, &[job]).await.unwrap();
    }
    assert_eq!(bound_quarantine(&world.db, 2).await.unwrap(), 1);
    let held = of_source(&world.db, "chain").await.unwrap();
    let jobs: Vec<i64> = held.iter().map(|answer| answer.job_id).collect();
    assert_eq!(jobs, [claims[2].job_id, claims[1].job_id]);
    assert_eq!(held[0].reason, "it cannot be true");
    let one = bodies(&world.db, "chain", Some(jobs[0]), 5).await.unwrap();
    assert_eq!(
        (one.len(), one[0].body.as_slice()),
        (1, [1, 2, 3].as_slice())
    );
    sqlx::query("UPDATE quarantine SET at = at - interval '8 days'")
        .execute(&world.db)
        .await
        .unwrap();
    assert_eq!(bound_quarantine(&world.db, 2).await.unwrap(), 2);
}

#[tokio::test]
async fn a_source_is_as_healthy_as_the_worst_of_its_steps() {
    let world = World::new().await;
    let judge = async |yields, health, reason: Option<&str>| {
        let judged = Judged {
            step_id: world.step(yields).await,
            job_id: 7,
            health,
            reason: reason.map(str::to_owned),
        };
        store(&world.db, world.term, &judged).await.unwrap();
        let all = statuses(&world.db).await.unwrap();
        (
            all[0].health.clone(),
            all[0].health_reason.clone().unwrap_or_default(),
        )
    };
    let message = |health: &str, reason: &str| (health.to_owned(), reason.to_owned());
    let fell = judge(Yields::Seats, Health::Quarantined, Some("no seats")).await;
    assert_eq!(fell, message("quarantined", "seats: no seats"));
    let also = judge(Yields::Showtimes, Health::Degraded, Some("odd")).await;
    assert_eq!(also, message("quarantined", "seats: no seats"));
    assert_eq!(accept(&world.db, "chain", None).await.unwrap(), ["seats"]);
    let all = steps(&world.db, "chain").await.unwrap();
    let healths: Vec<_> = all.iter().map(|step| step.health).collect();
    assert_eq!(
        healths,
        [Health::Healthy, Health::Degraded, Health::Healthy]
    );
    let rose = judge(Yields::Showtimes, Health::Healthy, None).await;
    assert_eq!(rose, message("healthy", ""));
    set_state(&world.db, "chain", SourceState::Paused, Some("rest"))
        .await
        .unwrap();
    let message: Vec<(Option<String>, String)> = history(&world.db, "chain", 4)
        .await
        .unwrap()
        .into_iter()
        .map(|change| (change.step, change.new_state))
        .collect();
    let step = |name: &str, state: &str| (Some(name.to_owned()), state.to_owned());
    assert_eq!(
        message,
        [
            (None, "paused".to_owned()),
            step("showtimes", "healthy"),
            step("seats", "healthy"),
            step("showtimes", "degraded"),
        ]
    );
    assert_eq!(versions(&world.db, "chain").await.unwrap().len(), 1);
}
