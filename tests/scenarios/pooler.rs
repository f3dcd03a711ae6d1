//! A fleet behind `PgBouncer` in transaction mode: sessions are not its own, so nothing may
//! lean on one.

use tests::harness::{
    fleet::{Fleet, FleetOptions, Way},
    pooler::find,
    tool::report_missing,
    wait::PATIENCE,
};

use crate::scenario;

/// Everything that was seen is stored as served (invariants 1, 4 and 5), though no word of
/// new rows in the queue reaches the pods.
#[test]
fn a_fleet_works_through_pgbouncer() {
    let program = match find() {
        Ok(program) => program,
        Err(missing) => {
            report_missing(&missing);
            return;
        }
    };
    scenario(async {
        let mut fleet = Fleet::start(FleetOptions {
            way: Way::Pooled(program),
            ..FleetOptions::default()
        })
        .await?;
        fleet.wait_for_snapshots(200, PATIENCE).await?;
        fleet.stop().await?;
        fleet.audit(&[]).await?.check()?;
        fleet.end(&[]).await
    });
}
