//! Writes the rows of a day as Parquet: zstd, sorted, in row groups that are read in parallel.
//!
//! The same rows give the same bytes, so a file is named by its content. Nothing in it depends
//! on when it was written.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use parquet::{
    basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type, ZstdLevel},
    column::writer::ColumnWriter,
    errors::ParquetError,
    file::{
        metadata::{KeyValue, RowGroupMetaData, SortingColumn},
        properties::{EnabledStatistics, WriterProperties, WriterVersion},
        statistics::Statistics,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::types::{ColumnPath, Type as SchemaType},
};
use serde_json::Value;

use super::{
    column::{Cells, Column, ColumnKind, Packing, Values},
    table::Table,
};

/// Counts up when a column is changed or removed; one more column is no reason.
pub const SCHEMA_VERSION: &str = "1";
/// Rows of a row group: enough for dictionaries to pay, and a few seconds' work for a reader.
const GROUP_ROWS: usize = 1 << 20;
/// A file that has grown so large is followed by another; each is written at once.
const PART_BYTES: usize = 64 << 20;
/// What is compressed together. Seats repeat from snapshot to snapshot and from showtime to
/// showtime; 1 MB pages take a seventh more space (measured).
const PAGE_BYTES: usize = 8 << 20;
/// A day of seat records packed again at each level, by another writer: 7 % smaller than at 12 for
/// 0.07 µs a row; 15 takes 1 % off that and another 0.06 µs.
const ZSTD_LEVEL: i32 = 14;
/// Six decimals of up to twelve digits fill 64 bits.
pub(super) const MONEY_PRECISION: i32 = 18;

/// Of these, digits after the point.
pub(super) const MONEY_SCALE: i32 = 6;

/// A file, in memory.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its bytes.
    pub content: Bytes,
    /// Its rows.
    pub rows: u64,
    /// The least and the most of columns in it.
    pub bounds: BTreeMap<String, [Value; 2]>,
}

/// Takes the rows of a day in their order, and gives files.
pub struct Encoder<T: Table> {
    schema: Arc<SchemaType>,
    properties: Arc<WriterProperties>,
    writer: Option<SerializedFileWriter<Vec<u8>>>,
    waiting: Vec<T::Block>,
    waiting_rows: usize,
    rows: u64,
}

impl<T: Table> Encoder<T> {
    /// Begins with nothing.
    ///
    /// # Errors
    ///
    /// If the columns are no Parquet schema.
    pub fn new(on_day: NaiveDate) -> Result<Self, ParquetError> {
        Ok(Self {
            schema: schema::<T>()?,
            properties: Arc::new(properties::<T>(on_day)?),
            writer: None,
            waiting: Vec::new(),
            waiting_rows: 0,
            rows: 0,
        })
    }

    /// Adds rows; gives a file where one is full.
    ///
    /// # Errors
    ///
    /// If the library refuses.
    pub fn push(&mut self, blocks: Vec<T::Block>) -> Result<Option<Part>, ParquetError> {
        for block in blocks {
            self.waiting_rows += T::rows(&block);
            self.waiting.push(block);
            if self.waiting_rows >= GROUP_ROWS {
                self.write_group()?;
            }
        }
        let written = self
            .writer
            .as_ref()
            .map_or(0, SerializedFileWriter::bytes_written);
        if written < PART_BYTES {
            return Ok(None);
        }
        self.finish()
    }

    /// Ends the file that was begun; gives none where no row came.
    ///
    /// # Errors
    ///
    /// If the library refuses.
    pub fn finish(&mut self) -> Result<Option<Part>, ParquetError> {
        self.write_group()?;
        let Some(writer) = self.writer.take() else {
            return Ok(None);
        };
        let bounds = bounds::<T>(writer.flushed_row_groups());
        Ok(Some(Part {
            content: writer.into_inner()?.into(),
            rows: std::mem::take(&mut self.rows),
            bounds,
        }))
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let blocks = std::mem::take(&mut self.waiting);
        if std::mem::take(&mut self.waiting_rows) == 0 {
            return Ok(());
        }
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(SerializedFileWriter::new(
                Vec::new(),
                self.schema.clone(),
                self.properties.clone(),
            )?),
        };
        let mut group = writer.next_row_group()?;
        for column in T::columns() {
            let Some(mut to) = group.next_column()? else {
                break;
            };
            for block in &blocks {
                write(&mut to, column, &(column.cells)(block))?;
            }
            to.close()?;
        }
        group.close()?;
        self.rows += blocks
            .iter()
            .map(|block| T::rows(block) as u64)
            .sum::<u64>();
        Ok(())
    }
}

/// Writes the cells of one block.
fn write<B>(
    to: &mut SerializedColumnWriter<'_>,
    column: &Column<B>,
    cells: &Cells<'_>,
) -> Result<(), ParquetError> {
    let levels = cells.levels.as_deref();
    match (to.untyped(), &cells.values) {
        (ColumnWriter::Int32ColumnWriter(to), Values::Integers(values)) => {
            to.write_batch(values, levels, None)
        }
        (ColumnWriter::Int64ColumnWriter(to), Values::Longs(values)) => {
            to.write_batch(values, levels, None)
        }
        (ColumnWriter::BoolColumnWriter(to), Values::Flags(values)) => {
            to.write_batch(values, levels, None)
        }
        (ColumnWriter::ByteArrayColumnWriter(to), Values::Texts(values)) => {
            to.write_batch(values, levels, None)
        }
        _ => Err(ParquetError::General(format!(
            "{} has values of another kind",
            column.name
        ))),
    }?;
    Ok(())
}

fn schema<T: Table>() -> Result<Arc<SchemaType>, ParquetError> {
    let columns = T::columns().iter().enumerate();
    let fields: Result<Vec<Arc<SchemaType>>, ParquetError> = columns
        .map(|(place, column)| field(place, column))
        .collect();
    let root = SchemaType::group_type_builder("fullhouse").with_fields(fields?);
    Ok(Arc::new(root.build()?))
}

/// The number of the column at a place of the list, by which Iceberg knows it for ever.
pub(super) fn field_id(place: usize) -> i32 {
    i32::try_from(place + 1).unwrap_or(i32::MAX)
}

fn field<B>(place: usize, column: &Column<B>) -> Result<Arc<SchemaType>, ParquetError> {
    let (physical, logical) = match column.kind {
        ColumnKind::Short => (Type::INT32, Some(LogicalType::integer(16, true))),
        ColumnKind::Integer => (Type::INT32, None),
        ColumnKind::Long => (Type::INT64, None),
        ColumnKind::Day => (Type::INT32, Some(LogicalType::Date)),
        ColumnKind::Time => (
            Type::INT64,
            Some(LogicalType::timestamp(true, TimeUnit::MICROS)),
        ),
        ColumnKind::Money => (
            Type::INT64,
            Some(LogicalType::decimal(MONEY_SCALE, MONEY_PRECISION)),
        ),
        ColumnKind::Flag => (Type::BOOLEAN, None),
        ColumnKind::Text => (Type::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let repetition = if column.is_nullable {
        Repetition::OPTIONAL
    } else {
        Repetition::REQUIRED
    };
    let mut builder = SchemaType::primitive_type_builder(column.name, physical)
        .with_repetition(repetition)
        .with_id(Some(field_id(place)))
        .with_logical_type(logical);
    if column.kind == ColumnKind::Money {
        builder = builder
            .with_precision(MONEY_PRECISION)
            .with_scale(MONEY_SCALE);
    }
    Ok(Arc::new(builder.build()?))
}

fn properties<T: Table>(on_day: NaiveDate) -> Result<WriterProperties, ParquetError> {
    let said = [
        ("fullhouse.data_set", T::DATA_SET.label().to_owned()),
        ("fullhouse.schema_version", SCHEMA_VERSION.to_owned()),
        ("fullhouse.date", on_day.to_string()),
    ];
    let said = said.map(|(key, value)| KeyValue::new(key.to_owned(), value));
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_created_by(format!("fullhouse {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(said.to_vec()))
        .set_sorting_columns(Some(sorting::<T>()))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(PAGE_BYTES)
        .set_data_page_row_count_limit(GROUP_ROWS * 2)
        .set_offset_index_disabled(true);
    for column in T::columns() {
        let path = ColumnPath::from(column.name);
        builder = match column.packing {
            Packing::Repeated => {
                builder.set_column_statistics_enabled(path, EnabledStatistics::None)
            }
            Packing::Runs => builder.set_column_statistics_enabled(path, EnabledStatistics::Chunk),
            Packing::Deltas => builder
                .set_column_statistics_enabled(path.clone(), EnabledStatistics::Chunk)
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
            Packing::Prefixes => builder
                .set_column_statistics_enabled(path.clone(), EnabledStatistics::None)
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BYTE_ARRAY),
        };
    }
    Ok(builder.build())
}

fn sorting<T: Table>() -> Vec<SortingColumn> {
    let place = |name: &&str| T::columns().iter().position(|column| column.name == *name);
    let places = T::SORTED_BY.iter().filter_map(place);
    let sorted = places.filter_map(|place| i32::try_from(place).ok());
    sorted
        .map(|column_idx| SortingColumn {
            column_idx,
            descending: false,
            nulls_first: false,
        })
        .collect()
}

/// The least and the most of each column that has bounds, over all row groups.
fn bounds<T: Table>(groups: &[RowGroupMetaData]) -> BTreeMap<String, [Value; 2]> {
    let mut found = BTreeMap::new();
    for (place, column) in T::columns().iter().enumerate() {
        let known = groups
            .iter()
            .filter_map(|group| span_of(group.column(place).statistics()?));
        let whole = known.reduce(|(least, most), (low, high)| (least.min(low), most.max(high)));
        if let Some((least, most)) = whole {
            let bounds = [least, most].map(|value| readable(column.kind, value));
            found.insert(column.name.to_owned(), bounds);
        }
    }
    found
}

fn span_of(statistics: &Statistics) -> Option<(i64, i64)> {
    match statistics {
        Statistics::Int32(of) => Some(((*of.min_opt()?).into(), (*of.max_opt()?).into())),
        Statistics::Int64(of) => Some((*of.min_opt()?, *of.max_opt()?)),
        Statistics::Boolean(_)
        | Statistics::Int96(_)
        | Statistics::Float(_)
        | Statistics::Double(_)
        | Statistics::ByteArray(_)
        | Statistics::FixedLenByteArray(_) => None,
    }
}

fn readable(kind: ColumnKind, value: i64) -> Value {
    let shown = match kind {
        ColumnKind::Time => DateTime::from_timestamp_micros(value)
            .map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)),
        ColumnKind::Day => day(value).map(|on_day| on_day.to_string()),
        ColumnKind::Short
        | ColumnKind::Integer
        | ColumnKind::Long
        | ColumnKind::Money
        | ColumnKind::Flag
        | ColumnKind::Text => None,
    };
    shown.map_or_else(|| value.into(), Value::from)
}

/// The value as it is written, of one that is [`readable`].
pub(super) fn written(kind: ColumnKind, value: &Value) -> Option<i64> {
    match kind {
        ColumnKind::Time => {
            let at: DateTime<Utc> = value.as_str()?.parse().ok()?;
            Some(at.timestamp_micros())
        }
        ColumnKind::Day => {
            let on_day: NaiveDate = value.as_str()?.parse().ok()?;
            Some(on_day.to_epoch_days().into())
        }
        ColumnKind::Short
        | ColumnKind::Integer
        | ColumnKind::Long
        | ColumnKind::Money
        | ColumnKind::Flag
        | ColumnKind::Text => value.as_i64(),
    }
}

fn day(value: i64) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(i32::try_from(value).ok()?)
}
