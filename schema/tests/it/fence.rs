//! What a leader writes is fenced by its term: every statement, in itself (invariant 3, 4).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::NaiveDate;
use schema::{
    enums::{Health, RequestedAction, Yields},
    fleet, health,
    leader::{self, Term, lead},
    limit::{self, Reservation},
    progress, queue,
    schedule::{self, Decision, Task},
    source,
    task::{self, ask},
};
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use crate::fixture::{MINUTE, World};

const OTHER: Uuid = Uuid::from_u128(2);

/// Every function by which a leader writes, by module and name.
const WRITES: [&str; 12] = [
    "fleet::store_wanted",
    "health::store",
    "leader::resign",
    "limit::reserve",
    "limit::store_share",
    "progress::note_of_leader",
    "queue::enqueue",
    "queue::withdraw",
    "schedule::store_curve",
    "schedule::write_back",
    "source::block",
    "task::take_requests",
];

/// What there is to write about.
struct Staged {
    world: World,
    seats: Task,
    showtimes_step: i32,
    /// A job that is in the queue.
    queued: i64,
    /// A task that is not.
    unqueued: queue::Ready,
}

async fn staged() -> Staged {
    let world = World::new().await;
    let tasks = world.seats_tasks(2).await;
    let queued = world.enqueue(&tasks[..1]).await[0].job_id;
    ask(&world.db, tasks[0].task_id, RequestedAction::Retire, None)
        .await
        .unwrap();
    Staged {
        seats: tasks[0],
        showtimes_step: world.step(Yields::Showtimes).await,
        queued,
        unqueued: world.ready(&tasks[1..]).await.remove(0),
        world,
    }
}

impl Staged {
    /// Makes one of [`WRITES`] in the name of `term`, as a leader that believes in it.
    async fn write(&self, db: &PgPool, name: &str, term: Term) -> Result<(), sqlx::Error> {
        match name {
            "fleet::store_wanted" => fleet::store_wanted(db, term, 77).await?,
            "health::store" => {
                let judged = health::Judged {
                    step_id: self.showtimes_step,
                    job_id: 7,
                    health: Health::Quarantined,
                    reason: Some("odd".to_owned()),
                };
                health::store(db, term, &judged).await.map(drop)?;
            }
            "leader::resign" => leader::resign(db, term).await?,
            "limit::reserve" => {
                let part = Reservation {
                    limit_key_id: 1,
                    day_on: NaiveDate::from_ymd_opt(2026, 11, 1).unwrap(),
                    reserved: 10,
                };
                limit::reserve(db, term, &[part]).await.map(drop)?;
            }
            "limit::store_share" => limit::store_share(db, term, 1, 0.5, Some("429")).await?,
            "progress::note_of_leader" => {
                progress::note_of_leader(db, term, Some("nothing ends")).await?;
            }
            "queue::enqueue" => {
                let ready = std::slice::from_ref(&self.unqueued);
                queue::enqueue(db, term, ready).await.map(drop)?;
            }
            "queue::withdraw" => queue::withdraw(db, term, &[self.queued]).await.map(drop)?,
            "schedule::store_curve" => {
                schedule::store_curve(db, term, self.showtimes_step, &[1.5; 72]).await?;
            }
            "schedule::write_back" => {
                schedule::write_back(db, term, &[given_up(&self.seats)]).await?;
            }
            "source::block" => source::block(db, term, "chain", "403").await.map(drop)?,
            "task::take_requests" => task::take_requests(db, term).await.map(drop)?,
            other => panic!("no test writes by {other}"),
        }
        Ok(())
    }
}

fn given_up(task: &Task) -> Decision {
    Decision {
        task_id: task.task_id,
        due_at: task.due_at,
        failures: 3,
        retired: true,
        survived: true,
        looked_at: None,
        sales: 0.0,
        exposure: 0.0,
        sold: None,
        starts_at: task.starts_at,
        missing_since: Some(task.due_at),
        misses: 3,
    }
}

/// A digest of all rows of each table.
async fn digests(db: impl PgExecutor<'_>) -> BTreeMap<String, String> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text,
            md5(query_to_xml(format('SELECT * FROM %I', table_name), true, true, '')::text)
        FROM information_schema.tables
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
    )
    .fetch_all(db)
    .await
    .unwrap();
    rows.into_iter().collect()
}

/// Lets the lease of the leader run out.
async fn expire(world: &World) {
    lead(&world.db, world.term.holder, "test", Duration::ZERO)
        .await
        .unwrap();
}

/// The files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// A new write of the leader is either here or has no fence.
#[test]
fn every_function_that_takes_a_term_is_tried_here() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    for file in files(&sources) {
        let module = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        for function in text.split("pub async fn ").skip(1) {
            let (signature, _) = function.split_once('{').unwrap();
            let (name, parameters) = signature.split_once('(').unwrap();
            if parameters.contains("term: Term") {
                found.insert(format!("{module}::{name}"));
            }
        }
    }
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), WRITES);
}

/// Each of them writes something here, or the next tests would prove nothing.
#[tokio::test]
async fn the_leader_writes() {
    for name in WRITES {
        let staged = staged().await;
        let db = &staged.world.db;
        let before = digests(db).await;
        staged.write(db, name, staged.world.term).await.unwrap();
        assert_ne!(digests(db).await, before, "{name}");
    }
}

#[tokio::test]
async fn a_deposed_leader_writes_nothing() {
    let staged = staged().await;
    let db = &staged.world.db;
    expire(&staged.world).await;
    lead(db, OTHER, "other", MINUTE).await.unwrap().unwrap();
    let before = digests(db).await;
    for name in WRITES {
        staged.write(db, name, staged.world.term).await.unwrap();
        assert_eq!(digests(db).await, before, "{name}");
    }
}

/// The old leader writes while the takeover is under way: it waits, and then finds that its
/// term is over.
#[tokio::test]
async fn a_leader_that_is_deposed_while_it_writes_writes_nothing() {
    for name in WRITES {
        let staged = staged().await;
        let (db, term) = (staged.world.db.clone(), staged.world.term);
        expire(&staged.world).await;
        let mut takeover = db.begin().await.unwrap();
        lead(&mut *takeover, OTHER, "other", MINUTE)
            .await
            .unwrap()
            .unwrap();
        let left = digests(&mut *takeover).await;
        let write = staged.write(&db, name, term);
        let depose = async {
            staged.world.wait_for_locks(1).await;
            takeover.commit().await.unwrap();
        };
        let (written, ()) = tokio::join!(write, depose);
        written.unwrap();
        assert_eq!(digests(&db).await, left, "{name}");
    }
}

/// One call is one statement, so there is nothing that a leader which is stopped could leave
/// open: the next may lead when the lease has run out, whatever that one was doing.
#[tokio::test]
async fn a_leader_that_freezes_after_it_took_requests_holds_up_no_takeover() {
    let staged = staged().await;
    let db = &staged.world.db;
    let mut frozen = db.acquire().await.unwrap();
    let done = task::take_requests(&mut *frozen, staged.world.term)
        .await
        .unwrap();
    assert_eq!((done.asked.len(), done.unqueued.len()), (1, 1));
    expire(&staged.world).await;
    let taken = lead(db, OTHER, "other", MINUTE);
    let taken = tokio::time::timeout(MINUTE / 3, taken).await.unwrap();
    assert!(taken.unwrap().is_some());
}

/// What a claim takes from the queue while a run is cancelled is cancelled as well.
#[tokio::test]
async fn a_claim_that_takes_a_task_meanwhile_is_ended() {
    let staged = staged().await;
    let world = &staged.world;
    let mut claiming = world.db.begin().await.unwrap();
    let claims = queue::claim(&mut *claiming, world.pod_id, 0, 9)
        .await
        .unwrap();
    assert_eq!(claims[0].job_id, staged.queued);
    let taking = task::take_requests(&world.db, world.term);
    let claim = async {
        world.wait_for_locks(1).await;
        claiming.commit().await.unwrap();
    };
    let (done, ()) = tokio::join!(taking, claim);
    assert_eq!(done.unwrap().unqueued, [0; 0], "it was not in the queue");
    assert_eq!(world.count("running").await, 0);
    let ended = schedule::find_ended(&world.db, &[staged.queued]).await;
    assert_eq!(ended.unwrap()[0].outcome, schema::enums::Outcome::Cancelled);
}

/// Many requests are taken in parts, whose answers fit into the buffers of a connection.
#[tokio::test]
async fn many_requests_are_taken_in_parts() {
    let staged = staged().await;
    let db = &staged.world.db;
    sqlx::query(
        "INSERT INTO task_request (task_id, action)
        SELECT $1, 'run' FROM generate_series(1, 600)",
    )
    .bind(staged.seats.task_id)
    .execute(db)
    .await
    .unwrap();
    let mut calls = 0;
    while task::is_asked(db).await.unwrap() {
        task::take_requests(db, staged.world.term).await.unwrap();
        calls += 1;
    }
    assert_eq!(calls, 2);
}
