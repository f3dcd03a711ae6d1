//! The audit itself: it finds each thing that it is there to find.

use tests::harness::{
    audit::Rule,
    fleet::{Fleet, FleetOptions},
    wait::PATIENCE,
};

use crate::scenario;

/// What is done to the database, and the rule that it must break.
const TAMPERED: [(&str, Rule); 8] = [
    (
        "UPDATE snapshot SET seats = set_byte(seats, 0, (get_byte(seats, 0) + 1) % 2)
        WHERE job_id = (SELECT min(job_id) FROM snapshot)",
        Rule::SeatsAsServed,
    ),
    (
        "UPDATE snapshot SET available = available - 1, sold = sold + 1
        WHERE job_id = (SELECT job_id FROM snapshot WHERE available > 0 ORDER BY job_id OFFSET 5 LIMIT 1)",
        Rule::NothingGuessed,
    ),
    (
        "DELETE FROM snapshot WHERE job_id = (SELECT max(job_id) FROM snapshot)",
        Rule::ChangesStored,
    ),
    (
        "INSERT INTO snapshot SELECT observed_at + interval '1 us', job_id, showtime_id, layout_id,
            available, sold, held, blocked, broken, house, unknown, unmapped, seats
        FROM snapshot ORDER BY job_id LIMIT 1",
        Rule::StoredOnce,
    ),
    (
        "UPDATE job SET requests = 0 WHERE job_id = (SELECT max(job_id) FROM job)",
        Rule::RequestsCounted,
    ),
    (
        "UPDATE job SET parent_job_id = -1 WHERE job_id = (SELECT max(job_id) FROM job)",
        Rule::ParentsKnown,
    ),
    (
        "UPDATE job SET enqueued_at = enqueued_at - interval '1 hour'
        WHERE job_id = (SELECT max(later.job_id) FROM job AS later INNER JOIN job AS earlier
            ON earlier.task_id = later.task_id AND earlier.job_id < later.job_id)",
        Rule::OneAtATime,
    ),
    (
        "DELETE FROM job WHERE job_id = (SELECT max(job_id) FROM job)",
        Rule::NothingLost,
    ),
];

#[test]
fn an_audit_finds_what_was_tampered_with() {
    scenario(async {
        let mut options = FleetOptions {
            pods: 1,
            ..FleetOptions::default()
        };
        if let Some(chains) = &mut options.chains {
            chains.world.cinemas = 1;
            chains.world.days = 1;
        }
        let mut fleet = Fleet::start(options).await?;
        fleet.wait_for_snapshots(150, PATIENCE).await?;
        fleet.stop().await?;
        let mut before = fleet.audit(&[]).await?.check()?;
        for (statement, rule) in TAMPERED {
            let done = sqlx::query(statement).execute(fleet.db()).await?;
            assert_eq!(done.rows_affected(), 1, "{statement}");
            let after = fleet.audit(&[]).await?;
            let found = after.broken(rule) > before.broken(rule);
            assert!(found, "{rule:?} after {statement}");
            before = after;
        }
        fleet.end(&[]).await
    });
}
