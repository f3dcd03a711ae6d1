//! Pairs of films or of cinemas: what people decided on them, and on which a person should decide.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// What a person decided on a pair of films or of cinemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairDecision {
    /// The one with the lower number.
    pub a: i32,
    /// The other.
    pub b: i32,
    /// Whether they are one work, or one venue.
    pub is_same: bool,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// Who decided.
    pub decided_by: String,
    /// Why.
    pub reason: String,
}

/// A pair on which a person should decide.
#[derive(Debug, Clone, PartialEq)]
pub struct PairDoubt {
    /// The one with the lower number.
    pub a: i32,
    /// The other.
    pub b: i32,
    /// Score of the pair.
    pub score: f32,
    /// The evidence.
    pub reasons: Value,
}

/// Columns of doubts: both numbers, scores and evidence.
pub(super) fn columns(doubts: &[PairDoubt]) -> (Vec<i32>, Vec<i32>, Vec<f32>, Vec<Value>) {
    (
        doubts.iter().map(|one| one.a).collect(),
        doubts.iter().map(|one| one.b).collect(),
        doubts.iter().map(|one| one.score).collect(),
        doubts.iter().map(|one| one.reasons.clone()).collect(),
    )
}
