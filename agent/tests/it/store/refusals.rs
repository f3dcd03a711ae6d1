//! What the database refuses: retried within bounds, then failed or dropped.

use agent::{pod, store::RefusalBounds};
use schema::{
    enums::{ErrorClass, Outcome},
    queue, schedule,
};
use sqlx::PgPool;

use super::{BOUND, Bench};

/// What cannot be stored at all is given up once, and holds up nothing else.
#[test]
fn a_history_that_the_database_refuses_is_given_up() {
    pod::system().unwrap().block_on(async {
        let bench = Bench::new().await;
        let claim = bench.claim().await;
        sqlx::raw_sql("ALTER TABLE job ADD CHECK (http_status IS NULL) NOT VALID")
            .execute(&bench.db)
            .await
            .unwrap();
        bench.keep(&claim, 1).await;
        let ended = schedule::find_ended(&bench.db, &[claim.job_id]).await;
        assert_eq!(ended.unwrap(), []);
        let left = queue::outstanding(&bench.db).await.unwrap();
        assert_eq!(left.len(), 1, "its claim ends with the pod");
    });
}

/// Refuses rows of a table as if the pod had no privilege.
async fn refuse_rows(db: &PgPool, table: &str) {
    let statements = format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE insufficient_privilege USING MESSAGE = 'permission denied for {table}';
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(db)
        .await
        .unwrap();
}

/// A few tries, which take less than a second.
const FEW_REFUSALS: RefusalBounds = RefusalBounds {
    max_refusals: 3,
    max_time: BOUND,
};

/// Invariant 10: a refusal that is no fault of the values is retried within bounds; then its job
/// fails with the reason.
#[test]
fn a_result_that_is_always_refused_fails_its_job() {
    pod::system().unwrap().block_on(async {
        let bench = Bench::with_bounds(FEW_REFUSALS).await;
        refuse_rows(&bench.db, "snapshot").await;
        let claim = bench.claim().await;
        bench.keep(&claim, 1).await;
        let ended = bench.ended(&claim).await;
        assert_eq!(
            (ended.outcome, ended.error_class),
            (Outcome::Failed, Some(ErrorClass::Timeout))
        );
        let error = "SELECT error FROM job WHERE job_id = $1";
        let error = sqlx::query_scalar::<_, String>(error).bind(claim.job_id);
        let error = error.fetch_one(&bench.db).await.unwrap();
        assert!(error.contains("permission denied for snapshot"), "{error}");
        assert!(!bench.registration.must_be_replaced());
    });
}

/// A claim whose history is always refused is given back with its registration.
#[test]
fn a_result_of_which_even_the_history_is_refused_is_dropped() {
    pod::system().unwrap().block_on(async {
        let bench = Bench::with_bounds(FEW_REFUSALS).await;
        refuse_rows(&bench.db, "job").await;
        let claim = bench.claim().await;
        bench.keep(&claim, 1).await;
        let dropped = bench.metrics.store_dropped.with_label_values(&["refused"]);
        assert_eq!(dropped.get(), 1);
        assert!(bench.registration.must_be_replaced());
        let left = queue::outstanding(&bench.db).await.unwrap();
        assert_eq!(left.len(), 1, "the claim ends with the registration");
    });
}

/// Invariants 2 and 10: a result is not retried for longer than its lease.
#[test]
fn results_whose_lease_is_lost_are_dropped_while_they_are_refused() {
    pod::system().unwrap().block_on(async {
        let bench = Bench::new().await;
        refuse_rows(&bench.db, "job").await;
        let claim = bench.claim().await;
        bench.registration.mark_lost();
        bench.keep(&claim, 1).await;
        let dropped = bench
            .metrics
            .store_dropped
            .with_label_values(&["lease_lost"]);
        assert_eq!(dropped.get(), 1);
    });
}
