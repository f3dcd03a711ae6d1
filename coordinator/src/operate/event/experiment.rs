//! Experiments: what a person begins, ends and deletes.

use std::{collections::BTreeSet, time::Duration};

use event_contract::limits::MAX_NAME_CHARS;
use fleet_web::operations::{
    Actor, OperationError,
    experiment::{BeginExperiment, MetricKind},
};
use schema::events::experiment::{self as stored, ExperimentMetric, NewExperiment};
use serde_json::json;
use sqlx::PgPool;

use super::client_id;
use crate::operate::report::{Report, invalid, record};

/// Letters of the name of an experiment at most, as the database has it.
const MAX_LETTERS: usize = 63;
/// Letters of the name of a metric at most: it is the head of a row.
const MAX_METRIC_CHARS: usize = 100;
/// Variations at least and at most, as the database has it.
const MIN_VARIATIONS: usize = 2;
const MAX_VARIATIONS: usize = 20;
/// Metrics at most: each is one more comparison, which makes all others less certain.
const MAX_METRICS: usize = 20;
/// The shortest and the longest conversion window, as the database has it; and how far back an
/// experiment may begin.
const MIN_WINDOW: Duration = Duration::from_mins(1);
const MAX_WINDOW: Duration = Duration::from_hours(24 * 90);

pub(super) async fn begin(
    db: &PgPool,
    actor: &Actor,
    wanted: &BeginExperiment,
) -> Result<Report, OperationError> {
    check(wanted)?;
    let BeginExperiment { name, client, .. } = wanted;
    let (variations, weights): (Vec<String>, Vec<f64>) = wanted.variations.iter().cloned().unzip();
    let new = NewExperiment {
        client_id: client_id(db, client).await?,
        name,
        exposure_event: &wanted.exposure_event,
        property: &wanted.property,
        variations: &variations,
        weights: &weights,
        began_ago: wanted.began_ago,
        conversion_window: wanted.conversion_window,
        covariate_window: wanted.covariate_window,
    };
    let metrics: Vec<ExperimentMetric> = (1..)
        .zip(&wanted.metrics)
        .map(|(metric_id, metric)| ExperimentMetric {
            metric_id,
            name: metric.name.clone(),
            kind: metric.kind.word().to_owned(),
            goal: metric.goal.word().to_owned(),
            event: metric.event.clone(),
            property: metric.property.clone(),
        })
        .collect();
    let mut transaction = db.begin().await?;
    if stored::create(&mut transaction, &new, &metrics)
        .await?
        .is_none()
    {
        return Err(OperationError::Refused(format!(
            "there is an experiment {name} already; choose another name"
        )));
    }
    let details = json!({
        "client": client, "exposure": wanted.exposure_event, "property": wanted.property,
        "variations": variations, "weights": weights, "metrics": wanted.metrics,
    });
    let subject = subject(name);
    let audit_id = record(
        &mut transaction,
        actor,
        "experiment.begin",
        &subject,
        details,
    )
    .await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!(
            "experiment {name} runs; the leader computes it every five minutes, \
             `coordinator event experiment show {name}` shows the result"
        ),
        audit_id,
    ))
}

/// Says which value cannot be used.
fn check(wanted: &BeginExperiment) -> Result<(), OperationError> {
    let name = &wanted.name;
    let is_word = !name.starts_with('-')
        && (1..=MAX_LETTERS).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_word {
        return Err(invalid(format!(
            "`{name}` cannot be the name of an experiment: write up to {MAX_LETTERS} small letters, digits and hyphens"
        )));
    }
    let is_text = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
    let fits = |text: &str| is_text(text, MAX_NAME_CHARS);
    if !fits(&wanted.exposure_event) || !fits(&wanted.property) {
        return Err(invalid(format!(
            "the exposure needs an event and a property of 1 to {MAX_NAME_CHARS} letters"
        )));
    }
    if !(MIN_VARIATIONS..=MAX_VARIATIONS).contains(&wanted.variations.len()) {
        return Err(invalid(format!(
            "an experiment has {MIN_VARIATIONS} to {MAX_VARIATIONS} variations, the control first"
        )));
    }
    let mut values = BTreeSet::new();
    for (value, weight) in &wanted.variations {
        if !fits(value) || !values.insert(value) {
            return Err(invalid(format!(
                "the variation `{value}` stands twice, or is not of 1 to {MAX_NAME_CHARS} letters"
            )));
        }
        if !(weight.is_finite() && *weight > 0.0) {
            return Err(invalid(format!(
                "the weight of the variation `{value}` is not a number above 0"
            )));
        }
    }
    if !(1..=MAX_METRICS).contains(&wanted.metrics.len()) {
        return Err(invalid(format!(
            "an experiment measures 1 to {MAX_METRICS} metrics"
        )));
    }
    let mut names = BTreeSet::new();
    for metric in &wanted.metrics {
        let name = &metric.name;
        if !is_text(name, MAX_METRIC_CHARS) || !names.insert(name) {
            return Err(invalid(format!(
                "the metric `{name}` stands twice, or its name is not of 1 to {MAX_METRIC_CHARS} letters"
            )));
        }
        let has_property = metric.property.as_deref().is_some_and(fits);
        if !fits(&metric.event) || has_property != (metric.kind == MetricKind::Sum) {
            return Err(invalid(format!(
                "the metric `{name}` needs an event; a sum needs a property as well, and no other does"
            )));
        }
    }
    if !(MIN_WINDOW..=MAX_WINDOW).contains(&wanted.conversion_window)
        || wanted.covariate_window > MAX_WINDOW
        || wanted.began_ago > MAX_WINDOW
    {
        return Err(invalid(
            "the conversion window is 1 minute to 90 days; the time before and the time since when are 90 days at most",
        ));
    }
    Ok(())
}

pub(super) async fn end(db: &PgPool, actor: &Actor, name: &str) -> Result<Report, OperationError> {
    let mut transaction = db.begin().await?;
    if !stored::end(&mut *transaction, name).await? {
        return Err(OperationError::NotFound(format!(
            "no experiment {name} runs; `coordinator event experiment list` shows all"
        )));
    }
    let subject = subject(name);
    let audit_id = record(
        &mut transaction,
        actor,
        "experiment.end",
        &subject,
        json!({}),
    )
    .await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!("experiment {name} is over; users whose window is open are still counted"),
        audit_id,
    ))
}

pub(super) async fn drop(db: &PgPool, actor: &Actor, name: &str) -> Result<Report, OperationError> {
    let mut transaction = db.begin().await?;
    if !stored::drop(&mut *transaction, name).await? {
        return Err(OperationError::NotFound(format!(
            "there is no experiment {name}; `coordinator event experiment list` shows all"
        )));
    }
    let subject = subject(name);
    let audit_id = record(
        &mut transaction,
        actor,
        "experiment.drop",
        &subject,
        json!({}),
    )
    .await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!("experiment {name} and its results are deleted; its events stay"),
        audit_id,
    ))
}

fn subject(name: &str) -> String {
    format!("experiment/{name}")
}

#[cfg(test)]
mod tests {
    use fleet_web::operations::experiment::{MetricGoal, WantedMetric};

    use super::*;

    fn metric(name: &str, kind: MetricKind, property: Option<&str>) -> WantedMetric {
        WantedMetric {
            name: name.to_owned(),
            kind,
            goal: MetricGoal::Increase,
            event: "ticket bought".to_owned(),
            property: property.map(str::to_owned),
        }
    }

    fn experiment() -> BeginExperiment {
        BeginExperiment {
            name: "seat-map".to_owned(),
            client: "app".to_owned(),
            exposure_event: "seats opened".to_owned(),
            property: "layout".to_owned(),
            variations: vec![("old".to_owned(), 9.0), ("new".to_owned(), 1.0)],
            metrics: vec![
                metric("bought", MetricKind::Share, None),
                metric("spent", MetricKind::Sum, Some("amount")),
            ],
            began_ago: Duration::ZERO,
            conversion_window: Duration::from_hours(24),
            covariate_window: Duration::ZERO,
        }
    }

    #[test]
    fn what_an_experiment_may_not_be_is_said() {
        assert!(check(&experiment()).is_ok());
        let breaks: [fn(&mut BeginExperiment); 12] = [
            |one| one.name = "Seat map".to_owned(),
            |one| one.exposure_event.clear(),
            |one| one.property = "a".repeat(MAX_NAME_CHARS + 1),
            |one| one.variations.truncate(1),
            |one| one.variations[1].0 = "old".to_owned(),
            |one| one.variations[0].1 = 0.0,
            |one| one.variations[0].1 = f64::NAN,
            |one| one.metrics.clear(),
            |one| one.metrics[1].name = "bought".to_owned(),
            |one| one.metrics[1].property = None,
            |one| one.metrics[0].property = Some("amount".to_owned()),
            |one| one.conversion_window = Duration::from_secs(1),
        ];
        for (place, spoil) in breaks.into_iter().enumerate() {
            let mut wrong = experiment();
            spoil(&mut wrong);
            assert!(check(&wrong).is_err(), "{place}");
        }
    }
}
