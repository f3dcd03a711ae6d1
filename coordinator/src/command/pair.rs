//! What is printed of a pair of films, and of one of cinemas.

use std::fmt::Debug;

use schema::pair::PairDecision;
use serde_json::Value;

/// Says what a person decided on the two.
pub(super) fn print_decision(decisions: Vec<PairDecision>, ids: [i32; 2]) {
    let pair = (ids[0].min(ids[1]), ids[0].max(ids[1]));
    for decision in decisions {
        if (decision.a, decision.b) == pair {
            let what = if decision.is_same {
                "the same"
            } else {
                "different"
            };
            println!(
                "{} decided that they are {what}: {}",
                decision.decided_by, decision.reason
            );
        }
    }
}

/// The name of a signal.
pub(super) fn signal(signal: impl Debug) -> String {
    format!("{signal:?}").to_lowercase()
}

/// The texts of stored evidence, a line each.
pub(super) fn evidence(reasons: &Value) -> String {
    let reasons = reasons.as_array().into_iter().flatten();
    let texts: Vec<&str> = reasons
        .filter_map(|reason| reason["text"].as_str())
        .collect();
    texts.join("\n")
}
