"""Writes the Parquet files of an export again without the numbers of their fields; prints their sizes."""

import json
import pathlib
import sys

import pyarrow
import pyarrow.parquet

place = pathlib.Path(sys.argv[1])
sizes = {}
for path in place.glob("*/date=*/*.parquet"):
    table = pyarrow.parquet.ParquetFile(path).read()
    fields = [field.with_metadata({}) for field in table.schema]
    pyarrow.parquet.write_table(table.cast(pyarrow.schema(fields)), path)
    numbered = pyarrow.parquet.ParquetFile(path).schema_arrow.field(0).metadata or {}
    assert numbered.get(b"PARQUET:field_id") is None, numbered
    sizes[str(path.relative_to(place))] = path.stat().st_size
print(json.dumps(sizes))
