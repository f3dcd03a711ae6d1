//! `coordinator source attributes|map-attribute`: lists attributes of showtimes, and maps them to
//! meanings.

use anyhow::bail;
use comfy_table::Table;
use schema::{
    attribute::{self, Attribute},
    enums::AttributeMeaning,
};
use sqlx::PgPool;

use super::table;

/// An attribute and its meaning, as written on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeMapping {
    /// The code of the source.
    pub code: String,
    /// Its meaning.
    pub meaning: AttributeMeaning,
}

impl std::str::FromStr for AttributeMapping {
    type Err = String;

    /// Reads `CODE=KIND:WORD`; the last `=` counts, for codes may have some.
    fn from_str(text: &str) -> Result<Self, String> {
        let (code, meaning) = text
            .rsplit_once('=')
            .ok_or_else(|| "write CODE=KIND:WORD, such as IMAX=format:imax".to_owned())?;
        Ok(Self {
            code: code.to_owned(),
            meaning: meaning.parse()?,
        })
    }
}

/// Lists the attributes of a source, those that nothing maps first.
///
/// # Errors
///
/// If there are none, or the database cannot be asked.
pub async fn list(db: &PgPool, source: &str) -> anyhow::Result<()> {
    let attributes = attribute::attributes(db, source).await?;
    if attributes.is_empty() {
        bail!("{source} has no attributes yet, or there is no such source");
    }
    println!("{}", table(&attributes));
    Ok(())
}

fn table(attributes: &[Attribute]) -> Table {
    let mut table = table::with_header(["code", "means", "showtimes to come", "first seen by"]);
    for attribute in attributes {
        let meaning = attribute.meaning.as_ref();
        table.add_row([
            attribute.code.clone(),
            meaning.map_or_else(|| "nothing maps it".to_owned(), ToString::to_string),
            attribute.showtimes.to_string(),
            format!("job {}", attribute.discovered_by),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_meaning_is_read_from_its_last_equals_sign() {
        let mapping: AttributeMapping = "a=b=format:imax".parse().unwrap();
        assert_eq!(mapping.code, "a=b");
        assert_eq!(mapping.meaning.to_string(), "format:imax");
        let problem = "IMAX".parse::<AttributeMapping>().unwrap_err();
        assert!(problem.contains("CODE=KIND:WORD"), "{problem}");
        let problem = "IMAX=screen:imax".parse::<AttributeMapping>().unwrap_err();
        assert!(problem.contains("format, dimension"), "{problem}");
    }
}
