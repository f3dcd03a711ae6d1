//! The fleet at speed, undisturbed.

use coordinator::policy::Policy;
use tests::harness::{
    fleet::{Fleet, FleetOptions},
    wait::{PATIENCE, wait_until},
};

use crate::scenario;

/// Invariants 1, 3, 4, 5, 6 and 7.
#[test]
fn what_is_stored_is_what_was_served() {
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions {
            policy: Policy::Freshness,
            ..FleetOptions::default()
        })
        .await?;
        fleet.wait_for_snapshots(1000, PATIENCE).await?;
        fleet.stop().await?;
        let audit = fleet.audit(&[]).await?.check()?;
        println!("{audit}");
        assert!(audit.count("snapshots") >= 1000);
        assert_eq!(audit.count("jobs lost"), 0);
        assert_eq!(audit.count("jobs still under way"), 0);

        let cinemas = fleet.number("SELECT count(*) FROM cinema").await?;
        assert_eq!(cinemas, 14, "every cinema of every chain was found");
        let job = "SELECT job_id FROM snapshot ORDER BY random() LIMIT 1";
        let job = fleet.number(job).await?;
        let story = schema::lineage::job_lineage(fleet.db(), job).await?;
        let steps: Vec<&str> = story.iter().map(|line| line.step.as_str()).collect();
        assert_eq!(steps, ["seats", "showtimes", "cinemas"], "invariant 7");
        for line in &story {
            assert_eq!(
                (line.definition_version, line.outcome.as_str()),
                (1, "succeeded")
            );
            assert!(line.request_url.is_some() && line.pod.is_some());
        }
        fleet.end(&[]).await
    });
}

/// Invariant 5: "nothing changed" is distinguished from "nobody looked".
#[test]
fn what_does_not_change_is_seen_and_not_stored_again() {
    scenario(async {
        let mut options = FleetOptions {
            pods: 1,
            ..FleetOptions::default()
        };
        if let Some(chains) = &mut options.chains {
            // A day is a day: hardly a seat is sold in the seconds of this scenario.
            chains.world.speed = 1.0;
            chains.world.cinemas = 1;
            chains.world.days = 1;
        }
        let mut fleet = Fleet::start(options).await?;
        let seen = "SELECT count(*) FROM job WHERE NOT changed AND outcome = 'succeeded'";
        wait_until("200 answers without change", PATIENCE, async || {
            Ok((fleet.number(seen).await? >= 200).then_some(()))
        })
        .await?;
        fleet.stop().await?;
        let audit = fleet.audit(&[]).await?.check()?;
        println!("{audit}");
        assert!(audit.count("snapshots") < audit.count("seat maps seen"));
        fleet.end(&[]).await
    });
}
