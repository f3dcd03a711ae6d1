//! The trace of a job: when its phases began, and the spans that follow once it has ended.
//!
//! Takes instants while the job runs, and its history when it has ended; gives spans to
//! [`telemetry`]. A job whose trace is not kept has none of this. No span has an address with its
//! path or query: the job's page has the address with its secrets masked.
//!
//! The root of the trace is the coordinator's span `schedule`; the ids of both follow from the number
//! of the job. All times are those of this machine, but the wait in the queue, which the database
//! measured.

mod spans;

use std::time::{Duration, Instant, SystemTime};

use schema::{finish::Finished, queue::Claim};
use source_fetch::Phases;
use telemetry::{JobIds, Telemetry, TraceId};
use tracing::field::{DisplayValue, display};

/// One request of a job.
#[derive(Debug, Clone)]
struct RequestTimes {
    waited: Duration,
    sent_at: Instant,
    took: Option<Duration>,
    phases: Phases,
    host: Option<String>,
    port: Option<u16>,
    method: &'static str,
    status: Option<u16>,
    /// When its answer had been read, and how long that took.
    extracted: Option<(Instant, Duration)>,
}

/// The request that waits for its limit.
#[derive(Debug, Clone)]
struct WaitingRequest {
    since: Instant,
    host: Option<String>,
    port: Option<u16>,
    method: &'static str,
}

/// What names a job in logs, besides its number and its task, and its trace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobTag {
    /// Its source.
    pub source_id: i32,
    /// Its trace, kept or not; `None` while telemetry is off.
    pub trace_id: Option<TraceId>,
    /// When its phases began, if its trace is kept.
    pub trace: Option<JobTrace>,
}

impl JobTag {
    /// Begins the trace of a job that begins now, if its trace is kept.
    pub(crate) fn begin(
        telemetry: &Telemetry,
        claim: &Claim,
        claim_sent_at: Instant,
        pod_id: i32,
    ) -> Self {
        Self {
            source_id: claim.source_id,
            trace_id: telemetry.job(claim.job_id).map(|ids| ids.trace),
            trace: JobTrace::begin(telemetry, claim, claim_sent_at, pod_id),
        }
    }

    /// The trace as a field of a log line.
    pub(crate) fn trace_field(&self) -> Option<DisplayValue<TraceId>> {
        self.trace_id.map(display)
    }
}

/// When the phases of a job began.
#[derive(Debug, Clone)]
pub struct JobTrace(Box<Recorded>);

#[derive(Debug, Clone)]
struct Recorded {
    telemetry: Telemetry,
    ids: JobIds,
    claim_sent_at: Instant,
    began_at: Instant,
    /// `began_at` by the clock of this machine.
    began_on: SystemTime,
    queued: Duration,
    source_id: i32,
    source: Option<String>,
    step: String,
    pod: i32,
    waiting: Option<WaitingRequest>,
    requests: Vec<RequestTimes>,
    completed_at: Option<Instant>,
}

impl PartialEq for JobTrace {
    fn eq(&self, other: &Self) -> bool {
        self.0.ids == other.0.ids
    }
}

impl JobTrace {
    fn begin(
        telemetry: &Telemetry,
        claim: &Claim,
        claim_sent_at: Instant,
        pod: i32,
    ) -> Option<Self> {
        let ids = telemetry.kept_job(claim.job_id)?;
        Some(Self(Box::new(Recorded {
            telemetry: telemetry.clone(),
            ids,
            claim_sent_at,
            began_at: Instant::now(),
            began_on: SystemTime::now(),
            queued: claim.queued,
            source_id: claim.source_id,
            source: None,
            step: claim.step.clone(),
            pod,
            waiting: None,
            requests: Vec::new(),
            completed_at: None,
        })))
    }

    /// Records the name of its source.
    pub(crate) fn record_source(&mut self, name: &str) {
        self.0.source = Some(name.to_owned());
    }

    /// Records that a request waits for its limit from now on. `shown_url` has no secrets.
    pub(crate) fn record_waiting(&mut self, shown_url: &str, method: &reqwest::Method) {
        let url = reqwest::Url::parse(shown_url).ok();
        self.0.waiting = Some(WaitingRequest {
            since: Instant::now(),
            host: url
                .as_ref()
                .and_then(|url| url.host_str())
                .map(str::to_owned),
            port: url.as_ref().and_then(reqwest::Url::port_or_known_default),
            method: known_method(method),
        });
    }

    /// Records that the request that waited is sent now.
    pub(crate) fn record_sent(&mut self, waited: Duration) {
        let waiting = self.0.waiting.take();
        let method = waiting.as_ref().map_or("_OTHER", |waiting| waiting.method);
        let port = waiting.as_ref().and_then(|waiting| waiting.port);
        self.0.requests.push(RequestTimes {
            waited,
            sent_at: Instant::now(),
            took: None,
            phases: Phases::default(),
            host: waiting.and_then(|waiting| waiting.host),
            port,
            method,
            status: None,
            extracted: None,
        });
    }

    /// Records how long the source took for the last request.
    pub(crate) fn record_phases(&mut self, took: Duration, phases: Phases) {
        if let Some(request) = self.0.requests.last_mut() {
            (request.took, request.phases) = (Some(took), phases);
        }
    }

    /// Records the status of the last answer.
    pub(crate) fn record_status(&mut self, status: u16) {
        if let Some(request) = self.0.requests.last_mut() {
            request.status = Some(status);
        }
    }

    /// Records that the last answer has been read now.
    pub(crate) fn record_extract(&mut self, took: Duration) {
        if let Some(request) = self.0.requests.last_mut() {
            request.extracted = Some((Instant::now(), took));
        }
    }

    /// Records that the result is complete and waits to be stored.
    pub(crate) fn record_completed(&mut self, at: Instant) {
        self.0.completed_at = Some(at);
    }

    /// Ends the trace now, and gives its spans to telemetry; `is_stored` says whether the result was
    /// stored, rather than refused or dropped.
    pub(crate) fn end(self, job: &Finished, is_stored: bool) {
        let spans = spans::of_job(&self.0, job, is_stored, Instant::now());
        self.0.telemetry.record(spans);
    }
}

/// The method as a word; those of the HTTP standard that a definition may name.
fn known_method(method: &reqwest::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "HEAD" => "HEAD",
        _ => "_OTHER",
    }
}
