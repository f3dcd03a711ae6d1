//! A job that runs or is queued.

use actix_web::HttpRequest;
use askama::Template;
use schema::reading::job::JobAhead;

use super::{Frame, address::task_href, format, jobs::outcome_mark, time_text::TimeText};
use crate::state::WebState;

/// The page of a job that runs or is queued.
#[derive(Template)]
#[template(path = "job_ahead.html")]
pub(super) struct JobAheadPage {
    pub(super) frame: Frame,
    pub(super) job: JobAhead,
    pub(super) is_running: bool,
    pub(super) task: String,
    pub(super) mark: String,
    pub(super) summary: String,
    pub(super) facts: Vec<(&'static str, String)>,
}

pub(super) fn ahead_page(request: &HttpRequest, state: &WebState, job: JobAhead) -> JobAheadPage {
    let title = format!("Job {}", job.job_id);
    let mut facts = vec![
        ("attempt", job.attempt.to_string()),
        (
            "queued since",
            format!("{} UTC", format::utc(&job.enqueued_at)),
        ),
    ];
    if let Some(pod) = &job.pod {
        facts.push(("pod", pod.clone()));
    }
    if let Some(at) = &job.lease_expires_at {
        facts.push(("lease", TimeText::distance(at, &job.now).text));
    }
    if let Some(at) = &job.expires_at {
        facts.push(("permits run out", TimeText::distance(at, &job.now).text));
    }
    JobAheadPage {
        frame: Frame::of(request, state, &title, "jobs").live(2),
        is_running: job.claimed_at.is_some(),
        mark: outcome_mark(if job.claimed_at.is_some() {
            "running"
        } else {
            "queued"
        }),
        task: task_href(&job.source, &job.step, &job.key),
        summary: match job.claimed_at {
            Some(at) => format!(
                "A pod claimed it {}. Its result, log and phases are here when it ends.",
                format::ago(&at, &job.now)
            ),
            None => format!(
                "The leader placed it {}; it waits for a pod with a free agent.",
                format::ago(&job.enqueued_at, &job.now)
            ),
        },
        facts,
        job,
    }
}
