#![allow(clippy::unwrap_used)]

use prometheus::Opts;

use vocabulary::ErrorClass;

use super::*;

const MIB: usize = 1 << 20;

fn budget(total: usize, per_source: usize, wait: Duration) -> MemoryBudget {
    let budget = Budget {
        total,
        per_source,
        wait,
    };
    let refused = IntCounterVec::new(Opts::new("refused", "-"), &["reason"]).unwrap();
    MemoryBudget::new(budget, IntGauge::new("taken", "-").unwrap(), refused)
}

fn taken(budget: &MemoryBudget) -> usize {
    budget.state().taken
}

#[tokio::test]
async fn what_is_dropped_is_given_back() {
    let budget = budget(8 * MIB, 4 * MIB, Duration::ZERO);
    let mut first = budget.reserve(1);
    first.resize(3 * MIB, "bodies").await.unwrap();
    first.resize(MIB, "bodies").await.unwrap();
    let mut second = budget.reserve(1);
    second.resize(3 * MIB, "rows").await.unwrap();
    assert_eq!(taken(&budget), 4 * MIB);
    drop((first, second));
    assert_eq!(taken(&budget), 0);
    assert!(budget.state().by_source.is_empty());
    assert_eq!(budget.state().large, 0);
}

/// Invariant 10.
#[tokio::test]
async fn a_source_has_its_share_and_no_more() {
    let budget = budget(8 * MIB, 2 * MIB, Duration::ZERO);
    let mut greedy = budget.reserve(1);
    let refused = greedy
        .resize(3 * MIB, "the rows of its pages")
        .await
        .unwrap_err();
    let message = refused.to_string();
    assert!(
        message.contains("the rows of its pages")
            && message.contains("3145728 bytes")
            && message.contains("2097152"),
        "{message}"
    );
    greedy.resize(2 * MIB, "bodies").await.unwrap();
    let mut again = budget.reserve(1);
    let busy = again.resize(1, "bodies").await.unwrap_err();
    assert!(matches!(busy, OverBudget::Busy { .. }), "{busy}");
    let mut neighbour = budget.reserve(2);
    neighbour.resize(2 * MIB, "bodies").await.unwrap();
}

/// A job that waited for itself held its permit and its agent until the wait was over.
#[tokio::test]
async fn what_a_job_holds_itself_is_not_waited_for() {
    let budget = budget(8 * MIB, 2 * MIB, Duration::from_hours(1));
    let mut rows = budget.reserve(1);
    rows.resize(3 * MIB / 2, "the rows of its pages")
        .await
        .unwrap();
    let mut values = budget.reserve(1).held_by_job(rows.bytes());
    values.resize(MIB / 2, "values").await.unwrap();
    let refused = values.resize(MIB, "values").await.unwrap_err();
    let expected = OverBudget::Share {
        what: "values",
        bytes: 5 * MIB / 2,
        limit: 2 * MIB,
    };
    assert_eq!(refused, expected);
    rows.set_held_by_job(values.bytes());
    assert!(rows.resize(2 * MIB, "rows").await.is_err());
}

/// Invariant 10: however much large answers want, small ones go on.
#[tokio::test]
async fn what_is_large_leaves_room_for_what_is_small() {
    let budget = budget(8 * MIB, 4 * MIB, Duration::ZERO);
    let mut large = [budget.reserve(1), budget.reserve(2), budget.reserve(3)];
    let mut given = 0;
    for reservation in &mut large {
        given += usize::from(reservation.resize(3 * MIB, "bodies").await.is_ok());
    }
    assert_eq!(given, 2);
    let mut small = budget.reserve(4);
    small.resize(MIB, "bodies").await.unwrap();
    let full = small.resize(MIB + 1, "bodies").await.unwrap_err();
    assert!(matches!(full, OverBudget::Full { .. }), "{full}");
    assert_eq!(small.bytes(), MIB);
}

#[tokio::test]
async fn whoever_waits_is_given_what_others_give_back() {
    let budget = budget(2 * MIB, 2 * MIB, Duration::from_mins(1));
    let mut first = budget.reserve(1);
    first.resize(MIB, "bodies").await.unwrap();
    let mut second = budget.reserve(2);
    let waits = second.resize(3 * MIB / 2, "bodies");
    let drops = async {
        tokio::task::yield_now().await;
        drop(first);
    };
    let (given, ()) = tokio::join!(waits, drops);
    given.unwrap();

    let mut third = budget.reserve(3);
    let waits = std::thread::spawn(move || third.resize_blocking(MIB, "bodies"));
    drop(second);
    waits.join().unwrap().unwrap();
}

/// A reader that has not come on for so long.
fn reader(budget: &MemoryBudget, source_id: i32, bytes: usize, silent: Duration) -> Arc<Reader> {
    let reader = Arc::new(Reader {
        source_id,
        bytes: AtomicUsize::new(bytes),
        began_at: Instant::now().checked_sub(silent).unwrap(),
        progressed_at: AtomicU64::new(0),
        is_revoked: AtomicBool::new(false),
        revoked: Notify::new(),
    });
    budget.state().readers.push(reader.clone());
    reader
}

/// Invariant 10: an answer that grew large and then stalls loses to those who wait, and none
/// that goes on or is small.
#[tokio::test]
async fn an_answer_that_stalls_loses_what_it_holds() {
    let budget = budget(MIB, MIB, Duration::from_mins(1));
    let old = Duration::from_mins(1);
    let goes_on = reader(&budget, 1, MIB, Duration::ZERO);
    let small = reader(&budget, 2, 1_000, old);
    let smaller = reader(&budget, 3, MIB / 4, old);
    let mut stalls = budget.reserve(4);
    stalls.resize(MIB / 2, "bodies").await.unwrap();
    stalls.reader = Some(reader(&budget, 4, MIB / 2, old));
    budget.reclaim(None);
    let lost = stalls.revoked().await;
    assert_eq!(lost, OverBudget::Stalled { bytes: MIB / 2 });
    assert_eq!(lost.class(), ErrorClass::Timeout);
    let others = [goes_on, small, smaller];
    let revoked = others.map(|other| other.is_revoked.load(Ordering::Relaxed));
    assert_eq!(revoked, [false; 3]);
    // Where only the share of a source is short, its neighbours lose nothing.
    budget.reclaim(Some(2));
    drop(stalls);
    assert_eq!((taken(&budget), budget.state().readers.len()), (0, 3));
}

/// Two that waited for each other until their time was over both failed.
#[tokio::test]
async fn of_two_that_wait_for_each_other_the_larger_gives_up() {
    let budget = budget(16 * MIB, 12 * MIB, Duration::from_secs(2));
    let (mut larger, mut smaller) = (budget.reserve(1), budget.reserve(2));
    larger.resize(8 * MIB, "rows").await.unwrap();
    smaller.resize(3 * MIB, "rows").await.unwrap();
    let gives_up = async {
        let full = larger.resize(11 * MIB, "rows").await.unwrap_err();
        assert!(matches!(full, OverBudget::Full { .. }), "{full}");
        drop(larger);
    };
    let (given, ()) = tokio::join!(smaller.resize(6 * MIB, "rows"), gives_up);
    given.unwrap();
}
