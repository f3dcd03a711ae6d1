//! Checks whether the fleet works.

use liveness::stall::{self, Facts};
use schema::progress::Progress;

use super::{Finding, Gravity};

const WHAT: &str = "fleet";

/// Judges the progress of the fleet, as the coordinators do.
#[must_use]
pub fn judge(progress: Progress) -> Vec<Finding> {
    let stalled = pods(&progress);
    let facts = Facts {
        fleet: Some(progress),
        ..Facts::default()
    };
    match stall::judge(&facts) {
        Some(stall) => vec![Finding::new(
            Gravity::Grave,
            WHAT,
            stall.to_string(),
            "work has stopped: nothing is seen or stored meanwhile",
            "see `/ready` and the logs of coordinators and pods; they also say when work continues",
        )],
        None => vec![stalled.unwrap_or_else(|| Finding::fine(WHAT, "work goes on"))],
    }
}

/// Some pods have stalled, and others work.
fn pods(progress: &Progress) -> Option<Finding> {
    let says = progress.pod_stall.as_ref()?;
    Some(Finding::new(
        Gravity::Warn,
        WHAT,
        format!(
            "{} of {} pods have stalled: {says}",
            progress.stalled_pods, progress.pods
        ),
        "the others do their work, more slowly",
        "see the logs of these pods",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gravity(progress: Progress) -> Vec<Gravity> {
        judge(progress).iter().map(|found| found.gravity).collect()
    }

    #[test]
    fn a_fleet_that_does_not_go_on_is_grave() {
        let works = || Progress {
            takes_writes: true,
            pods: 2,
            has_ended_lately: true,
            ..Progress::default()
        };
        assert_eq!(gravity(works()), [Gravity::Fine]);
        let one_pod = Progress {
            stalled_pods: 1,
            pod_stall: Some("pod-1: why".to_owned()),
            ..works()
        };
        assert_eq!(gravity(one_pod), [Gravity::Warn]);
        let read_only = Progress {
            takes_writes: false,
            ..works()
        };
        assert_eq!(gravity(read_only), [Gravity::Grave]);
    }
}
