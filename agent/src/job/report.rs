//! What a job will say of itself, filled in as it goes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::DateTime;
use schema::{
    finish::{Finished, Observation, Quarantined, SeenPrices, Snapshot},
    word::{ErrorClass, LogLevel, Outcome},
};
use source_fetch::{Fetched, memory_budget::Reservation};
use source_language::{
    extract::Gaps,
    mask::Mask,
    response::{FetchError, class_of},
    rows,
    source::{Learnt, Source, conversation::Response},
};

use serde_json::Value;

use super::{Run, ask::Held, deadline::Phase, reading::Turn};
use crate::{
    heart::Registration,
    store::{Ended, Pause, catalogue::Listing},
};

/// Longer texts are cut: a hostile answer shall not fill the history.
const LONGEST_TEXT_CHARS: usize = 2000;
/// Lines of the job's log at most.
const MOST_LINES: usize = 100;

/// See the module.
#[derive(Debug)]
pub(super) struct Report {
    registration: Arc<Registration>,
    observed_at: Option<Instant>,
    /// The last answer, until it is known to be usable.
    answer: Option<Arc<Response>>,
    turn: Option<Turn>,
    /// What hides secrets, once there is something to hide.
    hides: Option<(Arc<Source>, Learnt)>,
    /// What the source asked of the fleet by the head of its last answer.
    pause: Option<Pause>,
    memory: Option<Reservation>,
    phase: Phase,
    job: Finished,
}

impl Report {
    pub(super) fn new(run: &Run) -> Self {
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
        };
        Self {
            registration: run.registration.clone(),
            observed_at: None,
            answer: None,
            turn: None,
            hides: None,
            pause: None,
            memory: None,
            phase: Phase::Prepares,
            job,
        }
    }

    /// What this source keeps secret, and what its conversation learns, is shown nowhere.
    pub(super) fn hides(&mut self, source: Arc<Source>, learnt: Learnt) {
        self.hides = Some((source, learnt));
    }

    /// Returns what hides all that is secret now.
    pub(super) fn mask(&self) -> Mask {
        let hides = self.hides.as_ref();
        hides.map_or_else(Mask::default, |(source, learnt)| source.mask(learnt))
    }

    /// Returns what was learnt, if a conversation was begun.
    pub(super) fn learnt(&self) -> Option<&Learnt> {
        self.hides.as_ref().map(|(_, learnt)| learnt)
    }

    /// What the job does from now on.
    pub(super) fn enters(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// What the job does.
    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// The request as it may be shown.
    pub(super) fn asks(&mut self, shown_url: &str) {
        self.job.request_url = Some(storable(shown_url));
        self.phase = Phase::WaitsForLimit;
        // What an earlier request of this job was answered is done with.
        (self.answer, self.turn, self.memory) = (None, None, None);
    }

    /// The request goes out now.
    pub(super) fn sends(&mut self) {
        self.phase = Phase::Fetches;
        self.job.requests += 1;
    }

    /// The head of the answer asks the fleet for a pause.
    pub(super) fn asked_for_pause(&mut self, pause: Pause) {
        self.pause = Some(pause);
    }

    /// The pause that the head of the last answer asked for.
    pub(super) fn pause(&self) -> Option<Pause> {
        self.pause
    }

    /// The answer is complete now, or failed; the source `took` so long.
    pub(super) fn received(&mut self, fetched: Option<&Fetched>, took: Duration) {
        self.job.fetch = Some(took);
        if let Some(fetched) = fetched {
            self.job.http_status = i16::try_from(fetched.status).ok();
            // A refusal shows nothing; that nothing has changed is an observation.
            if class_of(fetched.status).is_none() || fetched.status == 304 {
                self.observed_at = Some(Instant::now());
                self.job.response_bytes = i32::try_from(fetched.body.len()).ok();
            }
        }
    }

    /// The answer is about to be read, in its turn.
    pub(super) fn got(&mut self, answer: Arc<Response>, held: Held) {
        self.phase = Phase::Reads;
        self.answer = Some(answer);
        (self.turn, self.memory) = (Some(held.turn), Some(held.memory));
    }

    /// The turn of the answer, for whoever may have to wait now.
    pub(super) fn take_turn(&mut self) -> Option<Turn> {
        self.turn.take()
    }

    /// The answer, if the job failed because of what it says.
    pub(super) fn evidence(&mut self, class: ErrorClass) -> Option<Arc<Response>> {
        let is_of_answer = matches!(class, ErrorClass::Malformed | ErrorClass::Unexpected);
        self.answer.take().filter(|_| is_of_answer)
    }

    /// The answer is kept to be looked at.
    pub(super) fn quarantines(&mut self, kept: Quarantined) {
        self.job.quarantined = Some(kept);
    }

    /// Adds a line to the job's log.
    pub(super) fn log(&mut self, level: LogLevel, message: &str) {
        if self.job.logs.len() < MOST_LINES {
            let message = self.mask().text(message);
            self.job.logs.push((level, storable(&message)));
        }
    }

    /// The answer was a seat map.
    pub(super) fn saw(&mut self, snapshot: Snapshot, logs: Vec<(LogLevel, String)>) {
        self.job.row_count = Some(snapshot.counts.total());
        self.job.seats = Some(snapshot);
        for (level, message) in logs {
            self.log(level, &message);
        }
    }

    /// What of the answer could not be read: in the history and the log.
    pub(super) fn lacks(&mut self, gaps: &Gaps) {
        let Some(sentence) = gaps.sentence() else {
            return;
        };
        self.job.missing = Some(i32::try_from(gaps.missing).unwrap_or(i32::MAX));
        // Silence is accepted by the definition, and common.
        let level = match gaps.missing {
            0 => LogLevel::Info,
            _ => LogLevel::Warn,
        };
        self.log(level, &sentence);
    }

    /// The answer was prices alone.
    pub(super) fn saw_prices(&mut self, prices: Option<SeenPrices>, rows: usize) {
        self.job.row_count = i32::try_from(rows).ok();
        self.job.prices = prices;
    }

    /// The answer was values beside the seats.
    pub(super) fn saw_observations(&mut self, rows: Vec<rows::Observation>) {
        self.job.row_count = i32::try_from(rows.len()).ok();
        self.job.observations = rows.into_iter().map(observation).collect();
    }

    /// The answer was a listing; gives its history, and when it was complete.
    pub(super) fn listed(&self, listing: &Listing) -> (Finished, Instant) {
        let job = Finished {
            row_count: i32::try_from(listing.len()).ok(),
            outcome: Outcome::Succeeded,
            ..self.job.clone()
        };
        (job, self.observed_at.unwrap_or_else(Instant::now))
    }

    pub(super) fn succeeded(mut self) -> Ended {
        self.job.outcome = Outcome::Succeeded;
        // Rows that nobody was asked for are as they are now.
        self.observed_at.get_or_insert_with(Instant::now);
        self.ended(None)
    }

    /// Another job goes on.
    pub(super) fn continued(mut self) -> Ended {
        self.job.outcome = Outcome::Continued;
        self.ended(None)
    }

    pub(super) fn returned(mut self, reason: String) -> Ended {
        self.job.error = Some(reason);
        self.ended(None)
    }

    pub(super) fn failed(mut self, failure: &FetchError, pause: Option<Pause>) -> Ended {
        self.job.outcome = Outcome::Failed;
        self.job.error_class = Some(failure.class);
        self.job.retry_after = failure.retry_after;
        let message = self.mask().text(&failure.message);
        self.job.error = Some(storable(&message));
        let status = failure
            .http_status
            .and_then(|status| i16::try_from(status).ok());
        self.job.http_status = status.or(self.job.http_status);
        self.ended(pause)
    }

    fn ended(self, pause: Option<Pause>) -> Ended {
        Ended {
            registration: self.registration,
            observed_at: self.observed_at,
            job: self.job,
            pause,
        }
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

/// Cuts a long text, and leaves out the one character that the database refuses.
fn storable(text: &str) -> String {
    text.chars()
        .filter(|&character| character != '\0')
        .take(LONGEST_TEXT_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_a_stranger_is_cut_to_what_can_be_stored() {
        assert_eq!(storable("a\0b"), "ab");
        assert_eq!(
            storable(&"ä".repeat(9999)).chars().count(),
            LONGEST_TEXT_CHARS
        );
    }
}
