//! The root of the trace of each job: that it was scheduled.
//!
//! The agent that runs the job adds the rest: the ids of both follow from the number of the job.

use std::{collections::HashMap, time::SystemTime};

use schema::queue::{Queued, Ready};
use telemetry::{Span, SpanKind};

use super::Leadership;

impl Leadership {
    /// Gives telemetry a span for each job of `placed` whose trace is kept; the statement that
    /// placed them was sent at `began_at` and has ended now.
    pub(super) fn trace_placed(&self, ready: &[Ready], placed: &[Queued], began_at: SystemTime) {
        if !self.telemetry.is_on() {
            return;
        }
        let kept = placed
            .iter()
            .filter_map(|queued| Some((queued, self.telemetry.kept_job(queued.job_id)?)));
        let ready: HashMap<i64, &Ready> = ready.iter().map(|row| (row.task_id, row)).collect();
        let ended_at = SystemTime::now();
        for (queued, ids) in kept {
            let own = (ids.trace, ids.schedule, None);
            let times = (began_at, ended_at.max(began_at));
            let mut span = Span::new(own, SpanKind::Producer, "schedule", times);
            span.set("fullhouse.job", queued.job_id);
            span.set("fullhouse.task", queued.task_id);
            if let Some(step) = self.schedule.step_of(queued.task_id) {
                span.set("fullhouse.source", step.source.clone());
                span.set("fullhouse.source_id", step.source_id);
                span.set("fullhouse.step", step.name.clone());
            }
            if let Some(row) = ready.get(&queued.task_id) {
                span.set("fullhouse.limit_key", row.limit_key_id);
                span.set("fullhouse.permits", i64::from(row.permits));
                span.set("fullhouse.attempt", i64::from(row.attempt));
            }
            span.set("fullhouse.leader_epoch", self.term.epoch);
            self.telemetry.record(vec![span]);
        }
    }
}
