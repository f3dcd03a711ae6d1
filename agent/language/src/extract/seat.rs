//! Rows that are seats: one map of one showtime.

use compact_str::CompactString;

use super::{
    ExtractError,
    carry::{at, fields},
    field::{Field, Place, Row},
    labels::{Cells, LabelPlan, Labels},
    price::PricesPlan,
    rules::{Rules, Table, Wrong},
    scope::Scope,
    status::{Meaning, StatusPlan},
};
use crate::{
    definition::Step,
    rows::{Seat, SeatMap, SeatStatus},
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
    prices: Option<PricesPlan>,
}

impl SeatPlan {
    /// Returns what a status code means, if the map has it.
    pub(crate) fn meaning(&self, code: &str) -> Option<SeatStatus> {
        match self.status.meaning(code) {
            Meaning::Mapped(status) => Some(status),
            Meaning::Gap | Meaning::Unmapped | Meaning::Refused => None,
        }
    }

    /// Compiles the fields of `step`.
    pub(crate) fn compile(step: &Step, scope: &mut Scope<'_>) -> Result<Self, Wrong> {
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
                .map(|words| PricesPlan::compile(words, scope))
                .transpose()
                .map_err(|(word, problem)| (format!("prices.{word}"), problem))?,
        })
    }

    /// Returns whether prices are in what was handed down.
    pub(crate) fn needs_handed_down(&self) -> bool {
        let prices = self.prices.as_ref();
        prices.is_some_and(PricesPlan::needs_handed_down)
    }

    /// Reads the whole map, and returns how many rows there were in all.
    pub(crate) fn read(
        &self,
        table: &Table<'_>,
        rules: &Rules,
    ) -> Result<(SeatMap, usize), ExtractError> {
        let labels = match &self.labels {
            Some(plan) => Some(self.labels(plan, table, rules)?),
            None => None,
        };
        let mut map = SeatMap::default();
        let count = rules.each(table, labels.as_ref(), &mut |index, row| {
            if let Some(seat) = self.seat(index, row)? {
                if let Some(prices) = &self.prices {
                    prices.of_seat(index, row, &mut map.prices)?;
                }
                map.seats.push(seat);
            }
            Ok(())
        })?;
        if map.seats.is_empty() {
            return if table.may_be_empty() {
                Ok((map, count))
            } else {
                Err(ExtractError::Empty)
            };
        }
        if let Some(prices) = &self.prices {
            map.prices.extend(prices.list(table)?);
        }
        map.prices.sort();
        Ok((map, count))
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
                    code: code.into_string(),
                });
            }
        };
        let text = |field: Option<&Field>| match field {
            Some(field) => at(index, field, field.label(row)),
            None => Ok(CompactString::default()),
        };
        let place = |field: Option<&Field>| match field {
            Some(field) => {
                let small = |place| match i32::try_from(place) {
                    // The least of all stands for none where places are hashed.
                    Ok(place) if place > i32::MIN => Ok(place),
                    Ok(_) | Err(_) => Err("is too far away".to_owned()),
                };
                let place = field.integer(row);
                at(
                    index,
                    field,
                    place.and_then(|place| place.map(small).transpose()),
                )
            }
            None => Ok(None),
        };
        Ok(Some(Seat {
            key: at(index, &self.key, self.key.short_key(row))?,
            row: text(self.row.as_ref())?,
            number: text(self.number.as_ref())?,
            area: text(self.area.as_ref())?,
            kind: text(self.kind.as_ref())?,
            group: text(self.group.as_ref())?,
            x: place(self.x.as_ref())?,
            y: place(self.y.as_ref())?,
            code,
            status,
        }))
    }

    /// Goes through the matrix once before its seats are read: a letter depends on the
    /// rows around it.
    fn labels(
        &self,
        plan: &LabelPlan,
        table: &Table<'_>,
        rules: &Rules,
    ) -> Result<Labels, ExtractError> {
        let mut cells = Cells::new();
        rules.each(table, None, &mut |index, row| {
            let code = self
                .status
                .code(row)
                .map_err(|problem| of_status(index, problem))?;
            put(
                &mut cells,
                row.places,
                self.status.meaning(&code) != Meaning::Gap,
            );
            Ok(())
        })?;
        plan.derive(&cells, &table.body.outside(table.given))
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
fn put(cells: &mut Cells, places: &[Place<'_>], is_seat: bool) {
    let [Place::Index(row), Place::Index(column)] = places else {
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
