//! Apps send events while receivers are killed and the database goes away.

use std::{collections::HashSet, fs};

use tests::harness::{
    error::HarnessError,
    fleet::{Fleet, FleetOptions},
    process::Start,
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

/// Sessions of the apps; they have three to four events each.
const SESSIONS: u32 = 2_000;

/// Invariant 1 for events: what is acknowledged is stored, once.
#[test]
fn no_acknowledged_event_is_lost_or_doubled_though_receivers_and_the_database_are_killed() {
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions {
            chains: None,
            pods: 0,
            ..FleetOptions::default()
        })
        .await?;
        fleet.operate(&["event", "client", "app", "--time-zone", "Europe/Paris"])?;
        let key = fleet.operate(&["event", "key", "create", "app", "--name", "apps"])?;
        let mut apps = Start::new("simulated-chains", "apps")
            .args(["apps", "--rate=1000", "--people=300"])
            .args([format!("--sessions={SESSIONS}")])
            .env("FULLHOUSE_EVENT_KEY", key.trim());
        let witness = fleet.directory().join("witness");
        apps = apps.args([format!("--witness={}", witness.display())]);
        for _ in 0..2 {
            let number = fleet.add_receiver()?;
            apps = apps.args([format!("--to={}", fleet.receiver_address(number)?)]);
        }
        let mut apps = apps.spawn(fleet.directory())?;

        wait_for_events(&fleet, 300).await?;
        for number in [0, 1] {
            fleet.receiver(number)?.kill()?;
            wait_for_events(&fleet, 200).await?;
            fleet.restart_receiver(number)?;
            wait_for_events(&fleet, 200).await?;
        }
        fleet.server()?.restart().await?;
        wait_for_events(&fleet, 300).await?;
        fleet.server()?.kill().await?;
        // A receiver dies while it cannot store.
        fleet.receiver(0)?.kill()?;
        fleet.restart_receiver(0)?;
        fleet.server()?.start().await?;
        wait_for_events(&fleet, 300).await?;
        let ended = wait_until("the apps", PATIENCE, async || {
            Ok((!apps.is_running()).then_some(()))
        });
        ended.await?;

        let acknowledged: HashSet<String> = fs::read_to_string(&witness)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        let stored: Vec<String> = sqlx::query_scalar("SELECT message_id::text FROM event_record")
            .fetch_all(fleet.db())
            .await?;
        let distinct: HashSet<String> = stored.iter().cloned().collect();
        assert_eq!(stored.len(), distinct.len(), "doubled");
        // The apps send until all is acknowledged, so both are the same.
        assert_eq!(distinct, acknowledged);
        let counted = "SELECT sum(events)::bigint FROM event_hour";
        let stored_count = i64::try_from(stored.len()).unwrap();
        assert_eq!(fleet.number(counted).await?, stored_count);
        let differing = "SELECT count(*) FROM (
            SELECT DISTINCT user_id, (occurred_at AT TIME ZONE 'Europe/Paris')::date AS day
            FROM event WHERE user_id <> 0
            EXCEPT SELECT user_id, day FROM user_day) AS missing";
        assert_eq!(fleet.number(differing).await?, 0);
        let intake = "SELECT sum(accepted)::bigint FROM event_key_intake";
        assert_eq!(fleet.number(intake).await?, stored_count);
        let duplicates = "SELECT sum(duplicates)::bigint FROM event_key_intake";
        assert!(fleet.number(duplicates).await? > 0);
        let rejected = "SELECT count(*) FROM event_reject WHERE pointer LIKE '%user_id'";
        assert!(fleet.number(rejected).await? > 0);

        fleet
            .end(&[
                "WARN sqlx",
                // Their senders do, and the answer says so.
                "events are not stored; their senders may try again",
                "the database is away",
                "the database does not answer",
                "no heartbeat",
            ])
            .await
    });
}

/// Waits until so many further events are stored.
async fn wait_for_events(fleet: &Fleet, more: i64) -> Result<(), HarnessError> {
    let count = "SELECT count(*) FROM event";
    let mut before = None;
    wait_until("further events", PATIENCE, async || {
        // The database may be away.
        let Ok(now) = fleet.number(count).await else {
            return Ok(None);
        };
        let begin = *before.get_or_insert(now);
        Ok((now >= begin + more).then_some(()))
    })
    .await
}
