//! The tables `[[deliver]]` of a file: where its data set is delivered to.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Letters of the name of an index at most, without the prefix of the settings.
const MAX_INDEX_LETTERS: usize = 100;

/// `[[deliver]]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeliveryTarget {
    /// The destination, as the settings of coordinators name it.
    pub(super) to: String,
    /// Columns that tell the rows of a day apart.
    #[serde(default)]
    key: Vec<String>,
    /// The index of Elasticsearch, without the prefix of the settings.
    index: Option<String>,
}

/// Refuses what can never be delivered, with the number of its table from 1.
pub(super) fn check(targets: &[DeliveryTarget]) -> Result<(), (usize, String)> {
    let mut seen = BTreeSet::new();
    for (target, number) in targets.iter().zip(1..) {
        let refuse = |sentence: String| Err((number, sentence));
        if target.to.is_empty() || target.to.chars().any(char::is_control) {
            return refuse(
                "to is empty: name a destination of the settings of coordinators, [deliveries.NAME]"
                    .to_owned(),
            );
        }
        if !seen.insert(&target.to) {
            return refuse(format!(
                "it is delivered to \"{}\" twice: leave one of the tables out",
                target.to
            ));
        }
        let mut columns = BTreeSet::new();
        if let Some(twice) = target.key.iter().find(|column| !columns.insert(*column)) {
            return refuse(format!("its key names \"{twice}\" twice"));
        }
        if let Some(index) = &target.index
            && !is_index(index)
        {
            return refuse(format!(
                "an index cannot be called \"{index}\": at most {MAX_INDEX_LETTERS} small letters, digits and _.-, a letter first"
            ));
        }
    }
    Ok(())
}

fn is_index(name: &str) -> bool {
    name.len() <= MAX_INDEX_LETTERS
        && name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.chars().all(|letter| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_.-".contains(letter)
        })
}
