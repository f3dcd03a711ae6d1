//! Ids of traces and spans, and which traces are kept.
//!
//! The ids of a job's trace are parts of the SHA-256 of the fleet's name and the number of the job.
//! Whether a trace is kept is decided by the last 56 bits of its id, which W3C Trace Context calls its
//! randomness: every program decides alike, and a larger ratio keeps what a smaller one does.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Bits of a trace id by which it is decided whether the trace is kept.
const RANDOM_BITS: u32 = 56;

/// The id of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The id of a span within its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub u64);

impl SpanId {
    /// Returns the id of the child number `number` of this span, from 1.
    #[must_use]
    pub fn child(self, number: u64) -> Self {
        // An id of zero is invalid.
        Self(self.0.wrapping_add(number).max(1))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The ids of the trace of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobIds {
    /// The trace.
    pub trace: TraceId,
    /// Its root: the coordinator schedules the job.
    pub schedule: SpanId,
    /// The child of the root: an agent runs the job.
    pub job: SpanId,
}

impl JobIds {
    /// Returns the ids of the trace of a job of this fleet.
    #[must_use]
    pub fn new(fleet: &str, job_id: i64) -> Self {
        let hash = Sha256::new()
            .chain_update(fleet.as_bytes())
            .chain_update([0])
            .chain_update(job_id.to_be_bytes())
            .finalize();
        let number = |from: usize, to: usize| {
            hash[from..to]
                .iter()
                .fold(0_u128, |number, byte| number << 8 | u128::from(*byte))
        };
        // Masked, so the conversion loses nothing.
        let span = |from: usize| SpanId(u64::try_from(number(from, from + 8)).unwrap_or(1).max(1));
        Self {
            trace: TraceId(number(0, 16).max(1)),
            schedule: span(16),
            job: span(24),
        }
    }
}

/// Decides which traces are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampler {
    /// A trace is kept if its randomness is at least this.
    threshold: u128,
}

impl Sampler {
    /// Keeps this part of all traces, 0 to 1.
    #[must_use]
    pub fn new(ratio: f64) -> Self {
        let all = 1_u128 << RANDOM_BITS;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a ratio is within 0 to 1, and a float holds 2^56"
        )]
        let dropped = ((1.0 - ratio.clamp(0.0, 1.0)) * all as f64) as u128;
        Self { threshold: dropped }
    }

    /// Whether a trace is kept.
    #[must_use]
    pub fn keeps(self, trace: TraceId) -> bool {
        let randomness = trace.0 & ((1 << RANDOM_BITS) - 1);
        randomness >= self.threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ids are a contract between programs of different versions.
    #[test]
    fn the_ids_of_a_job_stay_what_they_are() {
        let ids = JobIds::new("fullhouse", 4711);
        assert_eq!(ids, JobIds::new("fullhouse", 4711));
        assert_eq!(ids.trace.to_string(), "6ad5234819b2cb772b7e6db5f4ae5d86");
        assert_ne!(ids.trace, JobIds::new("fullhouse", 4712).trace);
        assert_ne!(ids.trace, JobIds::new("staging", 4711).trace);
        assert_ne!(ids.schedule, ids.job);
    }

    #[test]
    fn a_ratio_keeps_its_part_and_what_a_smaller_ratio_keeps() {
        let traces = (0..20_000).map(|job| JobIds::new("fullhouse", job).trace);
        let traces: Vec<TraceId> = traces.collect();
        let kept = |ratio: f64| {
            let sampler = Sampler::new(ratio);
            traces.iter().filter(|trace| sampler.keeps(**trace)).count()
        };
        assert_eq!((kept(0.0), kept(1.0)), (0, traces.len()));
        assert!((150..250).contains(&kept(0.01)), "{}", kept(0.01));
        let (few, many) = (Sampler::new(0.1), Sampler::new(0.5));
        assert!(
            traces
                .iter()
                .all(|trace| !few.keeps(*trace) || many.keeps(*trace))
        );
    }
}
