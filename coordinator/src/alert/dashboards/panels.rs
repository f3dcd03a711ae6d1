//! The panels of the dashboards of the fleet and of its sources.

pub(super) mod stored;

use schema::alert::SubjectKind;

use super::{ChartPanel, PanelQuery, open_alerts};

fn query(legend: &'static str, expression: &str) -> PanelQuery {
    PanelQuery {
        expression: expression.to_owned(),
        legend,
    }
}

fn panel(
    title: &'static str,
    unit: &'static str,
    description: &'static str,
    queries: Vec<PanelQuery>,
) -> ChartPanel {
    ChartPanel {
        title,
        description,
        unit,
        queries,
    }
}

/// The share of a histogram below which so much of it lies, over all that show it.
fn quantile(legend: &'static str, share: &str, name: &str) -> PanelQuery {
    let buckets = format!("sum by (le) (rate({name}_bucket[$__rate_interval]))");
    query(legend, &format!("histogram_quantile({share}, {buckets})"))
}

pub(super) fn fleet() -> Vec<ChartPanel> {
    let mut panels = vec![
        panel(
            "Open alerts by severity",
            "short",
            "What is wrong, as the leader finds it. The page of alerts names the subjects and the next step.",
            vec![query(
                "{{severity}}",
                "sum by (severity) (max by (condition, severity) (fullhouse_alert_active))",
            )],
        ),
        panel(
            "Open alerts of the fleet",
            "short",
            "Work that stops, pods, background work, and alerts themselves.",
            vec![open_alerts(&[
                SubjectKind::Fleet,
                SubjectKind::Pod,
                SubjectKind::Pass,
                SubjectKind::Condition,
                SubjectKind::Receiver,
            ])],
        ),
        panel(
            "Leaders, and the term",
            "short",
            "One leads. The term grows by one with each change of the leader.",
            vec![
                query("leaders", "sum(fullhouse_leader)"),
                query("term", "max(fullhouse_leader_epoch)"),
            ],
        ),
        panel(
            "Agents",
            "short",
            "Agents by state. More wanted than there are: more pods would help.",
            vec![
                query("{{state}}", "sum by (state) (fullhouse_agent_slots)"),
                query("wanted", "max(fullhouse_fleet_agents_wanted)"),
            ],
        ),
        panel(
            "Tasks",
            "short",
            "All tasks, those that are due without a permit or an agent, and those queued or running.",
            vec![query(
                "{{state}}",
                "max by (state) (fullhouse_schedule_tasks)",
            )],
        ),
    ];
    panels.extend(work());
    panels
}

/// What pods do.
fn work() -> Vec<ChartPanel> {
    vec![
        panel(
            "Jobs claimed",
            "reqps",
            "Tasks that pods take per second. None while tasks are ready: see work_stalled in the runbook.",
            vec![query(
                "jobs",
                "sum(rate(fullhouse_claim_tasks_total[$__rate_interval]))",
            )],
        ),
        panel(
            "Wait in the queue",
            "s",
            "Placed in the queue to handed to an agent.",
            vec![
                quantile("median", "0.5", "fullhouse_claim_queued_seconds"),
                quantile("99 %", "0.99", "fullhouse_claim_queued_seconds"),
            ],
        ),
        panel(
            "Looks at seats",
            "reqps",
            "Snapshots that were stored, and looks that found nothing new.",
            vec![query(
                "{{result}}",
                "sum by (result) (rate(fullhouse_store_snapshots_total[$__rate_interval]))",
            )],
        ),
        panel(
            "Results that wait to be stored",
            "short",
            "It rises where the database is slow or away.",
            vec![query("results", "sum(fullhouse_store_backlog)")],
        ),
        panel(
            "Memory that answers take",
            "bytes",
            "The part of agent.memory in use, of each pod.",
            vec![query(
                "{{instance}}",
                "max by (instance) (fullhouse_memory_taken_bytes)",
            )],
        ),
        panel(
            "Claims of dead pods given back",
            "reqps",
            "Pods that end without a word: memory, restarts, network.",
            vec![query(
                "claims",
                "sum(rate(fullhouse_rescue_claims_total[$__rate_interval]))",
            )],
        ),
        panel(
            "Pods by version",
            "short",
            "During an upgrade two versions run beside each other.",
            vec![query(
                "{{version}}, {{state}}",
                "max by (version, state) (fullhouse_fleet_pods)",
            )],
        ),
    ]
}

pub(super) fn sources() -> Vec<ChartPanel> {
    vec![
        panel(
            "Open alerts of sources",
            "short",
            "Sources and limit keys with which something is wrong.",
            vec![open_alerts(&[
                SubjectKind::Source,
                SubjectKind::LimitKey,
                SubjectKind::Anomaly,
            ])],
        ),
        panel(
            "Sources by health",
            "short",
            "A person is needed where a source is not healthy for long.",
            vec![query(
                "{{health}}",
                "sum by (health) (max by (source, health) (fullhouse_source_health{source=~\"$source\"}))",
            )],
        ),
        panel(
            "Requests",
            "reqps",
            "Answers of each source per second.",
            vec![query(
                "{{source}}",
                "sum by (source) (rate(fullhouse_fetch_duration_seconds_count{source=~\"$source\"}[$__rate_interval]))",
            )],
        ),
        panel(
            "Requests by outcome",
            "reqps",
            "Answers that could be used, unchanged ones, and failures by class.",
            vec![query(
                "{{outcome}}",
                "sum by (outcome) (rate(fullhouse_fetch_duration_seconds_count{source=~\"$source\"}[$__rate_interval]))",
            )],
        ),
        panel(
            "Share of requests that fail",
            "percentunit",
            "Of each source; what the definition refuses afterwards is not counted here.",
            vec![query(
                "{{source}}",
                "1 - sum by (source) (rate(fullhouse_fetch_duration_seconds_count{source=~\"$source\",outcome=~\"ok|unchanged\"}[$__rate_interval])) / sum by (source) (rate(fullhouse_fetch_duration_seconds_count{source=~\"$source\"}[$__rate_interval]))",
            )],
        ),
        panel(
            "Time of a request, 95 %",
            "s",
            "Request sent to body complete. A source that gets slower is asked less often.",
            vec![query(
                "{{source}}",
                "histogram_quantile(0.95, sum by (source, le) (rate(fullhouse_fetch_duration_seconds_bucket{source=~\"$source\"}[$__rate_interval])))",
            )],
        ),
        panel(
            "Rate shares of limit keys",
            "percentunit",
            "The part of its rate that a key is given; below 1 its host asked for less.",
            vec![query(
                "key {{limit_key_id}}",
                "min by (limit_key_id) (fullhouse_limit_rate_share)",
            )],
        ),
        panel(
            "Limit keys in trouble",
            "short",
            "Keys whose host fails (breaker open), and keys that are given less than their rate.",
            vec![
                query("breaker open", "max(fullhouse_limit_breakers_open)"),
                query("slowed", "max(fullhouse_limit_slowed)"),
            ],
        ),
        panel(
            "Bytes of answers",
            "Bps",
            "After decompression, and what sources did not send again because nothing had changed.",
            vec![
                query(
                    "read",
                    "sum(rate(fullhouse_fetch_bytes_total[$__rate_interval]))",
                ),
                query(
                    "saved",
                    "sum(rate(fullhouse_fetch_saved_bytes_total[$__rate_interval]))",
                ),
            ],
        ),
        panel(
            "Rows that could not be read",
            "reqps",
            "Rows that could not be read, or that moved between pages.",
            vec![query(
                "rows",
                "sum(rate(fullhouse_extract_gaps_total[$__rate_interval]))",
            )],
        ),
    ]
}
