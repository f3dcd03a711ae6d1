//! Conditions of the fleet: whether work goes on, pods, background work, and alerts themselves.

use std::time::Duration;

use liveness::stall::MAX_IDLE;
use schema::{
    alert::{Severity, SubjectKind},
    alert_facts::Fact,
};

use super::{BASE, Condition, FoundBy, MINUTE, Unit};
use crate::alert::runbook::{command, hand, owner_sql, sql};

pub(super) const LIST: [Condition; 10] = [
    Condition {
        name: "work_stalled",
        about: SubjectKind::Fleet,
        severity: Severity::Critical,
        found_by: FoundBy::Progress,
        threshold: MAX_IDLE.as_secs_f64(),
        unit: Unit::Seconds,
        // With the time until it is judged, less than a minute.
        every: Duration::from_secs(5),
        holds_for: Duration::ZERO,
        what: "the work of the {subject} has stopped",
        measure: "for",
        means: "work is due and nothing ends: nothing is seen or stored meanwhile",
        next_step: "coordinator doctor, and the logs of coordinators and pods",
        look: &[
            command("what holds the work up", "doctor"),
            command("the pods, and whether they claim", "fleet"),
            sql(
                "what the leader says",
                "SELECT name, epoch, elected_at, expires_at > now() AS leads, stall FROM leader;",
            ),
            sql(
                "what waits for a lock, and for whom",
                "SELECT pid, role_name, application, running_for, blocked_by, statement FROM database_wait;",
            ),
        ],
        act: &[
            hand(
                "no pod claims: start pods, or read the log of one; `/ready` of a pod says what it lacks",
            ),
            hand(
                "the database takes no writes: the log of the server says why, such as a full disk or a standby",
            ),
            owner_sql(
                "one session holds everything up: end it",
                "SELECT pg_terminate_backend(pid) FROM database_wait WHERE pid = 0;",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "throughput_fallen",
        about: SubjectKind::Fleet,
        found_by: FoundBy::Fact(Fact::ThroughputFallen),
        threshold: 0.5,
        unit: Unit::Share,
        every: MINUTE,
        holds_for: Duration::ZERO,
        over_for: MINUTE,
        what: "the {subject} does less than usual",
        measure: "jobs of the last hour, of those of the same hour of the week",
        means: "less is seen: looks come later, and changes between them are lost",
        next_step: "coordinator source list for sources that stopped, then coordinator fleet for pods that are missing",
        look: &[
            sql(
                "the last hours, and the same hours a week before",
                "SELECT now_hour.begins_at, now_hour.jobs, week_before.jobs AS a_week_before FROM throughput_hour AS now_hour LEFT JOIN throughput_hour AS week_before ON week_before.begins_at = now_hour.begins_at - interval '168 hours' ORDER BY 1 DESC LIMIT 24;",
            ),
            command("sources that stopped", "source list"),
            command("pods, and how many agents could be kept busy", "fleet"),
            command("limit keys that are slowed down or paused", "limit list"),
        ],
        act: &[
            hand(
                "start the pods that are missing, or see to the source that stopped; it has an alert of its own",
            ),
            hand(
                "if sources were taken out on purpose, silence this for a month: then it is the usual",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "leader_changing",
        about: SubjectKind::Fleet,
        found_by: FoundBy::Fact(Fact::LeaderChanging),
        threshold: 5.0,
        holds_for: Duration::ZERO,
        over_for: MINUTE,
        what: "the leader of the {subject} changes often",
        measure: "terms within 15 min",
        means: "each change costs some seconds in which nothing is scheduled",
        next_step: "the logs of the coordinators: another coordinator leads now, and what stands before it",
        look: &[
            sql(
                "the last terms",
                "SELECT epoch, elected_at, name FROM leader_term ORDER BY epoch DESC LIMIT 10;",
            ),
            hand(
                "the logs of the coordinators: `another coordinator leads now` and what stands before it",
            ),
        ],
        act: &[
            hand(
                "a coordinator that is slow loses its lease: give it more processor time, or raise `coordinator.lease`",
            ),
            hand("one that is killed for memory needs more of it"),
        ],
        ..BASE
    },
    Condition {
        name: "pod_stalled",
        about: SubjectKind::Pod,
        found_by: FoundBy::Fact(Fact::PodsStalled),
        holds_for: MINUTE,
        what: "pod {subject} cannot go on",
        measure: "pods",
        means: "others do its work, more slowly",
        next_step: "read the log of the pod",
        look: &[
            sql(
                "what the pod says",
                "SELECT name, stall, agents_busy, agents, draining FROM pod WHERE name = '{subject}' AND ended_at IS NULL;",
            ),
            hand("the log of the pod, from the time at which the alert was opened"),
        ],
        act: &[hand(
            "restart the pod: its claims are given back at once if it ends in order, and after its lease otherwise",
        )],
        ..BASE
    },
    Condition {
        name: "leases_expired",
        about: SubjectKind::Fleet,
        found_by: FoundBy::Fact(Fact::LeasesExpired),
        threshold: 10.0,
        holds_for: Duration::ZERO,
        what: "pods of the {subject} ended without a word",
        measure: "claims lost within 10 min",
        means: "their tasks run again, later than planned; pods are killed, or do not reach the database",
        next_step: "coordinator fleet, then the reason why pods end: memory, restarts, network",
        look: &[
            command("the pods that run", "fleet"),
            sql(
                "the pods that ended within an hour, and why",
                "SELECT name, ended_at, end_reason FROM pod WHERE ended_at > now() - interval '1 hour' ORDER BY ended_at DESC;",
            ),
            hand(
                "restarts and out-of-memory kills in Kubernetes: `kubectl get pods`, `kubectl describe pod`",
            ),
        ],
        act: &[hand(
            "raise the memory of the pods, or lower `agent.count`; if the network is at fault, the claims run again by themselves",
        )],
        ..BASE
    },
    Condition {
        name: "rescue_stalled",
        about: SubjectKind::Pod,
        severity: Severity::Critical,
        found_by: FoundBy::Fact(Fact::RescueStalled),
        threshold: 120.0,
        unit: Unit::Seconds,
        what: "the claims of pod {subject} are not given back",
        measure: "since its lease ran out",
        means: "its tasks run nowhere; the rescue of every coordinator fails or hangs",
        next_step: "coordinator doctor for locks, and the log of the pass rescue",
        look: &[
            sql(
                "what the rescue last did, in each coordinator",
                "SELECT coordinator, run_at, failures, error FROM background_pass WHERE pass = 'rescue' ORDER BY run_at DESC;",
            ),
            sql(
                "what waits for a lock",
                "SELECT pid, application, running_for, blocked_by, statement FROM database_wait;",
            ),
            command("locks and settings of the server", "doctor"),
        ],
        act: &[
            owner_sql(
                "end the session that holds the lock",
                "SELECT pg_terminate_backend(pid) FROM database_wait WHERE pid = 0;",
            ),
            hand("if no coordinator runs, start one: each rescues, leader or not"),
        ],
        ..BASE
    },
    Condition {
        name: "tasks_isolated",
        found_by: FoundBy::Fact(Fact::TasksIsolated),
        holds_for: Duration::ZERO,
        what: "tasks of source {subject} are isolated",
        measure: "tasks",
        means: "the pod that ran them died each time, so they are not run any more",
        next_step: "coordinator task list; report what the answer does, then coordinator task release",
        look: &[
            command(
                "the tasks, and the jobs that ended with their pods",
                "task list",
            ),
            sql(
                "the same in SQL",
                "SELECT source, step, key, last_job_id FROM isolated_task WHERE source = '{subject}';",
            ),
        ],
        act: &[
            hand(
                "look at the answer: its size and form are what ends a pod; report it as a defect",
            ),
            command(
                "when the program or the definition is corrected",
                "task release {subject}/seats/1/4711 --reason 'corrected'",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "pass_failing",
        about: SubjectKind::Pass,
        found_by: FoundBy::Fact(Fact::PassFailing),
        threshold: 3.0,
        over_for: MINUTE,
        what: "background work fails: {subject}",
        measure: "failures in a row",
        means: "what this pass keeps up to date gets old; the others go on",
        next_step: "the evidence has the error: often a missing right (coordinator access prepare) or a missing migration",
        look: &[
            sql(
                "the error, in each coordinator",
                "SELECT coordinator, run_at, failures, error FROM background_pass WHERE pass = '{subject}' ORDER BY run_at DESC;",
            ),
            command("settings, rights and locks", "doctor"),
        ],
        act: &[
            hand("a missing right: run `coordinator access prepare` as the owner"),
            hand("a missing table or column: run `coordinator migrate` as the owner"),
        ],
        ..BASE
    },
    Condition {
        name: "check_failing",
        about: SubjectKind::Condition,
        found_by: FoundBy::Fact(Fact::CheckFailing),
        threshold: 5.0,
        unit: Unit::Minutes,
        holds_for: Duration::ZERO,
        what: "condition {subject} cannot be looked at",
        measure: "for",
        means: "no alert of this condition is opened meanwhile, and none ends",
        next_step: "the evidence has the error; coordinator doctor",
        look: &[
            sql(
                "the error, and since when",
                "SELECT condition, failed_since, error FROM alert_check WHERE failed_since IS NOT NULL;",
            ),
            command("settings, rights and locks", "doctor"),
        ],
        act: &[
            hand(
                "a missing right or table: `coordinator migrate`, then `coordinator access prepare`, as the owner",
            ),
            hand(
                "a statement that takes more than 5 s: vacuum and analyze the tables that it reads",
            ),
        ],
        ..BASE
    },
    Condition {
        name: "receiver_failing",
        about: SubjectKind::Receiver,
        found_by: FoundBy::Fact(Fact::ReceiverFailing),
        threshold: 15.0,
        unit: Unit::Minutes,
        holds_for: Duration::ZERO,
        what: "receiver {subject} takes no messages",
        measure: "the oldest waits for",
        means: "its readers are not notified; messages wait, and are given up after alerts.give_up_after",
        next_step: "coordinator alert test, then correct alerts.receivers.{subject}",
        look: &[
            sql(
                "what waits, and why it was not taken",
                "SELECT receiver, count(*) AS waiting, min(created_at) AS since, max(last_error) AS error FROM message WHERE sent_at IS NULL AND expired_at IS NULL GROUP BY receiver;",
            ),
            command("what each receiver answers", "alert test"),
        ],
        act: &[hand(
            "correct `alerts.receivers.SUBJECT` in the settings of every coordinator and restart them; what waits is sent in its order",
        )],
        ..BASE
    },
];
