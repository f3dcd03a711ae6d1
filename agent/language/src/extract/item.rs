//! Rows that are only a way to others.

use super::{
    ExtractError,
    carry::{Carry, at, fields},
    field::{Field, Row},
    rules::Wrong,
    scope::Scope,
};
use crate::{definition::Step, rows::Item};

/// The fields of an item, compiled.
#[derive(Debug)]
pub(crate) struct ItemPlan {
    key: Field,
}

impl ItemPlan {
    /// Compiles the fields of `step`.
    pub(crate) fn compile(step: &Step, scope: &mut Scope<'_>) -> Result<Self, Wrong> {
        let mut take = fields(step, scope)?;
        Ok(Self {
            key: take.required("key")?,
        })
    }

    /// Reads one row.
    pub(crate) fn read(
        &self,
        index: usize,
        row: &Row<'_>,
        carry: &Carry,
    ) -> Result<Item, ExtractError> {
        Ok(Item {
            key: at(index, &self.key, self.key.key(row))?,
            carry: carry.read(index, row)?,
        })
    }
}
