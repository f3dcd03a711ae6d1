//! The attributes of a showtime. Nothing is guessed: a code that is not mapped stays a code.

use compact_str::CompactString;

use super::{
    ExtractError,
    carry::at,
    field::{Field, Row},
    rules::Wrong,
    scope::{Scope, plain},
};
use crate::{
    definition::{AttributeWords, FieldWords},
    rows::{Attribute, AttributeMeaning},
};

/// The words of attributes, compiled.
#[derive(Debug)]
pub(crate) struct AttributePlan {
    of: Vec<Field>,
    ignored: Vec<String>,
    map: Vec<(String, AttributeMeaning)>,
}

impl AttributePlan {
    /// Compiles the words.
    pub(crate) fn compile(words: &AttributeWords, scope: &mut Scope<'_>) -> Result<Self, Wrong> {
        let compile = |words: &FieldWords| {
            plain(words, false, false)
                .and_then(|()| scope.field("attributes", words))
                .map_err(|problem| ("attributes.of".to_owned(), problem))
        };
        if let Some(code) = words
            .ignore
            .0
            .iter()
            .find(|code| words.map.contains_key(*code))
        {
            let problem = format!("`{code}` is mapped and ignored: keep one");
            return Err(("attributes.ignore".to_owned(), problem));
        }
        let map = words.map.iter();
        Ok(Self {
            of: words.of.0.iter().map(compile).collect::<Result<_, _>>()?,
            ignored: words.ignore.0.clone(),
            map: map
                .map(|(code, meaning)| (code.clone(), meaning.clone()))
                .collect(),
        })
    }

    /// Reads the attributes of one row: each code once, in the order of the source.
    pub(crate) fn read(&self, index: usize, row: &Row<'_>) -> Result<Vec<Attribute>, ExtractError> {
        let mut found: Vec<Attribute> = Vec::new();
        for field in &self.of {
            for code in at(index, field, field.texts(row))? {
                if !self.ignored.contains(&code) && !found.iter().any(|known| known.code == code) {
                    let meaning = self.meaning(&code).cloned();
                    let code = CompactString::from(code);
                    found.push(Attribute { code, meaning });
                }
            }
        }
        Ok(found)
    }

    /// Returns what a code means.
    pub(crate) fn meaning(&self, code: &str) -> Option<&AttributeMeaning> {
        let mapped = self.map.iter().find(|(known, _)| known == code);
        mapped.map(|(_, meaning)| meaning)
    }
}
