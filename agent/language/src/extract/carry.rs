//! The fields of a step by name: the fields of its kind of rows, and fields that it only hands
//! down.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    ExtractError,
    field::{Field, FieldProblem, Row},
    rules::Wrong,
    scope::{Scope, plain},
};
use crate::definition::{FieldWords, Step};

/// Fields that are times.
const TIMES: [&str; 4] = ["starts_at", "business_on", "film_released_on", "at"];
/// Fields that are amounts of money.
const AMOUNTS: [&str; 3] = ["amount", "amount_max", "fee"];

/// Further values of a row.
#[derive(Debug)]
pub(crate) struct Carry(Vec<Field>);

impl Carry {
    /// Compiles the fields under `word`.
    pub(crate) fn compile(
        word: &str,
        words: &BTreeMap<String, FieldWords>,
        scope: &mut Scope<'_>,
    ) -> Result<Self, Wrong> {
        let compile = |(name, words): (&String, &FieldWords)| {
            plain(words, false, false)
                .and_then(|()| scope.field(name, words))
                .map_err(|problem| (format!("{word}.{name}"), problem))
        };
        words
            .iter()
            .map(compile)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Returns whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads them; an optional one that is not there is left out.
    pub(crate) fn read(
        &self,
        index: usize,
        row: &Row<'_>,
    ) -> Result<Map<String, Value>, ExtractError> {
        let mut values = Map::new();
        for field in &self.0 {
            if let Some(value) = at(index, field, field.json(row))? {
                values.insert(field.name.clone(), value);
            }
        }
        Ok(values)
    }
}

/// The compiled fields of a step, to be taken by name.
pub(crate) struct Fields(BTreeMap<String, Field>);

/// Compiles the fields of `step`.
pub(crate) fn fields(step: &Step, scope: &mut Scope<'_>) -> Result<Fields, Wrong> {
    let mut fields = BTreeMap::new();
    for (name, words) in &step.fields {
        let is = |of: &[&str]| of.contains(&name.as_str());
        let field = plain(words, is(&TIMES), is(&AMOUNTS)).and_then(|()| scope.field(name, words));
        let field = field.map_err(|problem| (format!("fields.{name}"), problem))?;
        fields.insert(name.clone(), field);
    }
    Ok(Fields(fields))
}

impl Fields {
    /// Takes a field that the definition was checked to have.
    pub(crate) fn required(&mut self, name: &str) -> Result<Field, Wrong> {
        self.0
            .remove(name)
            .ok_or_else(|| ("fields".to_owned(), format!("`{name}` is missing")))
    }

    /// Takes a field that it may have.
    pub(crate) fn optional(&mut self, name: &str) -> Option<Field> {
        self.0.remove(name)
    }
}

/// Names the row and the field of a problem.
pub(crate) fn at<T>(
    row: usize,
    field: &Field,
    result: Result<T, FieldProblem>,
) -> Result<T, ExtractError> {
    result.map_err(|problem| ExtractError::Field {
        row,
        field: field.name.clone(),
        problem,
    })
}

/// Reads a field if the definition has it.
pub(crate) fn optional<'f, T>(
    field: Option<&'f Field>,
    read: impl FnOnce(&'f Field) -> Result<Option<T>, ExtractError>,
) -> Result<Option<T>, ExtractError> {
    field.map_or(Ok(None), read)
}
