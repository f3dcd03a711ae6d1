//! The report of a job: its history, filled in step by step, and what it holds until it ends.
//!
//! Gives a [`JobResult`](crate::store::JobResult) for the store. Texts of sources are masked and cut
//! here.

mod ending;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use body_archive::BodyHash;
use chrono::DateTime;
use schema::{
    enums::{CacheResult, ErrorClass, LogLevel, Outcome},
    finish::{Finished, NewLogLine, Observation, Quarantined, SeenPrices, Snapshot, Trace},
};
use source_fetch::{Fetched, Phases, memory_budget::Reservation};
use source_language::{
    extract::Gaps,
    mask::Mask,
    response::class_of,
    rows,
    source::{
        Learnt, Source,
        conversation::{NextRequest, Response},
    },
};

use serde_json::{Value, json};

use telemetry::Telemetry;

use super::{
    messages::RunJob,
    phase::JobPhase,
    read_slots::{HeldResources, ReadSlot},
    stored_text::{storable, with_texts},
};
use crate::{registration::Registration, store::Pause, trace::JobTag};

/// Lines of the job's log.
const MAX_LOG_LINES: usize = 100;

/// The report of one job.
#[derive(Debug)]
pub(super) struct Report {
    registration: Arc<Registration>,
    observed_at: Option<Instant>,
    /// The last answer, until it is known to be usable.
    response: Option<Arc<Response>>,
    /// The body of a refusal.
    refusal: Vec<u8>,
    read_slot: Option<ReadSlot>,
    /// What masks secrets, once a conversation has begun.
    secrets: Option<(Arc<Source>, Learnt)>,
    /// The pause that the head of the last answer asked for.
    pause: Option<Pause>,
    memory: Option<Reservation>,
    phase: JobPhase,
    /// Whether the answer to the last request may be used again.
    is_cacheable: bool,
    tag: JobTag,
    job: Finished,
}

impl Report {
    pub(super) fn new(run: &RunJob, telemetry: &Telemetry) -> Self {
        let pod_id = run.registration.pod_id;
        let job = Finished {
            job_id: run.claim.job_id,
            task_id: run.claim.task_id,
            parent_job_id: run.claim.parent_job_id,
            observed_ago: None,
            fetch: None,
            response_bytes: None,
            row_count: None,
            missing: None,
            retry_after: None,
            outcome: Outcome::Returned,
            error_class: None,
            http_status: None,
            requests: 0,
            request_url: None,
            error: None,
            seats: None,
            prices: None,
            observations: Vec::new(),
            quarantined: None,
            logs: Vec::new(),
            trace: Trace::default(),
        };
        Self {
            registration: run.registration.clone(),
            observed_at: None,
            response: None,
            refusal: Vec::new(),
            read_slot: None,
            secrets: None,
            pause: None,
            memory: None,
            phase: JobPhase::Prepares,
            is_cacheable: false,
            tag: JobTag::begin(telemetry, &run.claim, run.claim_sent_at, pod_id),
            job,
        }
    }

    /// Records the source of the job.
    pub(super) fn record_source(&mut self, source: &Source) {
        if let Some(trace) = &mut self.tag.trace {
            trace.record_source(&source.definition().name);
        }
    }

    /// Masks the secrets of this source from now on, and the values that its conversation learns.
    pub(super) fn mask_secrets_of(&mut self, source: Arc<Source>, learnt: Learnt) {
        self.secrets = Some((source, learnt));
    }

    /// Returns the mask of all secrets that are known now.
    pub(super) fn mask(&self) -> Mask {
        let secrets = self.secrets.as_ref();
        secrets.map_or_else(Mask::default, |(source, learnt)| source.mask(learnt))
    }

    /// Returns the secrets that the conversation has learnt, if one was begun.
    pub(super) fn learnt(&self) -> Option<&Learnt> {
        self.secrets.as_ref().map(|(_, learnt)| learnt)
    }

    /// Sets what the job does from now on.
    pub(super) fn enter(&mut self, phase: JobPhase) {
        self.phase = phase;
    }

    /// Returns what the job does.
    pub(super) fn phase(&self) -> JobPhase {
        self.phase
    }

    /// Records the job whose conversation this one continues.
    pub(super) fn record_previous(&mut self, job_id: Option<i64>) {
        self.job.trace.previous_job_id = job_id;
    }

    /// Adds requests of `first` that were not sent, because their answers were known.
    pub(super) fn count_first_hits(&mut self, hits: u16) {
        let hits = i16::try_from(hits).unwrap_or(i16::MAX);
        if hits > 0 {
            let before = self.job.trace.first_hits.unwrap_or(0);
            self.job.trace.first_hits = Some(before.saturating_add(hits));
        }
    }

    /// Records the next request by its masked URL, and releases what the last answer held.
    pub(super) fn prepare_request(&mut self, asked: &NextRequest) {
        self.job.request_url = Some(storable(asked.request.shown_url()));
        self.job.trace.kind = Some(asked.kind());
        self.is_cacheable = asked.is_cacheable();
        self.phase = JobPhase::WaitsForLimit;
        (self.response, self.read_slot, self.memory) = (None, None, None);
        self.refusal = Vec::new();
        if let Some(trace) = &mut self.tag.trace {
            trace.record_waiting(asked.request.shown_url(), &asked.request.method);
        }
    }

    /// Counts a request, which is sent now, after `waited` for the limit.
    pub(super) fn count_request(&mut self, waited: Duration) {
        self.phase = JobPhase::Fetches;
        self.job.trace.wait = Some(waited);
        self.job.requests += 1;
        if let Some(trace) = &mut self.tag.trace {
            trace.record_sent(waited);
        }
    }

    /// Records the pause that the head of an answer asked for.
    pub(super) fn record_pause(&mut self, pause: Pause) {
        self.pause = Some(pause);
    }

    /// Returns the pause that the head of the last answer asked for.
    pub(super) fn pause(&self) -> Option<Pause> {
        self.pause
    }

    /// Records how long the source took in all, and the phases of that as far as they came.
    pub(super) fn record_phases(&mut self, took: Duration, phases: Phases) {
        self.job.fetch = Some(took);
        let trace = &mut self.job.trace;
        trace.connect = phases
            .connect
            .map(|connect| phases.resolve.unwrap_or_default() + connect);
        (trace.first_byte, trace.body) = (phases.first_byte, phases.body);
        if let Some(trace) = &mut self.tag.trace {
            trace.record_phases(took, phases);
        }
    }

    /// Adds a time that it took to read an answer.
    pub(super) fn record_extract(&mut self, took: Duration) {
        let before = self.job.trace.extract.unwrap_or_default();
        self.job.trace.extract = Some(before + took);
        if let Some(trace) = &mut self.tag.trace {
            trace.record_extract(took);
        }
    }

    /// Records an answer that is complete now, or `None` if it failed.
    pub(super) fn record_response(&mut self, fetched: Option<&Fetched>) {
        if let Some(fetched) = fetched {
            if let Some(trace) = &mut self.tag.trace {
                trace.record_status(fetched.status);
            }
            self.job.trace.cache = self.is_cacheable.then_some(match fetched.status {
                304 => CacheResult::Revalidated,
                _ => CacheResult::Miss,
            });
            self.job.http_status = i16::try_from(fetched.status).ok();
            // A refusal observes nothing; an answer that nothing has changed is an observation.
            if class_of(fetched.status).is_none() || fetched.status == 304 {
                self.observed_at = Some(Instant::now());
                self.job.response_bytes = i32::try_from(fetched.body.len()).ok();
            }
        }
    }

    /// Holds an answer and its resources until the job ends or sends another request.
    pub(super) fn hold_response(&mut self, response: Arc<Response>, held: HeldResources) {
        self.phase = JobPhase::Reads;
        self.response = Some(response);
        (self.read_slot, self.memory) = (Some(held.slot), Some(held.memory));
    }

    /// Takes the read slot of the answer, for a step that may have to wait.
    pub(super) fn take_read_slot(&mut self) -> Option<ReadSlot> {
        self.read_slot.take()
    }

    /// Holds the body of a refusal until the job ends or sends another request.
    pub(super) fn hold_refusal(&mut self, body: Vec<u8>) {
        self.refusal = body;
    }

    /// Returns the last answer with what its conversation has learnt, if the answer has a body that
    /// is not archived.
    pub(super) fn unarchived_response(&self) -> Option<(Arc<Response>, Learnt)> {
        let mut answer = self.response.clone()?;
        if answer.body.is_empty() && !self.refusal.is_empty() {
            answer = Arc::new(Response {
                body: self.refusal.clone(),
                ..Response::clone(&answer)
            });
        }
        let is_new = self.job.trace.body_hash.is_none() && !answer.body.is_empty();
        is_new.then_some((answer, self.learnt()?.clone()))
    }

    /// Records the hash of the archived body.
    pub(super) fn record_body(&mut self, hash: BodyHash) {
        self.job.trace.body_hash = Some(hash.as_bytes().to_vec());
    }

    /// Takes the answer, if the job failed because of its content.
    pub(super) fn take_unusable_response(&mut self, class: ErrorClass) -> Option<Arc<Response>> {
        let is_of_content = matches!(class, ErrorClass::Malformed | ErrorClass::Unexpected);
        self.response.take().filter(|_| is_of_content)
    }

    /// Records the answer that is quarantined.
    pub(super) fn record_quarantined(&mut self, kept: Quarantined) {
        self.job.quarantined = Some(kept);
    }

    /// Adds a line to the job's log, with secrets masked.
    pub(super) fn log(&mut self, line: NewLogLine) {
        if self.job.logs.len() < MAX_LOG_LINES {
            let mask = self.mask();
            let hide = |text: &str| storable(&mask.text(text));
            self.job.logs.push(NewLogLine {
                level: line.level,
                message: hide(&line.message),
                fields: line.fields.map(|fields| with_texts(fields, &hide)),
            });
        }
    }

    /// Records a seat map, with lines for the log.
    pub(super) fn record_snapshot(&mut self, snapshot: Snapshot, logs: Vec<NewLogLine>) {
        self.job.row_count = Some(snapshot.counts.total());
        self.job.seats = Some(snapshot);
        for line in logs {
            self.log(line);
        }
    }

    /// Records in the history and the log what of the answer could not be read.
    pub(super) fn record_gaps(&mut self, gaps: &Gaps) {
        let Some(sentence) = gaps.sentence() else {
            return;
        };
        self.job.missing = Some(i32::try_from(gaps.missing).unwrap_or(i32::MAX));
        // Fields without a value are common, and the definition accepts them.
        let level = match gaps.missing {
            0 => LogLevel::Info,
            _ => LogLevel::Warn,
        };
        let line = NewLogLine::new(level, sentence);
        self.log(line.with(json!({ "missing": gaps.missing, "first": gaps.described })));
    }

    /// Records prices without seats.
    pub(super) fn record_prices(&mut self, prices: Option<SeenPrices>, rows: usize) {
        self.job.row_count = i32::try_from(rows).ok();
        self.job.prices = prices;
    }

    /// Records values over time.
    pub(super) fn record_observations(&mut self, rows: Vec<rows::Observation>) {
        self.job.row_count = i32::try_from(rows.len()).ok();
        self.job.observations = rows.into_iter().map(observation).collect();
    }
}

fn observation(row: rows::Observation) -> Observation {
    let at = row.at.and_then(|at| {
        let nanos = u32::try_from(at.subsec_nanosecond()).ok()?;
        DateTime::from_timestamp(at.as_second(), nanos)
    });
    Observation {
        value: row.value,
        at,
        subject: storable(&row.subject),
        metric: storable(&row.metric),
        properties: Value::Object(row.properties),
    }
}
