//! What became of the spans of a program, as a metric.

use prometheus::{IntCounterVec, Opts, Registry};

/// What becomes of spans.
const RESULTS: [&str; 4] = ["exported", "queue_full", "unreachable", "refused"];

/// The metrics of telemetry.
#[derive(Debug, Clone)]
pub struct TelemetryMetrics {
    /// `fullhouse_telemetry_spans_total{result}`: spans that the collector took (`exported`), and spans
    /// that were dropped, because too many waited (`queue_full`), the collector did not answer
    /// (`unreachable`) or did not want them (`refused`). Jobs wait for none of this.
    spans: IntCounterVec,
}

impl TelemetryMetrics {
    /// Creates and registers them.
    ///
    /// # Errors
    ///
    /// If the registry has them already.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let spans = IntCounterVec::new(
            Opts::new(
                "fullhouse_telemetry_spans_total",
                "Spans of traces by what became of them: exported, queue_full, unreachable, refused.",
            ),
            &["result"],
        )?;
        for result in RESULTS {
            spans.with_label_values(&[result]);
        }
        registry.register(Box::new(spans.clone()))?;
        Ok(Self { spans })
    }

    pub(crate) fn count(&self, result: &str, spans: usize) {
        let counter = self.spans.with_label_values(&[result]);
        counter.inc_by(u64::try_from(spans).unwrap_or(u64::MAX));
    }
}
