//! A field that is proposed: how it is written, and what speaks against it.

use super::{column::Column, label::Label};

/// A field of a proposal.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// Its name in the language.
    pub(super) name: &'static str,
    /// How it is written, as TOML.
    pub(super) word: String,
    /// Why a person must look at it; nothing where name and values agree.
    pub(super) doubt: Option<String>,
}

impl Field {
    /// Proposes `word`, and says what is doubtful about it.
    pub(super) fn new(name: &'static str, word: String, doubt: Option<String>) -> Self {
        Self { name, word, doubt }
    }
}

/// A column that may be a field, and why it may not.
pub(super) struct Pick<'a> {
    pub(super) column: &'a Column,
    pub(super) doubt: Option<String>,
}

impl Pick<'_> {
    /// Returns it as a field.
    pub(super) fn field(&self, name: &'static str) -> Field {
        Field::new(
            name,
            super::written::column_word(self.column),
            self.doubt.clone(),
        )
    }
}

/// Picks the first column that `sure` says the name of; then the first that `perhaps` does, in
/// doubt. What `fits` says of the values must hold of either.
pub(super) fn pick(
    columns: &[Column],
    sure: impl Fn(&Label) -> bool,
    perhaps: impl Fn(&Label) -> bool,
    fits: impl Fn(&Column) -> bool,
) -> Option<Pick<'_>> {
    let found = |named: &dyn Fn(&Label) -> bool| {
        let mut found: Vec<&Column> = columns
            .iter()
            .filter(|column| named(&Label::of(column)) && fits(column))
            .collect();
        // What belongs to the row itself, and stands least deep in it, comes first.
        found.sort_by_key(|column| (!column.own, column.name.matches('.').count()));
        found.first().copied()
    };
    if let Some(column) = found(&sure) {
        let doubt = (!column.is_full()).then(|| "some rows have no value".to_owned());
        return Some(Pick { column, doubt });
    }
    found(&perhaps).map(|column| Pick {
        column,
        doubt: Some("its name only resembles this field's".to_owned()),
    })
}
