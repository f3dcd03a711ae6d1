//! The database goes away and comes back.

use tests::harness::{
    fleet::{Fleet, FleetOptions},
    wait::PATIENCE,
};

use crate::scenario;

/// Invariants 1, 2 and 5.
#[test]
fn no_result_is_lost_when_the_database_restarts_or_crashes() {
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions::default()).await?;
        fleet.wait_for_snapshots(200, PATIENCE).await?;
        fleet.server()?.restart().await?;
        fleet.wait_for_snapshots(200, PATIENCE).await?;
        fleet.server()?.kill().await?;
        fleet.server()?.start().await?;
        fleet.wait_for_snapshots(200, PATIENCE).await?;

        fleet.stop().await?;
        let audit = fleet.audit(&[]).await?.check()?;
        println!("{audit}");
        assert_eq!(audit.count("  of the lost: requests served"), 0);
        fleet
            .end(&[
                // The driver's own words about connections that broke, or were waited for.
                "WARN sqlx",
                "the database is away",
                "the database does not answer",
                "no heartbeat",
                "dead pods' claims given back",
            ])
            .await
    });
}
