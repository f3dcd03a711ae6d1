//! The leader's decisions of a tick: learn from what ended, choose what to queue.
//!
//! All in memory, as the leader does it between two statements; the clock is reckoned,
//! so a hundred seconds of a fleet pass as fast as the schedule decides. What counts is
//! the time of the leader's thread, not what other programs take of its core.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use coordinator::{db_time::DbTime, policy::SEEN_WITHIN, schedule::Schedule};
use schema::{
    enums::{Health, Outcome, SourceState, Yields},
    queue::{Queued, Ready},
    schedule::{EndedJob, LimitKey, Step, Task},
};

use super::{
    Measured, cpu,
    figure::{Figure, Reach, number, quantile},
};

/// Name on the command line.
pub const NAME: &str = "schedule_tick";

const TASKS: i64 = 1_000_000;
const LIMIT_KEYS: i32 = 1_000;
/// Time between two ticks, and the jobs of one: 7,000 a second.
const TICK: Duration = Duration::from_millis(50);
const JOBS_OF_A_TICK: usize = 350;
/// Every task runs once in this time, so that as many become due as are run.
const SPREAD: Duration = Duration::from_secs(142);
/// Longer than the policy lets a showtime rest, so that it decides.
const EVERY: Duration = Duration::from_mins(10);
/// Films and cinemas of each limit key.
const KIN: i64 = 20;
/// Ticks from placing a job to learning of its end.
const TICKS_OF_A_JOB: usize = 3;
const WARM_UP: usize = 200;
const TICKS: usize = 2_000;
/// Tasks that are set at once, so that what holds them on the way is small.
const CHUNK: i64 = 10_000;

/// Measures.
///
/// # Errors
///
/// None.
pub fn run() -> Measured {
    let start = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let memory_before = cpu::own_memory_bytes();
    let began = cpu::of_this_thread();
    let mut schedule = filled(start);
    let filling = cpu::of_this_thread().saturating_sub(began);
    let memory = cpu::own_memory_bytes().saturating_sub(memory_before);
    eprintln!("  {TASKS} tasks and {LIMIT_KEYS} limit keys are in memory, {TICKS} ticks follow");
    let ticks = run_ticks(&mut schedule, start);
    let mut micros: Vec<f64> = ticks
        .iter()
        .map(|tick| tick.took.as_secs_f64() * 1e6)
        .collect();
    micros.sort_by(f64::total_cmp);
    let chosen: usize = ticks.iter().map(|tick| tick.chosen).sum();
    let figure = |name: &str, value, unit| Figure::new(NAME, format!("{NAME}.{name}"), value, unit);
    Ok(vec![
        figure("p50", quantile(&micros, 0.5), "µs"),
        figure("p99", quantile(&micros, 0.99), "µs").reach(Reach::AtMost(5_000.0)),
        figure("longest", quantile(&micros, 1.0), "µs"),
        figure(
            "jobs",
            number(chosen as u64) / number(ticks.len() as u64),
            "jobs/tick",
        ),
        figure(
            "memory",
            number(memory) / number(TASKS.unsigned_abs()),
            "B/task",
        ),
        figure("fill", filling.as_secs_f64() * 1e3, "ms"),
    ])
}

/// A schedule whose tasks become due evenly over [`SPREAD`].
fn filled(start: DateTime<Utc>) -> Schedule {
    let mut schedule = Schedule::default();
    let limits: Vec<LimitKey> = (0..LIMIT_KEYS).map(limit_key).collect();
    schedule.set_limits(&limits, DbTime::from(start));
    schedule.set_steps((0..LIMIT_KEYS).map(step).collect(), DbTime::from(start));
    let spread = i64::try_from(SPREAD.as_micros()).unwrap_or(i64::MAX);
    for from in (0..TASKS).step_by(usize::try_from(CHUNK).unwrap_or(1)) {
        let tasks: Vec<Task> = (from..from + CHUNK)
            .map(|task_id| {
                // A large odd factor: neighbours are not due one after the other.
                let micros = task_id.wrapping_mul(7_919_777) % spread;
                (task_id, start + TimeDelta::microseconds(micros))
            })
            .map(|(task_id, due_at)| Task {
                task_id,
                step_id: i32::try_from(task_id % i64::from(LIMIT_KEYS)).unwrap_or(0),
                due_at,
                starts_at: Some(start + TimeDelta::days(1)),
                failures: 0,
                deaths: 0,
                gated: false,
                gate_changed_at: None,
                film_id: Some(i32::try_from(task_id % KIN).unwrap_or(0) + 1),
                cinema_id: Some(i32::try_from(task_id % 7_001).unwrap_or(0) + 1),
                looked_at: Some(due_at - SEEN_WITHIN),
                sales: 0.0,
                exposure: 0.0,
                sold: Some(10),
                missing_since: None,
                misses: 0,
            })
            .collect();
        schedule.set_tasks(&tasks);
    }
    schedule
}

fn limit_key(limit_key_id: i32) -> LimitKey {
    LimitKey {
        limit_key_id,
        name: format!("host-{limit_key_id}"),
        rate_per_second: 10.0,
        burst: 20,
        concurrency: None,
        paused_until: None,
        rate_share: 1.0,
        per_day: None,
        day_on: None,
        day_reserved: 0,
        opens_at: None,
        closes_at: None,
        zone: None,
    }
}

fn step(step_id: i32) -> Step {
    Step {
        step_id,
        source_id: step_id,
        source: format!("source-{step_id}"),
        state: SourceState::Active,
        definition_id: step_id,
        limit_key_id: step_id,
        every: EVERY,
        timeout: Duration::from_secs(30),
        priority: 30,
        yields: Yields::Seats,
        retired: false,
        name: "seats".to_owned(),
        health: Health::Healthy,
        health_reason: None,
        baseline_from: None,
        booking_curve: None,
    }
}

/// How one tick went.
struct Tick {
    took: Duration,
    chosen: usize,
}

/// Lets the fleet's time pass: what was placed ends [`TICKS_OF_A_JOB`] ticks later.
fn run_ticks(schedule: &mut Schedule, start: DateTime<Utc>) -> Vec<Tick> {
    let mut under_way: Vec<Vec<Queued>> = Vec::new();
    let mut next_job_id = 1;
    let mut ticks = Vec::with_capacity(TICKS);
    let mut clock = start;
    for number in 0..WARM_UP + TICKS {
        clock += TICK;
        let now = DbTime::from(clock);
        let ended: Vec<EndedJob> = if under_way.len() >= TICKS_OF_A_JOB {
            under_way
                .remove(0)
                .iter()
                .map(|job| ended(*job, clock))
                .collect()
        } else {
            Vec::new()
        };
        let began = cpu::of_this_thread();
        let learned = schedule.learn(&ended, now, || 0.5);
        let expired = schedule.expired(now);
        let chosen = schedule.top_up(now, JOBS_OF_A_TICK);
        let chose = cpu::of_this_thread();
        let placed = place(&chosen, &mut next_job_id);
        let noting = cpu::of_this_thread();
        schedule.placed(&chosen, &placed, now);
        let decisions = schedule.take_decisions();
        let took = (chose + cpu::of_this_thread()).saturating_sub(began + noting);
        debug_assert!(learned.discoverers.is_empty() && decisions.len() == ended.len());
        drop((expired, decisions));
        under_way.push(placed);
        if number >= WARM_UP {
            ticks.push(Tick {
                took,
                chosen: chosen.len(),
            });
        }
    }
    ticks
}

fn place(chosen: &[Ready], next_job_id: &mut i64) -> Vec<Queued> {
    let queued = |ready: &Ready| {
        *next_job_id += 1;
        Queued {
            task_id: ready.task_id,
            job_id: *next_job_id,
        }
    };
    chosen.iter().map(queued).collect()
}

fn ended(job: Queued, finished_at: DateTime<Utc>) -> EndedJob {
    EndedJob {
        ended_seq: job.job_id,
        job_id: job.job_id,
        task_id: job.task_id,
        pod_id: 7,
        step_id: 0,
        unmapped: None,
        missing: None,
        sold: Some(12),
        error: None,
        outcome: Outcome::Succeeded,
        attempt: 1,
        error_class: None,
        changed: Some(true),
        retry_after_seconds: None,
        row_count: Some(198),
        fetch_micros: None,
        http_status: None,
        requests: 1,
        deaths: None,
        observed_at: Some(finished_at),
        claimed_at: finished_at,
        finished_at,
    }
}
