//! Watching a local fleet: a live panel on a terminal, a line now and then elsewhere.

use std::{
    future::Future,
    io::{IsTerminal as _, stdout},
    pin::Pin,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use liveness::stall::{Facts, MAX_IDLE, judge};
use schema::{
    fleet_status::{
        EndedJobs, FleetLoad, RecentError, Totals, ended_jobs, fleet_load, recent_errors, totals,
    },
    progress,
    schedule::clock,
    source::{SourceStatus, statuses},
};
use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::up::{UpSettings, children::Children, panel::Panel, processes::Addresses};

/// Rates are over this.
pub(crate) const WINDOW: Duration = Duration::from_secs(5);

/// Time between two looks at what changes slowly.
const SLOWLY: Duration = Duration::from_secs(5);

/// Snapshots younger than this may belong to transactions under way, and are
/// counted next time.
const SETTLED_AFTER_SECONDS: i64 = 5;

/// All that is shown.
#[derive(Debug, Default)]
pub(crate) struct FleetView {
    pub(crate) load: FleetLoad,
    pub(crate) ended: EndedJobs,
    pub(crate) totals: Totals,
    pub(crate) sources: Vec<SourceStatus>,
    pub(crate) errors: Vec<RecentError>,
    pub(crate) first_snapshot: Option<Duration>,
    pub(crate) running_for: Duration,
    pub(crate) is_database_away: bool,
    /// Why work has stopped, if it has.
    pub(crate) stall: Option<String>,
}

/// Shows the fleet until `stop`, until its time is over, or until a part ends.
pub(crate) async fn watch(
    db: &PgPool,
    settings: &UpSettings,
    addresses: &Addresses,
    children: &mut Children,
    mut first: Pin<&mut impl Future<Output = Duration>>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut view = FleetView::default();
    let mut counted = Counted::default();
    let mut panel = if stdout().is_terminal() {
        Some(Panel::open(addresses)?)
    } else {
        println!("running; connect with: psql '{}'", addresses.psql);
        println!(
            "the page is {}; on this machine it needs no token",
            addresses.page
        );
        println!("events are received at {}/v1/events", addresses.events);
        None
    };
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ticked = 0_u64;
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            took = &mut first, if view.first_snapshot.is_none() => {
                view.first_snapshot = Some(took);
                if panel.is_none() {
                    println!("first snapshot stored {:.1} s after the start", took.as_secs_f64());
                }
                continue;
            }
            _ = ticks.tick() => {}
        }
        children.check()?;
        view.running_for = began.elapsed();
        if settings
            .stop_after
            .is_some_and(|after| began.elapsed() >= after)
        {
            return Ok(());
        }
        view.is_database_away = look(db, &mut view, &mut counted).await.is_err();
        match &mut panel {
            Some(panel) => panel.draw(&view)?,
            None if ticked % 10 == 9 => println!("{}", line(&view)),
            None => {}
        }
        ticked += 1;
    }
}

/// The sums so far.
#[derive(Debug, Default)]
struct Counted {
    until: Option<DateTime<Utc>>,
    slow: Option<Instant>,
}

async fn look(db: &PgPool, view: &mut FleetView, counted: &mut Counted) -> Result<(), sqlx::Error> {
    view.load = fleet_load(db).await?;
    view.ended = ended_jobs(db, WINDOW).await?;
    view.errors = recent_errors(db, 5).await?;
    if counted.slow.is_some_and(|at| at.elapsed() < SLOWLY) {
        return Ok(());
    }
    let facts = Facts {
        fleet: Some(progress::read(db, MAX_IDLE, 0).await?),
        ..Facts::default()
    };
    view.stall = judge(&facts).map(|stall| stall.to_string());
    view.sources = statuses(db).await?;
    let after = counted.until.unwrap_or(DateTime::UNIX_EPOCH);
    let until = clock(db).await? - TimeDelta::seconds(SETTLED_AFTER_SECONDS);
    let new = totals(db, after, until).await?;
    view.totals = Totals {
        snapshots: view.totals.snapshots + new.snapshots,
        seat_records: view.totals.seat_records + new.seat_records,
        ..new
    };
    counted.until = Some(until);
    counted.slow = Some(Instant::now());
    Ok(())
}

/// One line for a log.
fn line(view: &FleetView) -> String {
    if view.is_database_away {
        return "the database does not answer".to_owned();
    }
    let (load, ended) = (&view.load, &view.ended);
    let rate = |count: i64| per_second(count);
    let stall = view
        .stall
        .as_ref()
        .map(|stall| format!("WORK HAS STOPPED: {stall}; "));
    format!(
        "{:>4.0} s  {}{} of {} agents busy, {} queued, {:.1} jobs/s, {:.1} snapshots/s, \
         {} snapshots and {} seat records stored, {} of {} seats sold ahead, {} failed in {} s",
        view.running_for.as_secs_f64(),
        stall.unwrap_or_default(),
        load.running,
        load.agents,
        load.queued,
        rate(ended.jobs),
        rate(ended.snapshots),
        view.totals.snapshots,
        view.totals.seat_records,
        view.totals.sold,
        view.totals.seats,
        ended.failed,
        WINDOW.as_secs(),
    )
}

/// A count of the window as a rate.
pub(crate) fn per_second(count: i64) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let count = count as f64;
    count / WINDOW.as_secs_f64()
}
