//! From a session of the database to the job, and to who blocks it.

use schema::{activity::sessions, finish::hold};
use sqlx::Acquire as _;

use crate::fixture::World;

#[tokio::test]
async fn a_transaction_of_a_job_names_the_job_and_who_it_waits_for() {
    let world = World::new().await;
    let claim = &world.claimed(1).await[0];
    let mut first = world.db.acquire().await.unwrap();
    sqlx::query("SET application_name = 'agent pod-7'")
        .execute(&mut *first)
        .await
        .unwrap();
    let pid = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *first);
    let pid: i32 = pid.await.unwrap();
    let mut of_job = first.begin().await.unwrap();
    assert!(
        hold(&mut of_job, world.pod_id, claim.job_id, claim.task_id)
            .await
            .unwrap()
    );

    let db = world.db.clone();
    let (pod_id, job_id, task_id) = (world.pod_id, claim.job_id, claim.task_id);
    let second = tokio::spawn(async move {
        let mut waits = db.begin().await.unwrap();
        hold(&mut waits, pod_id, job_id, task_id).await
    });
    let (holder, waiting) = loop {
        let found = sessions(&world.db, false).await.unwrap();
        let holder = found.iter().find(|one| one.pid == pid).cloned().unwrap();
        // What it waits for is read before who blocks it: it may begin to wait between the two.
        let waiting = found
            .into_iter()
            .find(|one| !one.blocked_by.is_empty() && one.waits_for.starts_with("Lock: "));
        if let Some(waiting) = waiting {
            break (holder, waiting);
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(holder.application, format!("agent pod-7 job {job_id}"));
    assert_eq!(
        (holder.job_id, holder.step.as_deref()),
        (Some(job_id), Some("seats"))
    );
    let of = (holder.source.as_deref(), holder.key.as_deref());
    assert_eq!(of, (Some("chain"), Some(&*claim.key)));
    assert_eq!(holder.state, "idle in transaction");
    assert_eq!(
        waiting.blocked_by,
        [format!("{pid} {}", holder.application)]
    );

    // The name ends with the transaction.
    of_job.rollback().await.unwrap();
    second.await.unwrap().unwrap();
    let name = sqlx::query_scalar("SELECT current_setting('application_name')");
    let name: String = name.fetch_one(&mut *first).await.unwrap();
    assert_eq!(name, "agent pod-7");
    let all = sessions(&world.db, true).await.unwrap();
    assert!(all.iter().any(|one| one.state == "idle"));
}

/// A long name of a pod leaves room for the number of the job.
#[tokio::test]
async fn the_number_of_a_job_is_not_cut() {
    let world = World::new().await;
    let claim = &world.claimed(1).await[0];
    let mut of_job = world.db.begin().await.unwrap();
    let name = format!("agent {}", "p".repeat(57));
    let named = sqlx::query("SELECT set_config('application_name', $1, true)").bind(name);
    named.execute(&mut *of_job).await.unwrap();
    assert!(
        hold(&mut of_job, world.pod_id, claim.job_id, claim.task_id)
            .await
            .unwrap()
    );
    let found = sessions(&world.db, false).await.unwrap();
    assert!(
        found.iter().any(|one| one.job_id == Some(claim.job_id)),
        "{found:?}"
    );
}

/// A statement that is a file is shown by the first line of its comment.
#[tokio::test]
async fn a_long_statement_is_shown_by_its_title() {
    let world = World::new().await;
    let mut session = world.db.acquire().await.unwrap();
    let statement = "-- Reads nothing of a table.\n-- A second line.\nSELECT 1";
    sqlx::raw_sql(statement)
        .execute(&mut *session)
        .await
        .unwrap();
    let shown = sessions(&world.db, true).await.unwrap();
    let is_titled = |statement: &str| statement == "Reads nothing of a table.";
    assert!(
        shown.iter().any(|one| is_titled(&one.statement)),
        "{shown:?}"
    );
}
