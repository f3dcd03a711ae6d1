//! The panels of the dashboards of the database and of received events.

use schema::alert::SubjectKind;

use super::{
    super::{ChartPanel, open_alerts},
    panel, quantile, query,
};

pub(in crate::alert::dashboards) fn database() -> Vec<ChartPanel> {
    vec![
        panel(
            "Open alerts of the database and of what is made of it",
            "short",
            "The server, tables, rollups and exports.",
            vec![open_alerts(&[
                SubjectKind::Server,
                SubjectKind::Table,
                SubjectKind::Rollup,
                SubjectKind::DataSet,
                SubjectKind::BuiltDataSet,
            ])],
        ),
        panel(
            "Time of a claim",
            "s",
            "One statement of a pod, empty ones included. It grows where rows are locked or dead.",
            vec![
                quantile("median", "0.5", "fullhouse_claim_duration_seconds"),
                quantile("99 %", "0.99", "fullhouse_claim_duration_seconds"),
            ],
        ),
        panel(
            "Time of storing a batch",
            "s",
            "One transaction of a pod, failed ones included.",
            vec![
                quantile("median", "0.5", "fullhouse_store_duration_seconds"),
                quantile("99 %", "0.99", "fullhouse_store_duration_seconds"),
            ],
        ),
        panel(
            "Age of background passes",
            "s",
            "Time since each last succeeded. One that keeps growing fails.",
            vec![query(
                "{{pass}}",
                "min by (pass) (fullhouse_background_pass_age_seconds)",
            )],
        ),
        panel(
            "Background passes by outcome",
            "reqps",
            "Passes that did something, found nothing to do, or failed.",
            vec![query(
                "{{outcome}}",
                "sum by (outcome) (rate(fullhouse_background_pass_total[$__rate_interval]))",
            )],
        ),
        panel(
            "Lag of rollups",
            "s",
            "Age of the oldest change that a rollup has not read.",
            vec![query(
                "{{rollup}}",
                "max by (rollup) (fullhouse_rollup_lag_seconds)",
            )],
        ),
        panel(
            "Buckets computed again",
            "reqps",
            "Buckets of rollups per second.",
            vec![query(
                "buckets",
                "sum(rate(fullhouse_rollup_buckets_total[$__rate_interval]))",
            )],
        ),
        panel(
            "Seat records",
            "reqps",
            "Seats of stored snapshots, and of snapshots that were sealed.",
            vec![
                query(
                    "stored",
                    "sum(rate(fullhouse_store_seats_total[$__rate_interval]))",
                ),
                query(
                    "sealed",
                    "sum(rate(fullhouse_seal_seat_records_total[$__rate_interval]))",
                ),
            ],
        ),
    ]
}

pub(in crate::alert::dashboards) fn events() -> Vec<ChartPanel> {
    vec![
        panel(
            "Open alerts of clients and regions",
            "short",
            "Clients whose events are rejected, or stay away; regions that lack files, or are late.",
            vec![open_alerts(&[SubjectKind::Client, SubjectKind::Region])],
        ),
        panel(
            "Events by result",
            "reqps",
            "Stored, duplicates, rejected, to be sent again, limited.",
            vec![query(
                "{{result}}",
                "sum by (result) (rate(fullhouse_receive_events_total[$__rate_interval]))",
            )],
        ),
        panel(
            "Requests by status",
            "reqps",
            "Answers of the receivers by HTTP status.",
            vec![query(
                "{{status}}",
                "sum by (status) (rate(fullhouse_receive_requests_total[$__rate_interval]))",
            )],
        ),
        panel(
            "Time of storing a batch",
            "s",
            "One transaction of a receiver with its look-ups, failed ones included.",
            vec![
                quantile("median", "0.5", "fullhouse_receive_store_duration_seconds"),
                quantile("99 %", "0.99", "fullhouse_receive_store_duration_seconds"),
            ],
        ),
        panel(
            "Events that wait for their commit",
            "short",
            "It rises where the database is slow or away.",
            vec![query("events", "sum(fullhouse_receive_backlog_events)")],
        ),
        panel(
            "Memory that requests take",
            "bytes",
            "The part of receive.memory in use, of each receiver.",
            vec![query(
                "{{instance}}",
                "max by (instance) (fullhouse_receive_in_flight_bytes)",
            )],
        ),
        panel(
            "Events in a transaction",
            "short",
            "The mean; larger batches are cheaper.",
            vec![query(
                "events",
                "sum(rate(fullhouse_receive_batch_events_sum[$__rate_interval])) / sum(rate(fullhouse_receive_batch_events_count[$__rate_interval]))",
            )],
        ),
        panel(
            "Rejected events that are not kept",
            "reqps",
            "They are counted; their key had too many in a minute.",
            vec![query(
                "events",
                "sum(rate(fullhouse_receive_rejects_dropped_total[$__rate_interval]))",
            )],
        ),
    ]
}
