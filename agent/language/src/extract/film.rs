//! What a listing says of the film of a showtime.

use std::ops::RangeInclusive;

use jiff::civil::Date;

use super::{
    ExtractError,
    carry::{Fields, at, optional},
    field::{Field, Row},
    rules::Wrong,
    scope::{Scope, plain},
    time::TimePlan,
};
use crate::{
    definition::{FieldWords, Step},
    rows::{FilmFacts, FilmId},
};

/// Years in which a film can have been made.
const YEARS: RangeInclusive<i64> = 1888..=2100;
/// Minutes that a film can last: a day, for a night of many films.
const RUNTIMES: RangeInclusive<i64> = 1..=1_440;

/// The fields about the film, compiled.
#[derive(Debug)]
pub(crate) struct FilmPlan {
    original_title: Option<Field>,
    year: Option<Field>,
    runtime: Option<Field>,
    director: Option<Field>,
    distributor: Option<Field>,
    released_on: Option<(Field, TimePlan)>,
    /// By scheme; the name of a field is that of its scheme.
    ids: Vec<Field>,
}

impl FilmPlan {
    /// Compiles the fields of `step`, of which `take` has those that have a name of their own.
    pub(crate) fn compile(
        step: &Step,
        take: &mut Fields,
        scope: &mut Scope<'_>,
    ) -> Result<Self, Wrong> {
        let released_on = take.optional("film_released_on").map(|field| {
            let words = step.fields.get("film_released_on").map(FieldWords::table);
            let plan = TimePlan::compile(&words.unwrap_or_default());
            plan.map(|plan| (field, plan))
                .map_err(|problem| ("fields.film_released_on".to_owned(), problem))
        });
        let mut id = |(scheme, words): (&String, &FieldWords)| {
            plain(words, false, false)
                .and_then(|()| scope.field(scheme, words))
                .map_err(|problem| (format!("film_ids.{scheme}"), problem))
        };
        Ok(Self {
            original_title: take.optional("film_original_title"),
            year: take.optional("film_year"),
            runtime: take.optional("film_runtime"),
            director: take.optional("film_director"),
            distributor: take.optional("film_distributor"),
            released_on: released_on.transpose()?,
            ids: step
                .film_ids
                .iter()
                .map(&mut id)
                .collect::<Result<_, Wrong>>()?,
        })
    }

    /// Reads the facts of one row.
    pub(crate) fn read(&self, index: usize, row: &Row<'_>) -> Result<FilmFacts, ExtractError> {
        let text = |field: Option<&Field>| {
            optional(field, |field| at(index, field, field.label(row).map(Some)))
                .map(|text| text.filter(|text| !text.is_empty()).map(String::from))
        };
        let within = |field: Option<&Field>, range: &RangeInclusive<i64>, what: &str| {
            optional(field, |field| {
                let number = field.integer(row).and_then(|number| match number {
                    Some(number) if !range.contains(&number) => Err(format!(
                        "is {number}, which is no {what}: it lies between {} and {}; if it stands \
                         for none, say `null_if`",
                        range.start(),
                        range.end()
                    )),
                    number => Ok(number.and_then(|number| i16::try_from(number).ok())),
                });
                at(index, field, number)
            })
        };
        let director = self.director.as_ref();
        let directors = director.map(|field| at(index, field, field.texts(row)));
        let mut ids = Vec::new();
        for field in &self.ids {
            let value = at(index, field, field.label(row))?;
            if !value.is_empty() {
                let scheme = field.name.as_str().into();
                ids.push(FilmId { scheme, value });
            }
        }
        Ok(FilmFacts {
            original_title: text(self.original_title.as_ref())?,
            year: within(self.year.as_ref(), &YEARS, "year of a film")?,
            runtime_minutes: within(
                self.runtime.as_ref(),
                &RUNTIMES,
                "length of a film in minutes",
            )?,
            directors: directors.transpose()?.unwrap_or_default(),
            distributor: text(self.distributor.as_ref())?,
            released_on: self.released_on(index, row)?,
            ids,
        })
    }

    fn released_on(&self, index: usize, row: &Row<'_>) -> Result<Option<Date>, ExtractError> {
        let Some((field, plan)) = &self.released_on else {
            return Ok(None);
        };
        let date = field
            .text(row)
            .and_then(|text| text.map(|text| plan.date(&text, row.given)).transpose());
        at(index, field, date)
    }
}
