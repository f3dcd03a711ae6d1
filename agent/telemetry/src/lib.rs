//! Traces of jobs and requests, sent over OTLP without holding up the work that they show.
//!
//! The ids of a job's trace follow from the number of the job, so coordinator and agent name the
//! same trace without storing or sending anything. Spans are made when a job has ended, from the
//! times that it measured; a thread of its own encodes them as OTLP/HTTP JSON and sends them. The
//! queue to that thread is bounded: what finds no room, and what the collector does not take, is
//! dropped and counted.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`settings`] | `[telemetry]` | where spans go, and which traces are kept |
//! | [`ids`] | the number of a job | the ids of its trace, and whether the trace is kept |
//! | [`span`] | times and attributes | a [`Span`] |
//! | [`otlp`] | spans | the body of a request to `/v1/traces` |
//! | [`exporter`] | spans | requests to a collector |
//! | [`metrics`] | what became of spans | `fullhouse_telemetry_spans_total` |

pub mod settings;
pub mod ids;
pub mod span;
pub mod otlp;
pub mod metrics;
pub mod exporter;

pub use self::{
    exporter::{Service, Telemetry, TelemetryError},
    ids::{JobIds, SpanId, TraceId},
    metrics::TelemetryMetrics,
    settings::{FoundTrace, TelemetrySettings},
    span::{Attribute, Span, SpanKind},
};
