//! Sums of experiments.

use schema::{
    events::{
        experiment::{self, ExperimentMetric, NewExperiment, judged},
        identity,
    },
    reading::experiments,
};

use sqlx::PgConnection;

use super::{DAY, Events};

/// Days ago of exposures and purchases of users, and what they show.
const EXPERIMENT: &str = "
    INSERT INTO event (received_at, occurred_at, message_key, user_id, name_id, place_id, flags, properties)
    SELECT now() - ago, now() - ago, gen_random_uuid(), user_id, name_id, $1, flags, properties::jsonb
    FROM (VALUES
        -- Control: 1 buys twice after the exposure and once before, 2 does nothing.
        (interval '20 days', 1, 'shown', 0, '{\"layout\":\"old\"}'),
        (interval '19 days', 1, 'bought', 0, '{\"amount\":10}'),
        (interval '18 days', 1, 'bought', 0, '{\"amount\":5}'),
        (interval '22 days', 1, 'bought', 0, '{\"amount\":7}'),
        (interval '20 days', 2, 'shown', 0, '{\"layout\":\"old\"}'),
        -- New: 3 buys in the window, and once after it; a price that is no number counts 0.
        (interval '20 days', 3, 'shown', 0, '{\"layout\":\"new\"}'),
        (interval '15 days', 3, 'bought', 0, '{\"amount\":30}'),
        (interval '15 days', 3, 'bought', 0, '{\"amount\":\"much\"}'),
        (interval '12 days', 3, 'bought', 0, '{\"amount\":99}'),
        -- 4 saw both, 5 is a bot, 6 has an open window, 7 saw what is no variation.
        (interval '20 days', 4, 'shown', 0, '{\"layout\":\"old\"}'),
        (interval '19 days', 4, 'shown', 0, '{\"layout\":\"new\"}'),
        (interval '20 days', 5, 'shown', 1, '{\"layout\":\"new\"}'),
        (interval '2 days', 6, 'shown', 0, '{\"layout\":\"new\"}'),
        (interval '20 days', 7, 'shown', 0, '{\"layout\":\"other\"}')
    ) AS one (ago, user_id, name, flags, properties)
    INNER JOIN event_name ON event_name.received = one.name";

#[tokio::test]
async fn an_experiment_counts_first_exposures_with_complete_windows() {
    let events = Events::new().await;
    let mut connection = events.db.acquire().await.unwrap();
    let names = ["shown", "bought"].map(str::to_owned);
    identity::resolve_names(&mut connection, events.client_id, &names)
        .await
        .unwrap();
    let new = NewExperiment {
        client_id: events.client_id,
        name: "seat-map",
        exposure_event: "shown",
        property: "layout",
        variations: &["old".to_owned(), "new".to_owned()],
        weights: &[3.0, 1.0],
        began_ago: 30 * DAY,
        conversion_window: 7 * DAY,
        covariate_window: 14 * DAY,
    };
    let metric = |metric_id, kind: &str, property: Option<&str>| ExperimentMetric {
        metric_id,
        name: kind.to_owned(),
        kind: kind.to_owned(),
        goal: "increase".to_owned(),
        event: "bought".to_owned(),
        property: property.map(str::to_owned),
    };
    let metrics = [
        metric(1, "share", None),
        metric(2, "count", None),
        metric(3, "sum", Some("amount")),
    ];
    let id = experiment::create(&mut connection, &new, &metrics)
        .await
        .unwrap()
        .unwrap();
    sqlx::query(EXPERIMENT)
        .bind(events.place_id)
        .execute(&mut *connection)
        .await
        .unwrap();
    assert_eq!(experiment::due(&mut *connection).await.unwrap(), [id]);
    experiment::compute(&mut *connection, id).await.unwrap();

    let known = experiments::one(&mut connection, "seat-map").await.unwrap();
    let sums = known.unwrap().sums;
    let rows: Vec<_> = sums
        .iter()
        .map(|one| {
            (
                one.metric_id,
                one.variation,
                one.users,
                one.total,
                one.squares,
                one.before_total,
                one.products,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (0, 0, 1, 0.0, 0.0, 0.0, 0.0),
            (0, 1, 2, 0.0, 0.0, 0.0, 0.0),
            (0, 2, 2, 0.0, 0.0, 0.0, 0.0),
            (1, 1, 2, 1.0, 1.0, 1.0, 1.0),
            (1, 2, 1, 1.0, 1.0, 0.0, 0.0),
            (2, 1, 2, 2.0, 4.0, 1.0, 2.0),
            (2, 2, 1, 2.0, 4.0, 0.0, 0.0),
            (3, 1, 2, 15.0, 225.0, 7.0, 105.0),
            (3, 2, 1, 30.0, 900.0, 0.0, 0.0),
        ]
    );
    // Later sums of a day take the place of earlier ones; those of other days stay.
    sqlx::query("UPDATE experiment_result SET computed_at = computed_at - interval '1 day'")
        .execute(&mut *connection)
        .await
        .unwrap();
    for _ in 0..2 {
        experiment::compute(&mut *connection, id).await.unwrap();
    }
    let rows = "SELECT count(*) FROM experiment_result";
    assert_eq!(events.count(rows).await, 2 * 9);

    let all = experiments::list(&mut connection, Some("app"), None, 10)
        .await
        .unwrap();
    let known = &all[0];
    assert!(known.experiment.has_open_windows);
    assert_eq!(known.sums.len(), 9, "the newest only");
    let input = judged(&known.experiment, &known.metrics, &known.sums);
    assert_eq!((input.users, input.multiple_exposures), (vec![2, 2], 1));
    assert_eq!(input.weights, [0.75, 0.25]);
    let before = input.metrics[2].sums[0].covariate.map(|one| one.sum);
    assert_eq!(before, Some(7.0));
    ends(&mut connection).await;
}

/// Ended, it is still computed until the last window is over.
async fn ends(connection: &mut PgConnection) {
    assert!(experiment::end(&mut *connection, "seat-map").await.unwrap());
    let behind = experiments::list(connection, None, Some("seat-map"), 10).await;
    assert_eq!(behind.unwrap(), []);
    let ended = experiments::one(connection, "seat-map").await.unwrap();
    let ended = ended.unwrap().experiment;
    assert!(
        ended.ends_at.is_some() && ended.has_open_windows,
        "for a week"
    );
}
