//! The columns of a data set as fields of an Iceberg table.

use serde_json::{Value, json};

use crate::export::{
    column::ColumnKind,
    events::Events,
    jobs::Jobs,
    parquet::{MONEY_PRECISION, MONEY_SCALE, field_id},
    prices::Prices,
    records::SeatRecords,
    showtimes::Showtimes,
    snapshots::Snapshots,
    table::{DataSet, Table},
};

/// A field of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its number in the table and in the Parquet files; the same for ever.
    pub id: i32,
    /// Its name.
    pub name: &'static str,
    /// The type of its values.
    pub kind: ColumnKind,
    /// Whether every row has a value.
    pub is_required: bool,
}

/// The fields of a table, and the one whose day its rows are partitioned by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// In the order of the columns.
    pub all: Vec<Field>,
    /// The field of whose UTC day all rows of a file are.
    pub time: Field,
}

impl Fields {
    /// The fields of a data set.
    ///
    /// # Errors
    ///
    /// The name of the time that the data set does not have.
    pub fn of(data_set: DataSet) -> Result<Self, &'static str> {
        match data_set {
            DataSet::Showtimes => Self::of_table::<Showtimes>(),
            DataSet::SeatRecords => Self::of_table::<SeatRecords>(),
            DataSet::Snapshots => Self::of_table::<Snapshots>(),
            DataSet::Jobs => Self::of_table::<Jobs>(),
            DataSet::Prices => Self::of_table::<Prices>(),
            DataSet::Events => Self::of_table::<Events>(),
        }
    }

    fn of_table<T: Table>() -> Result<Self, &'static str> {
        let columns = T::columns().iter().enumerate();
        let all: Vec<Field> = columns
            .map(|(place, column)| Field {
                id: field_id(place),
                name: column.name,
                kind: column.kind,
                is_required: !column.is_nullable,
            })
            .collect();
        let time = all.iter().find(|field| field.name == T::TIME);
        let time = *time.ok_or(T::TIME)?;
        Ok(Self { all, time })
    }

    /// The field with a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Field> {
        self.all.iter().find(|field| field.name == name).copied()
    }

    /// The Iceberg schema, with the given id.
    #[must_use]
    pub fn schema(&self, id: usize) -> Value {
        let fields = self.all.iter().map(|field| {
            json!({
                "id": field.id,
                "name": field.name,
                "required": field.is_required,
                "type": type_name(field.kind),
            })
        });
        json!({
            "type": "struct",
            "schema-id": id,
            "fields": fields.collect::<Vec<Value>>(),
        })
    }

    /// Which column of files without field numbers is which field.
    #[must_use]
    pub fn name_mapping(&self) -> Value {
        let fields = self.all.iter();
        fields
            .map(|field| json!({ "field-id": field.id, "names": [field.name] }))
            .collect()
    }

    /// The name of the partition: a day.
    #[must_use]
    pub fn day_name(&self) -> String {
        format!("{}_day", self.time.name)
    }
}

fn type_name(kind: ColumnKind) -> String {
    let name = match kind {
        // Iceberg has no smaller one.
        ColumnKind::Short | ColumnKind::Integer => "int",
        ColumnKind::Long => "long",
        ColumnKind::Time => "timestamptz",
        ColumnKind::Day => "date",
        ColumnKind::Money => return format!("decimal({MONEY_PRECISION}, {MONEY_SCALE})"),
        ColumnKind::Flag => "boolean",
        ColumnKind::Text => "string",
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A number that changes its field shows readers one column as another: columns are only ever
    /// added at the end.
    #[test]
    fn fields_keep_their_numbers() {
        let mut numbered = String::new();
        for data_set in DataSet::ALL {
            for field in Fields::of(data_set).unwrap().all {
                let line = format!("{data_set}\t{}\t{}\n", field.id, field.name);
                numbered.push_str(&line);
            }
        }
        assert_eq!(numbered, include_str!("field_numbers.tsv"));
    }
}
