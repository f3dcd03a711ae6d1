//! The dashboards of Grafana, as JSON: the fleet, its sources, its database, its events.
//!
//! The files in `k8s/monitoring/dashboards` are what [`all`] gives; `coordinator alert dashboards` writes
//! them. Panels of open alerts take their conditions from the list. A scenario runs every query against a
//! Prometheus that scrapes a running fleet.

mod panels;

use std::collections::BTreeSet;

use schema::alert::SubjectKind;
use serde_json::{Value, json};

use super::condition;

/// A dashboard.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    /// Its id, and the name of its file.
    pub uid: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Whether its panels are of the chosen sources.
    pub is_by_source: bool,
    /// Its panels, in the order in which they are read.
    pub panels: Vec<ChartPanel>,
}

/// A chart over time.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartPanel {
    /// Its title.
    pub title: &'static str,
    /// What it shows, and what to read from it.
    pub description: &'static str,
    /// Unit of its values, by Grafana's name.
    pub unit: &'static str,
    /// What it draws.
    pub queries: Vec<PanelQuery>,
}

/// A query of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelQuery {
    /// The expression; `$source` and `$__rate_interval` are variables of Grafana.
    pub expression: String,
    /// The name of its series.
    pub legend: &'static str,
}

/// Width and height of a panel; a row has 24 columns.
const PANEL_WIDTH: usize = 12;
const PANEL_HEIGHT: usize = 8;

/// Returns every dashboard.
#[must_use]
pub fn all() -> Vec<Dashboard> {
    vec![
        Dashboard {
            uid: "fullhouse-fleet",
            title: "Fullhouse: fleet",
            is_by_source: false,
            panels: panels::fleet(),
        },
        Dashboard {
            uid: "fullhouse-sources",
            title: "Fullhouse: sources",
            is_by_source: true,
            panels: panels::sources(),
        },
        Dashboard {
            uid: "fullhouse-database",
            title: "Fullhouse: database and background work",
            is_by_source: false,
            panels: panels::stored::database(),
        },
        Dashboard {
            uid: "fullhouse-events",
            title: "Fullhouse: events",
            is_by_source: false,
            panels: panels::stored::events(),
        },
    ]
}

/// The query of the open alerts whose subjects are of these kinds, by condition.
fn open_alerts(kinds: &[SubjectKind]) -> PanelQuery {
    let names: BTreeSet<&str> = condition::all()
        .filter(|condition| kinds.contains(&condition.about))
        .map(|condition| condition.name)
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    PanelQuery {
        expression: format!(
            "max by (condition) (fullhouse_alert_active{{condition=~\"{}\"}})",
            names.join("|")
        ),
        legend: "{{condition}}",
    }
}

impl Dashboard {
    /// The file that Grafana imports.
    #[must_use]
    pub fn file(&self) -> String {
        let mut variables = vec![json!({
            "name": "datasource",
            "label": "Data source",
            "type": "datasource",
            "query": "prometheus",
        })];
        if self.is_by_source {
            variables.push(json!({
                "name": "source",
                "label": "Source",
                "type": "query",
                "datasource": data_source(),
                "query": "label_values(fullhouse_source_health, source)",
                "refresh": 2,
                "multi": true,
                "includeAll": true,
                "allValue": ".*",
            }));
        }
        let panels: Vec<Value> = self
            .panels
            .iter()
            .enumerate()
            .map(|(place, panel)| panel.json(place))
            .collect();
        let dashboard = json!({
            "uid": self.uid,
            "title": self.title,
            "tags": ["fullhouse"],
            "schemaVersion": 37,
            "editable": false,
            "timezone": "utc",
            "refresh": "30s",
            "time": { "from": "now-6h", "to": "now" },
            "templating": { "list": variables },
            "panels": panels,
        });
        format!("{dashboard:#}\n")
    }
}

impl ChartPanel {
    fn json(&self, place: usize) -> Value {
        let per_row = 24 / PANEL_WIDTH;
        let targets: Vec<Value> = self
            .queries
            .iter()
            .zip('A'..='Z')
            .map(|(query, letter)| {
                json!({
                    "refId": letter.to_string(),
                    "datasource": data_source(),
                    "expr": query.expression,
                    "legendFormat": query.legend,
                })
            })
            .collect();
        json!({
            "id": place + 1,
            "type": "timeseries",
            "title": self.title,
            "description": self.description,
            "datasource": data_source(),
            "gridPos": {
                "x": place % per_row * PANEL_WIDTH,
                "y": place / per_row * PANEL_HEIGHT,
                "w": PANEL_WIDTH,
                "h": PANEL_HEIGHT,
            },
            "fieldConfig": { "defaults": { "unit": self.unit, "min": 0 }, "overrides": [] },
            "options": { "legend": { "displayMode": "list", "placement": "bottom" } },
            "targets": targets,
        })
    }
}

fn data_source() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_is_on_a_dashboard() {
        let boards = all();
        let queries: Vec<&str> = boards
            .iter()
            .flat_map(|board| &board.panels)
            .flat_map(|panel| &panel.queries)
            .map(|query| query.expression.as_str())
            .collect();
        for condition in condition::all() {
            let is_shown = queries
                .iter()
                .flat_map(|query| query.split(['"', '|']))
                .any(|name| name == condition.name);
            assert!(is_shown, "{}", condition.name);
        }
    }

    #[test]
    fn panels_have_a_unit_a_description_and_an_interval_that_grafana_chooses() {
        for board in all() {
            for panel in &board.panels {
                assert!(!panel.unit.is_empty() && panel.description.ends_with('.'));
                for query in &panel.queries {
                    let text = &query.expression;
                    let is_chosen = !text.contains('[') || text.contains("[$__rate_interval]");
                    assert!(is_chosen, "{}: {text}", panel.title);
                    let is_by_source = text.contains("$source");
                    assert!(board.is_by_source || !is_by_source, "{}", panel.title);
                }
            }
        }
    }
}
