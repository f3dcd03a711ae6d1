#![allow(clippy::unwrap_used)]

mod operator_request;
mod breaker;
mod given_up;
mod learn;
mod limits;
mod gate_changes;
mod placement;
mod quarantine;
mod step;
mod ranking;

use std::{collections::VecDeque, time::Duration};

use chrono::{DateTime, Utc};
use schema::{
    enums::{ErrorClass, Health, Outcome, SourceState, Yields},
    queue::Ready,
    schedule::{EndedJob, Task},
};

use super::*;
use crate::health::HealthChange;

const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u64) -> DbTime {
    DbTime::from_micros(1_700_000_000_000_000) + Duration::from_secs(seconds)
}

fn step(step_id: i32, priority: i16) -> Step {
    Step {
        step_id,
        source_id: 1,
        source: "chain".to_owned(),
        state: SourceState::Active,
        definition_id: 1,
        limit_key_id: step_id,
        every: 60 * SECOND,
        timeout: 10 * SECOND,
        priority,
        yields: Yields::Seats,
        retired: false,
        name: "seats".to_owned(),
        health: Health::Healthy,
        health_reason: None,
        baseline_from: None,
        booking_curve: None,
    }
}

fn task(task_id: i64, step_id: i32, due_at: DbTime) -> Task {
    Task {
        task_id,
        step_id,
        due_at: due_at.into(),
        starts_at: None,
        failures: 0,
        deaths: 0,
        gated: false,
        gate_changed_at: None,
        film_id: None,
        cinema_id: None,
        looked_at: None,
        sales: 0.0,
        exposure: 0.0,
        sold: None,
        missing_since: None,
        misses: 0,
    }
}

/// 10 a second, burst 21.
fn limit(limit_key_id: i32) -> LimitKey {
    LimitKey {
        limit_key_id,
        name: limit_key_id.to_string(),
        rate_per_second: 10.0,
        burst: 21,
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

/// Two steps, each with a limit key of its own.
fn schedule(tasks: &[Task]) -> Schedule {
    let mut schedule = Schedule::default();
    schedule.set_limits(&[limit(1), limit(2)], at(0));
    schedule.set_steps(vec![step(1, 30), step(2, 20)], at(0));
    schedule.set_tasks(tasks);
    schedule
}

fn ids(chosen: &[Ready]) -> Vec<i64> {
    chosen.iter().map(|ready| ready.task_id).collect()
}

/// Places all that was chosen; job ids are the task ids plus 1000.
fn place(schedule: &mut Schedule, chosen: &[Ready], now: DbTime) {
    let placed: Vec<Queued> = chosen
        .iter()
        .map(|ready| Queued {
            task_id: ready.task_id,
            job_id: ready.task_id + 1000,
        })
        .collect();
    schedule.placed(chosen, &placed, now);
}

fn ended(task_id: i64, outcome: Outcome, class: Option<ErrorClass>, now: DbTime) -> EndedJob {
    EndedJob {
        ended_seq: 1,
        job_id: task_id + 1000,
        task_id,
        pod_id: 7,
        step_id: 1,
        unmapped: None,
        missing: None,
        sold: None,
        error: None,
        outcome,
        attempt: 1,
        error_class: class,
        changed: None,
        retry_after_seconds: None,
        row_count: None,
        fetch_micros: None,
        http_status: None,
        requests: 1,
        deaths: None,
        observed_at: (outcome == Outcome::Succeeded).then(|| now.into()),
        claimed_at: now.into(),
        finished_at: now.into(),
    }
}
