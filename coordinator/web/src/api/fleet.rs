//! The fleet and its pods.

use actix_web::{
    get,
    web::{Data, Json},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    problem::{Problem, WebError},
    sampler::WINDOW,
    state::WebState,
};

/// What the fleet is doing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fleet {
    /// When this was read.
    at: DateTime<Utc>,
    /// The coordinator that leads.
    leader: Option<String>,
    /// Why work has stopped, if it has.
    stall: Option<String>,
    /// Tasks in the queue.
    queued: i64,
    /// Seconds that the oldest of them has waited.
    longest_wait_seconds: f64,
    /// Claims under way.
    running: i64,
    /// Pods that run.
    pods: i64,
    /// Jobs that they can run at a time.
    agents: i64,
    /// Jobs that they ran at their last heartbeats.
    agents_busy: i64,
    /// Seconds to which the following counts belong.
    window_seconds: u64,
    /// Jobs that ended in the window.
    jobs: i64,
    /// Jobs of these that failed.
    failed: i64,
    /// Snapshots that were stored in the window.
    snapshots: i64,
}

/// Reads what the fleet is doing.
#[utoipa::path(
    tag = "fleet",
    responses((status = 200, body = Fleet), (status = 503, body = Problem, content_type = "application/problem+json"))
)]
#[get("/v1/fleet")]
pub async fn fleet(state: Data<WebState>) -> Result<Json<Fleet>, WebError> {
    let now = state.sampler.now(&state.db).await?;
    let sample = &now.sample;
    let leader = sample.leader.as_ref().filter(|leader| !leader.is_expired);
    Ok(Json(Fleet {
        at: sample.at,
        leader: leader.map(|leader| leader.name.clone()),
        stall: leader.and_then(|leader| leader.stall.clone()),
        queued: sample.load.queued,
        longest_wait_seconds: sample.queue.longest_wait_seconds,
        running: sample.load.running,
        pods: sample.load.pods,
        agents: sample.load.agents,
        agents_busy: sample.load.agents_busy,
        window_seconds: WINDOW.as_secs(),
        jobs: sample.ended.jobs,
        failed: sample.ended.failed,
        snapshots: sample.ended.snapshots,
    }))
}

/// A pod that runs, or that ended within the last hour.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pod {
    /// Its number.
    pod_id: i32,
    /// Host or pod name.
    name: String,
    /// Version of its program.
    version: String,
    /// Jobs that it can run at a time.
    agents: i32,
    /// Jobs under way at its last heartbeat.
    agents_busy: i32,
    /// Whether it claims no more and will end.
    draining: bool,
    /// When it registered.
    started_at: DateTime<Utc>,
    /// Its last heartbeat.
    heartbeat_at: DateTime<Utc>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
    /// Why it ended.
    end_reason: Option<String>,
    /// Why it stalls.
    stall: Option<String>,
}

/// Lists the pods: those that run, then those that ended within the last hour.
#[utoipa::path(
    tag = "fleet",
    responses((status = 200, body = [Pod]), (status = 503, body = Problem, content_type = "application/problem+json"))
)]
#[get("/v1/pods")]
pub async fn pods(state: Data<WebState>) -> Result<Json<Vec<Pod>>, WebError> {
    let now = state.sampler.now(&state.db).await?;
    let pods = now.sample.pods.iter().map(|pod| Pod {
        pod_id: pod.pod_id,
        name: pod.name.clone(),
        version: pod.version.clone(),
        agents: pod.agents,
        agents_busy: pod.agents_busy,
        draining: pod.draining,
        started_at: pod.started_at,
        heartbeat_at: pod.heartbeat_at,
        ended_at: pod.ended_at,
        end_reason: pod.end_reason.clone(),
        stall: pod.stall.clone(),
    });
    Ok(Json(pods.collect()))
}
