//! The answer to a request: one result per event.

use serde::Serialize;

use crate::event::ReceivedEvent;
use crate::rejection::{Rejection, Warning};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventResult {
    /// It is stored.
    Ok,
    /// It was stored before, under the same message id; it counts once.
    Duplicate,
    /// It is not stored and never will be as it is.
    Rejected,
    /// It is not stored now; the same event may be sent again.
    Retry,
}

/// The result of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventAnswer {
    /// The event's message id as it was sent, or the one that it was given. Absent if unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// What became of the event.
    pub result: EventResult,
    /// JSON pointer into the body to what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What is wrong: the value, the limit and the way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is odd about an event that is stored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl EventAnswer {
    /// Says that `event` is stored.
    #[must_use]
    pub fn ok(event: &ReceivedEvent) -> Self {
        Self {
            warnings: event.warnings.clone(),
            ..Self::of(event, EventResult::Ok)
        }
    }

    /// Says that `event` was stored before.
    #[must_use]
    pub fn duplicate(event: &ReceivedEvent) -> Self {
        Self::of(event, EventResult::Duplicate)
    }

    /// Says that `event` is not stored now, and why.
    #[must_use]
    pub fn retry(event: &ReceivedEvent, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::of(event, EventResult::Retry)
        }
    }

    /// Says that an event is rejected, and why.
    #[must_use]
    pub fn rejected(rejection: &Rejection) -> Self {
        Self {
            message_id: rejection.message_id.clone(),
            result: EventResult::Rejected,
            pointer: Some(rejection.pointer.clone()),
            reason: Some(rejection.reason.clone()),
            warnings: Vec::new(),
        }
    }

    fn of(event: &ReceivedEvent, result: EventResult) -> Self {
        Self {
            message_id: event.message_id.as_ref().map(|id| id.text.clone()),
            result,
            pointer: None,
            reason: None,
            warnings: Vec::new(),
        }
    }
}

/// The body of the answer to a request that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// One result per event, in the order of the request.
    pub results: Vec<EventAnswer>,
}

impl Answer {
    /// Returns how many events had `result`.
    #[must_use]
    pub fn count(&self, result: EventResult) -> usize {
        self.results
            .iter()
            .filter(|answer| answer.result == result)
            .count()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::rejection::RejectionKind;

    #[test]
    fn a_rejection_is_answered_with_pointer_and_reason() {
        let rejection = Rejection {
            index: 3,
            message_id: Some("m-3".into()),
            event: Some("seat_chosen".into()),
            schema_version: None,
            kind: RejectionKind::Placeholder,
            pointer: "/events/3/user_id".into(),
            reason: "user_id is \"undefined\"".into(),
            body: "{}".into(),
        };
        let answer = Answer {
            results: vec![EventAnswer::rejected(&rejection)],
        };

        assert_eq!(
            serde_json::to_value(&answer).unwrap(),
            json!({"results": [{
                "message_id": "m-3",
                "result": "rejected",
                "pointer": "/events/3/user_id",
                "reason": "user_id is \"undefined\"",
            }]})
        );
        assert_eq!(answer.count(EventResult::Rejected), 1);
    }
}
