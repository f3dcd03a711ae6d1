//! A chain that really changed: only a person can know, and says so once.

use std::time::Duration;

use simulated_chains::redesign::Redesign;
use tests::harness::{
    chains::ChainsOptions,
    error::HarnessError,
    fleet::{Database, Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

const CHAIN: &str = "bhd-1";
/// Snapshots that show that storing goes on.
const SOME: i64 = 5;

/// Snapshots with other seats than the first of their showtime.
const REBUILT: &str = "SELECT count(*) FROM snapshot WHERE layout_id <> (
    SELECT first.layout_id FROM snapshot AS first
    WHERE first.showtime_id = snapshot.showtime_id
    ORDER BY first.observed_at LIMIT 1)";

/// Waits until a number of the database is as it must become.
async fn until(
    fleet: &Fleet,
    what: &str,
    statement: &'static str,
    is_so: impl Fn(i64) -> bool,
) -> Result<(), HarnessError> {
    wait_until(what, PATIENCE, async || {
        Ok(is_so(fleet.number(statement).await?).then_some(()))
    })
    .await
}

fn options() -> FleetOptions {
    let mut chains = ChainsOptions {
        every_showtimes: Duration::from_secs(5),
        ..ChainsOptions::default()
    };
    let world = &mut chains.world;
    (world.chains, world.cinemas, world.auditoriums) = (1, 1, 3);
    (world.days, world.rate, world.burst, world.speed) = (1, 20.0, 60, 20.0);
    FleetOptions {
        chains: Some(chains),
        database: Database::Scratch,
        ..FleetOptions::default()
    }
}

/// The auditoriums of a chain lose their right half, for good. To the fleet this is no other
/// than a page that shows half of them (invariant 6): it keeps the last good state until an
/// operator accepts the new one; then it goes on as before.
#[test]
fn a_change_that_is_real_is_stored_once_a_person_accepts_it() {
    scenario(async {
        let mut fleet = Fleet::start(options()).await?;
        until(
            &fleet,
            "snapshots",
            "SELECT count(*) FROM snapshot",
            |stored| stored > SOME,
        )
        .await?;
        let unseen = "SELECT count(*) FROM task INNER JOIN step ON step.step_id = task.step_id
            WHERE step.name = 'seats' AND task.retired_at IS NULL AND NOT EXISTS (
                SELECT FROM showtime_latest WHERE showtime_id = task.subject_id)";
        until(&fleet, "a look at every showtime", unseen, |unseen| {
            unseen == 0
        })
        .await?;

        fleet
            .chains()?
            .redesign(CHAIN, Some(Redesign::Rebuilt))
            .await?;
        let quarantined = "SELECT count(*) FROM step
            WHERE name = 'seats' AND health = 'quarantined'
                AND health_reason LIKE '%seats where it had%'";
        until(&fleet, "the quarantine", quarantined, |steps| steps == 1).await?;
        let stored = fleet.number(REBUILT).await?;
        assert_eq!(stored, 0, "the last good state stands");
        let shown = fleet.operate(&["source", "show", CHAIN])?;
        assert!(shown.contains("quarantined"), "{shown}");

        let said = fleet.operate(&["source", "accept", CHAIN])?;
        assert!(
            said.contains("the next answers of seats are compared"),
            "{said}"
        );
        until(&fleet, "snapshots of what is left", REBUILT, |stored| {
            stored >= SOME
        })
        .await?;
        let ailing = "SELECT (SELECT count(*) FROM step WHERE health <> 'healthy')
            + (SELECT count(*) FROM source WHERE health <> 'healthy')";
        until(&fleet, "its health", ailing, |ailing| ailing == 0).await?;
        // Nothing is left to be accepted, and the command says so.
        let again = fleet.operate(&["source", "accept", CHAIN]);
        assert!(again.is_err(), "{again:?}");

        fleet.stop().await?;
        let audit = fleet.audit(&[]).await?.check()?;
        println!("{said}{audit}");
        fleet.end(&["the health of a source fell"]).await
    });
}
