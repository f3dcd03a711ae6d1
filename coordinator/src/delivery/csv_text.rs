//! Rows as CSV by RFC 4180: a header, commas, quotes where they are needed, lines that end with a line feed.
//! A missing value is a field without letters.

use csv::{Writer, WriterBuilder};
use schema::delivery::{DataSetColumn, TextRow};

/// Writes rows as CSV; the text is taken in parts.
#[derive(Debug)]
pub struct CsvText {
    writer: Writer<Vec<u8>>,
}

impl CsvText {
    /// Begins with the header.
    ///
    /// # Errors
    ///
    /// If the writer fails, which a vector does not.
    pub fn of(columns: &[DataSetColumn]) -> Result<Self, csv::Error> {
        let mut text = Self {
            writer: WriterBuilder::new().from_writer(Vec::new()),
        };
        text.writer
            .write_record(columns.iter().map(|column| &column.name))?;
        Ok(text)
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// If it has another number of fields than the header.
    pub fn add(&mut self, row: &TextRow) -> Result<(), csv::Error> {
        let fields = row.iter().map(|field| field.as_deref().unwrap_or_default());
        self.writer.write_record(fields)
    }

    /// Bytes that can be taken, but for those of the last rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.writer.get_ref().len()
    }

    /// Whether nothing can be taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes what was written since the last time, and gives a new text without a header.
    ///
    /// # Errors
    ///
    /// If the writer fails, which a vector does not.
    pub fn take(self) -> Result<(Vec<u8>, Self), csv::Error> {
        let bytes = self
            .writer
            .into_inner()
            .map_err(|error| std::io::Error::other(error.to_string()))?;
        let writer = WriterBuilder::new().from_writer(Vec::new());
        Ok((bytes, Self { writer }))
    }
}
