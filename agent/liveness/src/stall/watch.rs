//! The current stall of a process, and who sees it.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus::{IntGaugeVec, Opts, Registry};
use tracing::{info, warn};

use super::{Stall, StallReason};

/// The current stall of a process, as its log, `/ready` and the metric show it; clones share it.
#[derive(Debug, Clone)]
pub struct StallWatch {
    current: Arc<Mutex<Option<Stall>>>,
    /// `fullhouse_stalled{reason}`: 1 for the reason why work has stopped, as this process sees it, else 0; a person is needed while one is 1.
    stalled: IntGaugeVec,
}

impl StallWatch {
    /// Creates the watch without a stall, and registers its metric.
    ///
    /// # Errors
    ///
    /// If the name is registered already.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let opts = Opts::new(
            "fullhouse_stalled",
            "1 for the reason why work has stopped, as this process sees it.",
        );
        let stalled = IntGaugeVec::new(opts, &["reason"])?;
        for reason in StallReason::ALL {
            stalled.with_label_values(&[reason.label()]).set(0);
        }
        registry.register(Box::new(stalled.clone()))?;
        Ok(Self {
            current: Arc::default(),
            stalled,
        })
    }

    /// Sets the current stall, and logs where it changed.
    pub fn update(&self, now: Option<Stall>) {
        for reason in StallReason::ALL {
            let holds = now.as_ref().is_some_and(|stall| stall.reason == reason);
            let gauge = self.stalled.with_label_values(&[reason.label()]);
            gauge.set(i64::from(holds));
        }
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let what = |stall: &Stall| (stall.reason, stall.subject);
        match (&*current, &now) {
            (before, Some(stall)) if before.as_ref().map(what) != Some(what(stall)) => {
                warn!(reason = stall.reason.label(), "work has stopped: {stall}");
            }
            (Some(before), None) => {
                info!(reason = before.reason.label(), "work goes on");
            }
            _ => {}
        }
        *current = now;
    }

    /// Returns the current stall as a sentence.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().map(ToString::to_string)
    }

    /// Returns the answer of `/ready`.
    ///
    /// # Errors
    ///
    /// The sentence that says why work has stopped.
    pub fn ready(&self) -> Result<(), String> {
        self.text()
            .map_or(Ok(()), |text| Err(format!("stalled: {text}")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    #[test]
    fn ready_and_metric_say_the_same() {
        let registry = Registry::new();
        let watch = StallWatch::register(&registry).unwrap();
        let gauge = |reason: StallReason| watch.stalled.with_label_values(&[reason.label()]).get();
        assert_eq!(watch.ready(), Ok(()));
        watch.update(Some(Stall {
            reason: StallReason::Unwritable,
            subject: "store results",
            detail: "the database takes no writes".to_owned(),
            lasts: Duration::from_mins(1),
        }));
        let text = "stalled: store results for 60 s: the database takes no writes";
        assert_eq!(watch.ready(), Err(text.to_owned()));
        assert_eq!(
            (gauge(StallReason::Unwritable), gauge(StallReason::Refused)),
            (1, 0)
        );
        watch.update(None);
        assert_eq!((watch.ready(), gauge(StallReason::Unwritable)), (Ok(()), 0));
    }
}
