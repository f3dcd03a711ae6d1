//! Rows that are showtimes.

use super::{
    ExtractError,
    attributes::AttributePlan,
    carry::{Carry, at, fields, optional},
    field::{Field, Row},
    film::FilmPlan,
    scope::Scope,
    time::TimePlan,
};
use crate::{
    definition::Step,
    rows::{AttributeMeaning, Showtime},
};

/// The fields of a showtime, compiled.
#[derive(Debug)]
pub(crate) struct ShowtimePlan {
    key: Field,
    film_key: Field,
    film_title: Field,
    auditorium_key: Option<Field>,
    auditorium_name: Option<Field>,
    starts_at: (Field, TimePlan),
    business_on: Option<(Field, TimePlan)>,
    seats_total: Option<Field>,
    seats_available: Option<Field>,
    sold_out: Option<Field>,
    film: FilmPlan,
    attributes: Option<AttributePlan>,
}

impl ShowtimePlan {
    /// Compiles the fields of `step`.
    pub(crate) fn compile(step: &Step, scope: &mut Scope<'_>) -> Result<Self, (String, String)> {
        let mut take = fields(step, scope)?;
        let film = FilmPlan::compile(step, &mut take, scope)?;
        let attributes = step.attributes.as_ref();
        let attributes = attributes.map(|words| AttributePlan::compile(words, scope));
        let time = |name: &str, field: Field| {
            let words = step
                .fields
                .get(name)
                .map(crate::definition::FieldWords::table);
            let plan = TimePlan::compile(&words.unwrap_or_default());
            plan.map(|plan| (field, plan))
                .map_err(|problem| (format!("fields.{name}"), problem))
        };
        Ok(Self {
            key: take.required("key")?,
            film_key: take.required("film_key")?,
            film_title: take.required("film_title")?,
            auditorium_key: take.optional("auditorium_key"),
            auditorium_name: take.optional("auditorium_name"),
            starts_at: time("starts_at", take.required("starts_at")?)?,
            business_on: take
                .optional("business_on")
                .map(|field| time("business_on", field))
                .transpose()?,
            seats_total: take.optional("seats_total"),
            seats_available: take.optional("seats_available"),
            sold_out: take.optional("sold_out"),
            film,
            attributes: attributes.transpose()?,
        })
    }

    /// Returns what the code of an attribute means, if this step maps it.
    pub(crate) fn attribute_meaning(&self, code: &str) -> Option<&AttributeMeaning> {
        self.attributes.as_ref()?.meaning(code)
    }

    /// Reads one row.
    pub(crate) fn read(
        &self,
        index: usize,
        row: &Row<'_>,
        carry: &Carry,
    ) -> Result<Showtime, ExtractError> {
        let text = |field: Option<&Field>| {
            optional(field, |field| at(index, field, field.label(row).map(Some)))
                .map(|text| text.filter(|text| !text.is_empty()).map(String::from))
        };
        let key = |field: Option<&Field>| {
            let text = text(field)?;
            let text = text.map(|text| super::text::key(&text).into_owned());
            Ok::<_, ExtractError>(text.filter(|text| !text.is_empty()))
        };
        let count = |field: Option<&Field>| {
            optional(field, |field| {
                let count = field.integer(row).and_then(|count| {
                    let small = |count| u32::try_from(count).map_err(|_| format!("is {count}"));
                    count.map(small).transpose()
                });
                at(index, field, count)
            })
        };
        let (field, plan) = &self.starts_at;
        let starts_at = field
            .key(row)
            .and_then(|text| plan.moment(&text, row.given));
        let starts_at = at(index, field, starts_at)?;
        let mut business_on = starts_at.business_on;
        if let Some((field, plan)) = &self.business_on {
            let date = field
                .text(row)
                .and_then(|text| text.map(|t| plan.date(&t, row.given)).transpose());
            business_on = at(index, field, date)?.or(business_on);
        }
        Ok(Showtime {
            key: at(index, &self.key, self.key.key(row))?,
            film_key: at(index, &self.film_key, self.film_key.key(row))?,
            film_title: at(index, &self.film_title, self.film_title.name(row))?,
            auditorium_key: key(self.auditorium_key.as_ref())?,
            auditorium_name: text(self.auditorium_name.as_ref())?,
            starts_at: starts_at.at,
            business_on,
            seats_total: count(self.seats_total.as_ref())?,
            seats_available: count(self.seats_available.as_ref())?,
            sold_out: optional(self.sold_out.as_ref(), |field| {
                at(index, field, field.flag(row))
            })?,
            film: self.film.read(index, row)?,
            attributes: self
                .attributes
                .as_ref()
                .map(|plan| plan.read(index, row))
                .transpose()?,
            carry: carry.read(index, row)?,
        })
    }
}
