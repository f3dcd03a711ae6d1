//! The rules of Prometheus are what the lists say, and each fires by what it is about and by nothing else.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use coordinator::alert::{
    condition, dashboards,
    independent::LIST,
    rules::{AlertRule, RUNBOOK, alert_rules, file},
};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `RENDER=1` writes the file again.
#[test]
fn the_file_has_every_rule_as_it_is() {
    let path = repository().join("k8s/monitoring/rules.yaml");
    let rendered = file(RUNBOOK);
    if std::env::var_os("RENDER").is_some() {
        fs::write(&path, &rendered).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == rendered,
        "rules.yaml is not what the lists say: coordinator alert rules > k8s/monitoring/rules.yaml"
    );
}

/// `RENDER=1` writes the files again.
#[test]
fn the_files_have_every_dashboard_as_it_is() {
    let directory = repository().join("k8s/monitoring/dashboards");
    let mut expected = Vec::new();
    for dashboard in dashboards::all() {
        let name = format!("{}.json", dashboard.uid);
        if std::env::var_os("RENDER").is_some() {
            fs::write(directory.join(&name), dashboard.file()).unwrap();
        }
        assert!(
            fs::read_to_string(directory.join(&name)).unwrap() == dashboard.file(),
            "{name} is not what the list says: coordinator alert dashboards k8s/monitoring/dashboards"
        );
        expected.push(name);
    }
    expected.sort();
    let files = fs::read_dir(directory).unwrap();
    let mut found: Vec<String> = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn every_anchor_is_a_section_of_the_runbook() {
    let runbook = fs::read_to_string(repository().join(RUNBOOK)).unwrap();
    for rule in alert_rules() {
        let section = format!("\n### {}\n", rule.anchor);
        assert!(runbook.contains(&section), "{}", rule.anchor);
    }
}

/// Series by minutes that make an alert over metrics fire at some minute, and others at which it does
/// not.
struct MetricCase {
    name: &'static str,
    wrong: &'static [(&'static str, &'static str)],
    right: &'static [(&'static str, &'static str)],
    fires_at: &'static str,
}

const METRIC_CASES: [MetricCase; 8] = [
    MetricCase {
        name: "no_leader",
        wrong: &[
            ("fullhouse_leader{instance=\"a\"}", "0x30"),
            ("fullhouse_leader{instance=\"b\"}", "_x30"),
        ],
        right: &[
            ("fullhouse_leader{instance=\"a\"}", "0x30"),
            ("fullhouse_leader{instance=\"b\"}", "1x30"),
        ],
        fires_at: "3m",
    },
    MetricCase {
        name: "processes_stalled",
        wrong: &[
            (
                "fullhouse_stalled{reason=\"unwritable\",instance=\"a\"}",
                "0 0 1x28",
            ),
            ("fullhouse_stalled{reason=\"slow\",instance=\"a\"}", "0x30"),
        ],
        right: &[(
            "fullhouse_stalled{reason=\"reported\",instance=\"a\"}",
            "1x30",
        )],
        fires_at: "3m",
    },
    MetricCase {
        name: "conditions_unchecked",
        wrong: &[(
            "fullhouse_background_pass_age_seconds{pass=\"alerts\"}",
            "5+60x30",
        )],
        right: &[
            (
                "fullhouse_background_pass_age_seconds{pass=\"alerts\"}",
                "5x30",
            ),
            (
                "fullhouse_background_pass_age_seconds{pass=\"sealing\"}",
                "500x30",
            ),
        ],
        fires_at: "6m",
    },
    MetricCase {
        name: "results_wait",
        wrong: &[
            ("fullhouse_store_backlog{instance=\"a\"}", "5x30"),
            (
                "fullhouse_store_snapshots_total{instance=\"a\",result=\"stored\"}",
                "9x30",
            ),
        ],
        right: &[
            ("fullhouse_store_backlog{instance=\"a\"}", "5x30"),
            (
                "fullhouse_store_snapshots_total{instance=\"a\",result=\"stored\"}",
                "9+1x30",
            ),
        ],
        fires_at: "5m",
    },
    MetricCase {
        name: "events_wait",
        wrong: &[
            ("fullhouse_receive_backlog_events", "5x30"),
            ("fullhouse_receive_events_total{result=\"ok\"}", "9x30"),
            ("fullhouse_receive_events_total{result=\"retry\"}", "9+7x30"),
        ],
        right: &[
            ("fullhouse_receive_backlog_events", "0x30"),
            ("fullhouse_receive_events_total{result=\"ok\"}", "9x30"),
        ],
        fires_at: "5m",
    },
    MetricCase {
        name: "events_refused",
        wrong: &[
            (
                "fullhouse_receive_requests_total{status=\"200\"}",
                "0+90x30",
            ),
            (
                "fullhouse_receive_requests_total{status=\"503\"}",
                "0+10x30",
            ),
        ],
        right: &[
            (
                "fullhouse_receive_requests_total{status=\"200\"}",
                "0+90x30",
            ),
            (
                "fullhouse_receive_requests_total{status=\"400\"}",
                "0+90x30",
            ),
            ("fullhouse_receive_requests_total{status=\"503\"}", "0+1x30"),
        ],
        fires_at: "12m",
    },
    MetricCase {
        name: "no_pod",
        wrong: &[],
        right: &[("fullhouse_agent_slots{state=\"free\"}", "8x30")],
        fires_at: "6m",
    },
    MetricCase {
        name: "watchdog",
        wrong: &[],
        right: &[],
        fires_at: "0m",
    },
];

/// Writes a test of one rule: with these series it fires, or it does not, at this minute.
fn write_test(
    tests: &mut String,
    rule: &AlertRule,
    series: &[(String, String)],
    at: &str,
    value: Option<&str>,
) {
    write!(tests, "  - interval: 1m\n    input_series:").unwrap();
    if series.is_empty() {
        write!(tests, " []").unwrap();
    }
    for (name, values) in series {
        write!(
            tests,
            "\n      - series: '{name}'\n        values: '{values}'"
        )
        .unwrap();
    }
    write!(
        tests,
        "\n    alert_rule_test:\n      - eval_time: {at}\n        alertname: {}\n        exp_alerts:",
        rule.name
    )
    .unwrap();
    match value {
        None => writeln!(tests, " []").unwrap(),
        Some(value) => {
            let quoted = |text: &str| text.replace('\'', "''");
            writeln!(
                tests,
                "\n          - exp_labels:\n              severity: {}\n            exp_annotations:\n              \
                 summary: '{}'\n              description: '{}'\n              runbook_url: '{RUNBOOK}#{}'",
                rule.severity.word(),
                quoted(&rule.summary),
                quoted(&rule.description).replace("{{ $value }}", value),
                rule.anchor
            )
            .unwrap();
        }
    }
}

fn owned(series: &[(&str, &str)]) -> Vec<(String, String)> {
    let series = series.iter();
    series
        .map(|(name, values)| ((*name).to_owned(), (*values).to_owned()))
        .collect()
}

#[test]
fn every_rule_fires_by_what_it_is_about_alone() {
    if Command::new("promtool").arg("--version").output().is_err() {
        // `.ci/run` installs it and sets the variable.
        assert!(std::env::var_os("FULLHOUSE_REQUIRE_TOOLS").is_none());
        eprintln!("not run: promtool is missing");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("rules.yaml"), file(RUNBOOK)).unwrap();
    let mut tests = "rule_files: [rules.yaml]\nevaluation_interval: 15s\ntests:\n".to_owned();
    for condition in condition::all() {
        let rule = AlertRule::of_condition(condition);
        let severity = condition.severity.word();
        let series = |name: &str, instance: &str| {
            format!(
                "fullhouse_alert_active{{condition=\"{name}\",severity=\"{severity}\",instance=\"{instance}\"}}"
            )
        };
        // The leader shows it, then another leads and has not looked yet, then it is over.
        let seen = [
            (series(condition.name, "a"), "0 2 2 _x20".to_owned()),
            (series(condition.name, "b"), "_x4 2 2 0x15".to_owned()),
            (series("another", "a"), "1x20".to_owned()),
        ];
        for (at, value) in [
            ("0m", None),
            ("2m", Some("2")),
            ("5m", Some("2")),
            ("12m", None),
        ] {
            write_test(&mut tests, &rule, &seen, at, value);
        }
    }
    for alert in &LIST {
        let rule = AlertRule::of_metrics(alert);
        let case = METRIC_CASES.iter().find(|case| case.name == alert.name);
        let case = case.unwrap_or_else(|| panic!("{} has no case", alert.name));
        write_test(
            &mut tests,
            &rule,
            &owned(case.wrong),
            case.fires_at,
            Some(""),
        );
        if !case.right.is_empty() {
            for at in ["10m", "20m", "25m"] {
                write_test(&mut tests, &rule, &owned(case.right), at, None);
            }
        }
    }
    fs::write(directory.path().join("tests.yaml"), tests).unwrap();
    for arguments in [
        ["check", "rules", "rules.yaml"],
        ["test", "rules", "tests.yaml"],
    ] {
        let run = Command::new("promtool")
            .args(arguments)
            .current_dir(directory.path())
            .output()
            .unwrap();
        assert!(
            run.status.success(),
            "{}{}",
            String::from_utf8_lossy(&run.stdout),
            String::from_utf8_lossy(&run.stderr)
        );
    }
}
