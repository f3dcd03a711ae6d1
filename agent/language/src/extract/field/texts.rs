//! A field that may have several values.

use super::{Field, FieldProblem, Getter, Row, RowItem};
use crate::extract::{node::Node, text};

impl Field {
    /// Returns the values as texts of which all can be seen: those of a list, or the one that there
    /// is. A filter gives all its outputs. Empty values are left out. A list may be empty, and a filter
    /// may give nothing.
    ///
    /// # Errors
    ///
    /// If there is no value and the field is not optional, or one is a list or an object.
    pub(crate) fn texts(&self, row: &Row<'_>) -> Result<Vec<String>, FieldProblem> {
        let nodes: Vec<Node<'_>> = match (&self.getter, row.item) {
            (Getter::Jq(filter), RowItem::Json(item)) if self.edits.is_none() => {
                filter.run(item, row.given)?
            }
            _ => vec![self.value(row)?.into_node()],
        };
        let mut texts = Vec::new();
        // A filter without output went through an empty list.
        let mut is_present = nodes.is_empty();
        for node in &nodes {
            match node {
                Node::Null => {}
                Node::List(entries) => {
                    is_present = true;
                    for entry in entries {
                        self.push(entry, row, &mut texts)?;
                    }
                }
                node => {
                    is_present = true;
                    self.push(node, row, &mut texts)?;
                }
            }
        }
        match &self.default {
            Some(default) if texts.is_empty() => Ok(vec![default.clone()]),
            None if !is_present && !self.optional => Err("has no value".to_owned()),
            _ => Ok(texts),
        }
    }

    fn push(
        &self,
        node: &Node<'_>,
        row: &Row<'_>,
        texts: &mut Vec<String>,
    ) -> Result<(), FieldProblem> {
        let Some(found) = node.text()? else {
            return Ok(());
        };
        row.given.takes_text(found.len());
        row.given.is_within_reach()?;
        let word = self.map.iter().find(|(code, _)| *code == found);
        let found = word.map_or(&*found, |(_, word)| word.as_str());
        let clean = text::name(found);
        if !clean.is_empty() {
            texts.push(clean.into_owned());
        }
        Ok(())
    }
}
