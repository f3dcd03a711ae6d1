//! Rows that are values of something over time.

use super::{
    ExtractError,
    carry::{Carry, at, fields, optional},
    field::{Field, Row},
    rules::Wrong,
    scope::{Scope, plain},
    time::TimePlan,
};
use crate::{
    definition::{FieldWords, Step},
    rows::Observation,
};

/// The fields of an observation, compiled.
#[derive(Debug)]
pub(crate) struct ObservationPlan {
    subject: Field,
    at: Option<(Field, TimePlan)>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    /// The row names its metric, and has one value.
    One(Box<(Field, Field)>),
    /// The row has a value for each of these.
    Many(Vec<Field>),
}

impl ObservationPlan {
    /// Compiles the fields of `step`.
    pub(crate) fn compile(step: &Step, scope: &mut Scope<'_>) -> Result<Self, Wrong> {
        let mut take = fields(step, scope)?;
        let time = |field: Field| {
            let words = step.fields.get("at").map(FieldWords::table);
            TimePlan::compile(&words.unwrap_or_default())
                .map(|plan| (field, plan))
                .map_err(|problem| ("fields.at".to_owned(), problem))
        };
        let at = take.optional("at").map(time).transpose()?;
        let mut metric = |(name, words): (&String, &FieldWords)| {
            plain(words, false, false)
                .and_then(|()| scope.field(name, words))
                .map_err(|problem| (format!("metrics.{name}"), problem))
        };
        let values = if step.metrics.is_empty() {
            Values::One(Box::new((
                take.required("metric")?,
                take.required("value")?,
            )))
        } else {
            let metrics = step.metrics.iter().map(&mut metric);
            Values::Many(metrics.collect::<Result<_, _>>()?)
        };
        Ok(Self {
            subject: take.required("subject")?,
            at,
            values,
        })
    }

    /// Reads the observations of one row; an optional value that is missing gives none.
    pub(crate) fn read(
        &self,
        index: usize,
        row: &Row<'_>,
        carry: &Carry,
    ) -> Result<Vec<Observation>, ExtractError> {
        let subject = at(index, &self.subject, self.subject.key(row))?;
        let time = self.at.as_ref().map(|(field, plan)| (field, plan));
        let time = match time {
            Some((field, plan)) => optional(Some(field), |field| {
                let moment = field.text(row).and_then(|text| {
                    let moment = text.map(|text| plan.moment(&text, row.given));
                    moment.transpose()
                });
                at(index, field, moment)
            })?,
            None => None,
        };
        let properties = carry.read(index, row)?;
        let observation = |metric: String, value: f64| Observation {
            subject: subject.clone(),
            metric,
            value,
            at: time.as_ref().map(|moment| moment.at),
            properties: properties.clone(),
        };
        let number = |field: &Field| at(index, field, field.number(row));
        match &self.values {
            Values::One(fields) => {
                let (metric, value) = &**fields;
                let name = at(index, metric, metric.key(row))?;
                Ok(number(value)?
                    .map(|value| observation(name, value))
                    .into_iter()
                    .collect())
            }
            Values::Many(metrics) => {
                let mut rows = Vec::with_capacity(metrics.len());
                for metric in metrics {
                    let value = number(metric)?;
                    rows.extend(value.map(|value| observation(metric.name.clone(), value)));
                }
                Ok(rows)
            }
        }
    }
}
