//! Rows that are seats: one map of one showtime.

use std::collections::HashMap;

use super::{
    ExtractError, Given,
    field::{Field, Row},
    labels::{Cells, LabelPlan},
    plan::{Body, Rules, at, fields},
    price::PricePlan,
    scope::Scope,
    status::{Meaning, StatusPlan},
};
use crate::{
    definition::Step,
    rows::{Seat, SeatMap, Status},
};

/// The fields of a seat, compiled.
#[derive(Debug)]
pub(crate) struct SeatPlan {
    key: Field,
    row: Option<Field>,
    number: Option<Field>,
    area: Option<Field>,
    kind: Option<Field>,
    group: Option<Field>,
    x: Option<Field>,
    y: Option<Field>,
    status: StatusPlan,
    labels: Option<LabelPlan>,
    prices: Option<PricePlan>,
}

impl SeatPlan {
    /// Returns what a status code means, if the map has it.
    pub(crate) fn meaning(&self, code: &str) -> Option<Status> {
        match self.status.meaning(code) {
            Meaning::Mapped(status) => Some(status),
            Meaning::Gap | Meaning::Unmapped | Meaning::Refused => None,
        }
    }

    /// Compiles the fields of `step`.
    pub(crate) fn compile(step: &Step, scope: &mut Scope<'_>) -> Result<Self, (String, String)> {
        let mut take = fields(step, scope)?;
        let at = |word: &str| {
            let word = word.to_owned();
            move |problem| (word, problem)
        };
        let status = step
            .status
            .as_ref()
            .ok_or_else(|| at("status")("is missing".to_owned()))?;
        Ok(Self {
            key: take.required("key")?,
            row: take.optional("row"),
            number: take.optional("number"),
            area: take.optional("area"),
            kind: take.optional("kind"),
            group: take.optional("group"),
            x: take.optional("x"),
            y: take.optional("y"),
            status: StatusPlan::compile(status, scope).map_err(at("status"))?,
            labels: step
                .labels
                .as_ref()
                .map(|words| LabelPlan::compile(words, scope))
                .transpose()
                .map_err(at("labels"))?,
            prices: step
                .prices
                .as_ref()
                .map(|words| PricePlan::compile(words, scope))
                .transpose()
                .map_err(|(word, problem)| (format!("prices.{word}"), problem))?,
        })
    }

    /// Reads the whole map.
    pub(crate) fn read(
        &self,
        body: &Body<'_>,
        rules: &Rules,
        given: Given<'_>,
    ) -> Result<SeatMap, ExtractError> {
        let labels = match &self.labels {
            Some(plan) => Some(self.labels(plan, body, rules, given)?),
            None => None,
        };
        let mut map = SeatMap::default();
        rules.each(body, given.params, labels.as_ref(), &mut |index, row| {
            if let Some(seat) = self.seat(index, &row)? {
                if let Some(prices) = &self.prices {
                    prices.of_seat(index, &row, given, &mut map.prices)?;
                }
                map.seats.push(seat);
            }
            Ok(())
        })?;
        if map.seats.is_empty() && !rules.may_be_empty {
            return Err(ExtractError::Empty);
        }
        unique(map.seats.iter().map(|seat| seat.key.as_str()))?;
        match (&self.prices, body) {
            (Some(prices), Body::Json(body)) if !map.seats.is_empty() => {
                map.prices.extend(prices.list(body, given)?);
            }
            _ => {}
        }
        map.prices.sort();
        Ok(map)
    }

    /// Reads one seat; `None` if it is a gap.
    fn seat(&self, index: usize, row: &Row<'_>) -> Result<Option<Seat>, ExtractError> {
        let code = self
            .status
            .code(row)
            .map_err(|problem| of_status(index, problem))?;
        let status = match self.status.meaning(&code) {
            Meaning::Gap => return Ok(None),
            Meaning::Mapped(status) => Some(status),
            Meaning::Unmapped => None,
            Meaning::Refused => {
                return Err(ExtractError::UnmappedCode {
                    row: index,
                    code: code.into_owned(),
                });
            }
        };
        let text = |field: Option<&Field>| match field {
            Some(field) => at(index, field, field.string(row)),
            None => Ok(String::new()),
        };
        let place = |field: Option<&Field>| match field {
            Some(field) => {
                let place = field.integer(row).and_then(|place| {
                    i32::try_from(place.unwrap_or_default())
                        .map_err(|_| "is too far away".to_owned())
                });
                at(index, field, place)
            }
            None => Ok(0),
        };
        Ok(Some(Seat {
            key: at(index, &self.key, self.key.key(row))?,
            row: text(self.row.as_ref())?,
            number: text(self.number.as_ref())?,
            area: text(self.area.as_ref())?,
            kind: text(self.kind.as_ref())?,
            group: text(self.group.as_ref())?,
            x: place(self.x.as_ref())?,
            y: place(self.y.as_ref())?,
            code: code.into_owned(),
            status,
        }))
    }

    /// Goes through the matrix once before its seats are read: a letter depends on the
    /// rows around it.
    fn labels(
        &self,
        plan: &LabelPlan,
        body: &Body<'_>,
        rules: &Rules,
        given: Given<'_>,
    ) -> Result<super::labels::Labels, ExtractError> {
        let mut cells = Cells::new();
        rules.each(body, given.params, None, &mut |index, row| {
            let code = self
                .status
                .code(&row)
                .map_err(|problem| of_status(index, problem))?;
            let is_seat = self.status.meaning(&code) != Meaning::Gap;
            if let Row::Json(row) = row {
                put(&mut cells, row.places, is_seat);
            }
            Ok(())
        })?;
        let Body::Json(node) = body else {
            return Err(ExtractError::Empty);
        };
        plan.derive(&cells, &Rules::outside(node, given.params))
            .map_err(|(field, problem)| ExtractError::Field {
                row: 0,
                field,
                problem,
            })
    }
}

fn of_status(row: usize, problem: String) -> ExtractError {
    ExtractError::Field {
        row,
        field: "status".to_owned(),
        problem,
    }
}

/// Notes whether the cell at `places` is a seat; cells come in order.
fn put(cells: &mut Cells, places: &[super::field::Place<'_>], is_seat: bool) {
    use super::field::Place::Index;

    let [Index(row), Index(column)] = places else {
        return;
    };
    if cells.len() <= *row {
        cells.resize(row + 1, Vec::new());
    }
    if let Some(cells) = cells.get_mut(*row) {
        cells.resize(*column, false);
        cells.push(is_seat);
    }
}

/// Refuses keys of which two are the same.
pub(crate) fn unique<'k>(keys: impl ExactSizeIterator<Item = &'k str>) -> Result<(), ExtractError> {
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(keys.len());
    for (second, key) in keys.enumerate() {
        if let Some(first) = seen.insert(key, second) {
            return Err(ExtractError::DuplicateKey {
                key: key.to_owned(),
                first,
                second,
            });
        }
    }
    Ok(())
}
