//! Runs the leader's own schedule on a world: tasks appear when they are listed, each look is
//! answered with the seats that are sold by then, and nothing fails.

use std::time::Duration;

use schema::{
    enums::{Health, Outcome, SourceState, Yields},
    queue::{Queued, Ready},
    schedule::{EndedJob, LimitKey, Step, Task},
};

use super::{score::Looks, world::World};
use crate::{db_time::DbTime, policy::Policy, schedule::Schedule};

/// Time between two ticks. A look is answered within one.
const TICK: Duration = Duration::from_secs(2);

/// Options of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RequestBudget {
    /// Requests a second of each limit key.
    pub rate_per_second: f64,
    /// Time between two looks as the step says it: see [`crate::policy`].
    pub every: Duration,
}

/// Plays a policy; returns the looks that it took.
#[must_use]
pub fn play(world: &World, policy: Policy, budget: RequestBudget) -> Looks {
    let mut schedule = Schedule::new(policy);
    let keys = 0..i32::try_from(world.keys).unwrap_or(i32::MAX);
    let limits: Vec<LimitKey> = keys.clone().map(|key| limit_key(key, budget)).collect();
    let steps: Vec<Step> = keys.map(|key| step(key, budget)).collect();
    schedule.set_limits(&limits, world.begins_at);
    schedule.set_steps(steps, world.begins_at);
    let mut listing: Vec<usize> = (0..world.shows.len()).collect();
    listing.sort_by_key(|number| world.shows[*number].listed_at);
    let mut listing = listing.into_iter().peekable();
    let mut looks: Looks = vec![Vec::new(); world.shows.len()];
    let mut under_way: Vec<EndedJob> = Vec::new();
    let (mut now, mut jobs) = (world.begins_at, 0);
    while now <= world.ends_at {
        let mut listed = Vec::new();
        while let Some(number) = listing.next_if(|number| world.shows[*number].listed_at <= now) {
            listed.push(task(world, number));
        }
        if !listed.is_empty() {
            schedule.set_tasks(&listed);
            // As the leader does each time that it looks around: the floors follow.
            schedule.set_limits(&limits, now);
        }
        schedule.learn(&under_way, now, || 0.5);
        schedule.take_decisions();
        let chosen = schedule.top_up(now, usize::MAX);
        let placed: Vec<Queued> = chosen
            .iter()
            .map(|ready| {
                jobs += 1;
                Queued {
                    task_id: ready.task_id,
                    job_id: jobs,
                }
            })
            .collect();
        schedule.placed(&chosen, &placed, now);
        under_way = placed
            .iter()
            .zip(&chosen)
            .map(|(job, ready)| answer(world, *job, ready, now))
            .collect();
        for job in &placed {
            looks[number_of(job.task_id)].push(now);
        }
        now = now + TICK;
    }
    looks
}

fn answer(world: &World, job: Queued, ready: &Ready, now: DbTime) -> EndedJob {
    let show = &world.shows[number_of(job.task_id)];
    EndedJob {
        ended_seq: job.job_id,
        job_id: job.job_id,
        task_id: job.task_id,
        pod_id: 1,
        step_id: ready.limit_key_id,
        unmapped: None,
        missing: None,
        sold: Some(show.sold(now)),
        error: None,
        outcome: Outcome::Succeeded,
        attempt: ready.attempt,
        error_class: None,
        changed: None,
        retry_after_seconds: None,
        row_count: Some(i32::from(show.seats)),
        fetch_micros: None,
        http_status: Some(200),
        requests: 1,
        deaths: None,
        observed_at: Some(now.into()),
        claimed_at: now.into(),
        finished_at: now.into(),
    }
}

fn task(world: &World, number: usize) -> Task {
    let show = &world.shows[number];
    Task {
        task_id: i64::try_from(number).unwrap_or(i64::MAX),
        step_id: i32::try_from(show.key).unwrap_or(i32::MAX),
        due_at: show.listed_at.into(),
        starts_at: Some(show.starts_at.into()),
        failures: 0,
        deaths: 0,
        gated: false,
        gate_changed_at: None,
        film_id: Some(show.film_id),
        cinema_id: Some(show.cinema_id),
        looked_at: None,
        sales: 0.0,
        exposure: 0.0,
        sold: None,
        missing_since: None,
        misses: 0,
    }
}

fn number_of(task_id: i64) -> usize {
    usize::try_from(task_id).unwrap_or(0)
}

fn limit_key(limit_key_id: i32, budget: RequestBudget) -> LimitKey {
    let rate = budget.rate_per_second;
    LimitKey {
        limit_key_id,
        name: format!("host-{limit_key_id}"),
        rate_per_second: rate,
        // Enough for the rate to be used in full: see `permit`.
        #[expect(clippy::cast_possible_truncation, reason = "a small number")]
        burst: (2.0 + rate).ceil() as i32,
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

fn step(step_id: i32, budget: RequestBudget) -> Step {
    Step {
        step_id,
        source_id: step_id,
        source: format!("chain-{step_id}"),
        state: SourceState::Active,
        definition_id: 1,
        limit_key_id: step_id,
        every: budget.every,
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
