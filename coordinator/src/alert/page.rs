//! The runbook: the conditions, and the alerts over metrics, as a part of `coordinator/ALERTS.md`.

use std::{fmt::Write as _, time::Duration};

use super::{
    condition::{self, Condition},
    independent::{self, MetricAlert},
    rules::AlertRule,
    runbook::{Step, markdown},
};

const BEGIN: &str = "<!-- conditions: rendered from the code -->\n";
const END: &str = "<!-- end of conditions -->\n";

/// Puts the runbook into a page in place of the one that it has; `None` if it has no place for it.
#[must_use]
pub fn in_place_of(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{}\n{END}{after}", runbook()))
}

fn runbook() -> String {
    let mut page = String::new();
    for condition in condition::all() {
        write_condition(&mut page, condition);
    }
    page.push_str(
        "\n## Alerts of Prometheus alone\n\nWhat a leader that is dead, or a database that is away, cannot say of \
         itself.\n",
    );
    for alert in &independent::LIST {
        write_metric_alert(&mut page, alert);
    }
    page
}

fn write_condition(page: &mut String, condition: &Condition) {
    let show = |text: &str| text.replace("{subject}", "SUBJECT");
    // Writing to a text does not fail.
    let _ = write!(
        page,
        "\n### {}\n\n**{}**: {}, {}: limit {}. Alert after {}, over after {}. In Prometheus: `{}`.\n\n\
         What it means: {}.\n\nThe next step: {}.\n",
        condition.name,
        condition.severity.word(),
        show(condition.what),
        condition.measure,
        condition.unit.show(condition.threshold),
        time(condition.holds_for),
        time(condition.over_for),
        AlertRule::of_condition(condition).name,
        condition.means,
        show(condition.next_step)
    );
    write_steps(page, condition.look, condition.act);
}

fn write_metric_alert(page: &mut String, alert: &MetricAlert) {
    let _ = write!(
        page,
        "\n### {}\n\n**{}**: {}. Alert after {}. In Prometheus: `{}`.\n\n```promql\n{}\n```\n\nWhat it means: {}.\n",
        alert.name,
        alert.severity.word(),
        alert.what,
        time(alert.holds_for),
        AlertRule::of_metrics(alert).name,
        alert.expression,
        alert.means
    );
    write_steps(page, alert.look, alert.act);
}

fn write_steps(page: &mut String, look: &[Step], act: &[Step]) {
    let (look, act) = (markdown(look), markdown(act));
    let _ = write!(page, "\nHow to look:\n\n{look}\nWhat to do:\n\n{act}");
}

fn time(time: Duration) -> String {
    humantime::format_duration(time).to_string()
}
