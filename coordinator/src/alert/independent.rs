//! Alerts that only Prometheus can raise: what a leader that is dead, or a database that is away, cannot
//! say of itself.
//!
//! Each is an expression over the metrics of the programs themselves, independent of the conditions.

use std::time::Duration;

use schema::alert::Severity;

use super::runbook::{Step, command, hand};

/// An alert over metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricAlert {
    /// Its name, as a condition has one.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What holds while it is wrong.
    pub expression: &'static str,
    /// How long it must hold before it is an alert.
    pub holds_for: Duration,
    /// What is wrong.
    pub what: &'static str,
    /// What it means for data and readers.
    pub means: &'static str,
    /// How to look.
    pub look: &'static [Step],
    /// What to do.
    pub act: &'static [Step],
}

const MINUTE: Duration = Duration::from_mins(1);

/// The list, the gravest first.
pub const LIST: [MetricAlert; 8] = [
    MetricAlert {
        name: "no_leader",
        severity: Severity::Critical,
        // Without any coordinator the metric is absent, and so is every condition.
        expression: "(max(fullhouse_leader) or vector(0)) < 1",
        holds_for: MINUTE,
        what: "no coordinator leads",
        means: "nothing is scheduled, and no condition is looked at, so no other alert is opened",
        look: &[
            command("the leader and its lease", "doctor"),
            hand(
                "the pods of the coordinator, and their logs: do they run, do they reach the database?",
            ),
        ],
        act: &[hand(
            "start a coordinator, or restore the database; leadership comes back by itself within the lease time",
        )],
    },
    MetricAlert {
        name: "processes_stalled",
        severity: Severity::Critical,
        // A process judges for most of a minute before it says so.
        expression: "max(fullhouse_stalled{reason!=\"reported\"}) > 0",
        holds_for: Duration::ZERO,
        what: "a coordinator, pod or receiver cannot go on",
        means: "its work has stopped: the database is away, takes no writes or refuses a statement, or tasks are due and nothing is claimed",
        look: &[
            command("settings, rights and locks", "doctor"),
            hand(
                "`fullhouse_stalled` has the reason and the process; its `/ready` and its log have the sentence",
            ),
        ],
        act: &[hand(
            "restore what the sentence names: the database (a full disk, a standby, a missing right), or pods; the process goes on by itself",
        )],
    },
    MetricAlert {
        name: "conditions_unchecked",
        severity: Severity::Critical,
        expression: "min(fullhouse_background_pass_age_seconds{pass=\"alerts\"}) > 120",
        holds_for: MINUTE,
        what: "conditions are not looked at",
        means: "the leader runs, but no alert is opened or ended: what Prometheus and the page show is old",
        look: &[
            command("settings, rights and locks", "doctor"),
            hand("the log of the leader: the pass alerts says why it fails"),
        ],
        act: &[hand(
            "restore the database or the missing right; if the pass hangs, restart the coordinator that leads",
        )],
    },
    MetricAlert {
        name: "results_wait",
        severity: Severity::Critical,
        expression: "sum(min_over_time(fullhouse_store_backlog[2m])) > 0 and \
                     sum(rate(fullhouse_store_snapshots_total[2m])) == 0",
        holds_for: MINUTE,
        what: "results wait in pods and none is stored",
        means: "pods have answers that they cannot write; what waits is lost if a pod ends, and its tasks run again",
        look: &[
            command("settings, rights and locks", "doctor"),
            hand("the log of a pod: the store says what the database answers"),
        ],
        act: &[hand(
            "restore the database: a full disk, a standby, a lock; pods go on by themselves",
        )],
    },
    MetricAlert {
        name: "events_wait",
        severity: Severity::Critical,
        expression: "sum(min_over_time(fullhouse_receive_backlog_events[2m])) > 0 and \
                     sum(rate(fullhouse_receive_events_total{result=\"ok\"}[2m])) == 0",
        holds_for: MINUTE,
        what: "received events wait and none is stored",
        means: "clients get 503 and keep their events; those of clients that do not are lost",
        look: &[
            command("settings, rights and locks", "doctor"),
            hand("the log of a receiver: the writer says what the database answers"),
        ],
        act: &[hand("restore the database; receivers go on by themselves")],
    },
    MetricAlert {
        name: "events_refused",
        severity: Severity::Warning,
        expression: "sum(rate(fullhouse_receive_requests_total{status=~\"5..\"}[5m])) / \
                     sum(rate(fullhouse_receive_requests_total[5m])) > 0.05",
        holds_for: Duration::from_mins(5),
        what: "receivers answer more than 5 % of the requests with an error of their own",
        means: "clients send these events again, later",
        look: &[hand(
            "the panel *Requests by status* of the dashboard of events, and the logs of the receivers",
        )],
        act: &[hand(
            "if memory is full (503), start more receivers or raise `receive.memory`; otherwise restore the database",
        )],
    },
    MetricAlert {
        name: "no_pod",
        severity: Severity::Warning,
        expression: "absent(fullhouse_agent_slots)",
        holds_for: Duration::from_mins(5),
        what: "no pod of agents shows metrics",
        means: "no pod runs, or Prometheus reaches none: then nothing is seen of claims, requests and results",
        look: &[
            command("the pods that the database knows", "fleet"),
            hand("the targets of Prometheus, and the network policy that lets it in"),
        ],
        act: &[hand(
            "start pods, or open the way from Prometheus to port 9000",
        )],
    },
    MetricAlert {
        name: "watchdog",
        severity: Severity::Info,
        expression: "vector(1)",
        holds_for: Duration::ZERO,
        what: "alerts arrive",
        means: "this alert is always on: it shows that rules are evaluated and that messages arrive",
        look: &[hand("nothing is wrong")],
        act: &[hand(
            "send it to a service that says so when it stays away, as `alerts.heartbeat` does for the leader",
        )],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{super::condition, *};

    #[test]
    fn no_name_stands_twice() {
        let mut names: BTreeSet<&str> = condition::all().map(|one| one.name).collect();
        for alert in &LIST {
            assert!(names.insert(alert.name), "{} stands twice", alert.name);
        }
    }
}
