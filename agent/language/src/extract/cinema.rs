//! Rows that are cinemas.

use jiff::tz::TimeZone;

use super::{
    ExtractError,
    carry::{Carry, at, fields, optional},
    field::{Field, Row},
    scope::Scope,
};
use crate::{definition::Step, rows::Cinema};

/// The fields of a cinema, compiled.
#[derive(Debug)]
pub(crate) struct CinemaPlan {
    key: Field,
    name: Field,
    timezone: Option<Field>,
    territory: Option<Field>,
    city: Option<Field>,
    latitude: Option<Field>,
    longitude: Option<Field>,
}

impl CinemaPlan {
    /// Compiles the fields of `step`.
    pub(crate) fn compile(step: &Step, scope: &mut Scope<'_>) -> Result<Self, (String, String)> {
        let mut take = fields(step, scope)?;
        Ok(Self {
            key: take.required("key")?,
            name: take.required("name")?,
            timezone: take.optional("timezone"),
            territory: take.optional("territory"),
            city: take.optional("city"),
            latitude: take.optional("latitude"),
            longitude: take.optional("longitude"),
        })
    }

    /// Reads one row.
    pub(crate) fn read(
        &self,
        index: usize,
        row: &Row<'_>,
        carry: &Carry,
    ) -> Result<Cinema, ExtractError> {
        let defaults = row.given.defaults;
        let text = |field: Option<&Field>| {
            optional(field, |field| at(index, field, field.label(row).map(Some)))
                .map(|text| text.filter(|text| !text.is_empty()).map(String::from))
        };
        let degrees = |field: Option<&Field>, most: f64| {
            optional(field, |field| {
                let degrees = field.number(row).and_then(|degrees| match degrees {
                    Some(degrees) if degrees.abs() > most => {
                        Err(format!("is {degrees}, which is no degree"))
                    }
                    degrees => Ok(degrees),
                });
                at(index, field, degrees)
            })
        };
        let timezone = text(self.timezone.as_ref())?.unwrap_or_else(|| defaults.timezone.clone());
        if let Some(field) = &self.timezone
            && TimeZone::get(&timezone).is_err()
        {
            let problem = Err(format!("is `{timezone}`, which is no time zone"));
            return at(index, field, problem);
        }
        Ok(Cinema {
            key: at(index, &self.key, self.key.key(row))?,
            name: at(index, &self.name, self.name.name(row))?,
            timezone,
            territory: text(self.territory.as_ref())?.unwrap_or_else(|| defaults.territory.clone()),
            city: text(self.city.as_ref())?,
            latitude: degrees(self.latitude.as_ref(), 90.0)?,
            longitude: degrees(self.longitude.as_ref(), 180.0)?,
            carry: carry.read(index, row)?,
        })
    }
}
