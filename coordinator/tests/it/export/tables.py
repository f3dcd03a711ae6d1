"""Reads the Iceberg tables of an export with the programs that analysts use.

Standard input: {"tables": {name: {"location", "metadata", "snapshot"}}, "catalog": address of a
database or null, "rest": {"address", "token"} of a REST catalog, "readers": [...], "s3": options or
null}. A snapshot that is not null is travelled to. Prints, for each reader and table, the sums of SUMS.
"""

import json
import os
import sys
from decimal import Decimal

asked = json.load(sys.stdin)
SUMS = {
    "showtimes": "count(*), sum(showtime_id), count(work_id)",
    "seat_records": "count(*), sum(CASE WHEN status = 'sold' THEN 1 ELSE 0 END), sum(layout_id)",
    "snapshots": "count(*), sum(sold), sum(job_id)",
    "jobs": "count(*), count(error_class), sum(job_id)",
    "prices": "count(*), sum(amount), sum(fee)",
    "events": "count(*), sum(user_id), count(region)",
}


def plain(row):
    return [format(Decimal(str(value)).normalize(), "f") for value in row]


def of_arrow(name, rows):
    import duckdb

    db = duckdb.connect()
    db.register("rows", rows)
    return plain(db.sql(f"SELECT {SUMS[name]} FROM rows").fetchone())


def by_pyiceberg(name, table):
    from pyiceberg.table import StaticTable

    static = StaticTable.from_metadata(table["metadata"], asked["s3"] or {})
    return of_arrow(name, static.scan(snapshot_id=table["snapshot"]).to_arrow())


def by_catalog(name, table):
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog("fullhouse", uri=asked["catalog"], init_catalog_tables="false")
    (namespace,) = catalog.list_namespaces()
    assert (*namespace, name) in catalog.list_tables(namespace)
    found = catalog.load_table((*namespace, name))
    return of_arrow(name, found.scan(snapshot_id=table["snapshot"]).to_arrow())


def by_rest(name, table):
    from pyiceberg.catalog.rest import RestCatalog

    catalog = RestCatalog("fullhouse", uri=asked["rest"]["address"], token=asked["rest"]["token"])
    (namespace,) = catalog.list_namespaces()
    assert (*namespace, name) in catalog.list_tables(namespace)
    found = catalog.load_table((*namespace, name))
    refused(lambda: found.append(found.scan().to_arrow()))
    refused(lambda: catalog.drop_table((*namespace, name)))
    return of_arrow(name, found.scan(snapshot_id=table["snapshot"]).to_arrow())


def refused(write):
    try:
        write()
    except Exception:
        return
    raise AssertionError("the catalog took a write")


def duckdb_with_extensions(*extensions):
    import duckdb
    from duckdb_extensions import import_extension

    db = duckdb.connect()
    for extension in extensions:
        import_extension(extension, con=db)
        db.load_extension(extension)
    return db


def by_duckdb_rest(name, table):
    db = duckdb_with_extensions("avro", "httpfs", "iceberg")
    db.sql(f"CREATE SECRET (TYPE iceberg, TOKEN '{asked['rest']['token']}')")
    db.sql(f"ATTACH '' AS lake (TYPE iceberg, ENDPOINT '{asked['rest']['address']}')")
    at = f" AT (VERSION => {table['snapshot']})" if table["snapshot"] else ""
    return plain(db.sql(f"SELECT {SUMS[name]} FROM lake.export_1.{name}{at}").fetchone())


def by_duckdb(name, table):
    db = duckdb_with_extensions("avro", "iceberg")
    at = f", snapshot_from_id => {table['snapshot']}" if table["snapshot"] else ""
    # Without a catalog it takes the version of version-hint.text.
    return plain(db.sql(f"SELECT {SUMS[name]} FROM iceberg_scan('{table['location']}'{at})").fetchone())


def by_chdb(name, table):
    # It reads files below its directory only.
    os.chdir(table["location"].removeprefix("file://"))
    import chdb

    at = f" SETTINGS iceberg_snapshot_id = {table['snapshot']}" if table["snapshot"] else ""
    sums = chdb.query(f"SELECT {SUMS[name]} FROM icebergLocal('{os.getcwd()}', 'Parquet'){at}", "CSV")
    return plain(str(sums).replace('"', "").strip().split(","))


def by_polars(name, table):
    import polars

    scanned = polars.scan_iceberg(table["metadata"], snapshot_id=table["snapshot"])
    return of_arrow(name, scanned.collect().to_arrow())


def spark():
    from pathlib import Path

    import snowpark_connect_deps_iceberg as jars
    from pyspark.sql import SparkSession

    (jar,) = Path(jars.__file__).parent.glob("jars/iceberg-spark-runtime-3.5_2.12-*.jar")
    catalog = {
        "": "org.apache.iceberg.spark.SparkCatalog",
        ".type": "rest",
        ".uri": asked["rest"]["address"],
        ".token": asked["rest"]["token"],
        ".cache-enabled": "false",
    }
    session = SparkSession.builder.master("local[2]").config("spark.jars", jar).config("spark.ui.enabled", "false")
    for name, value in catalog.items():
        session = session.config(f"spark.sql.catalog.lake{name}", value)
    return session.getOrCreate()


def by_spark(name, table):
    """By its directory, and by the REST catalog, which refuses to write."""
    session = spark()
    reading = session.read.format("iceberg")
    if table["snapshot"]:
        reading = reading.option("snapshot-id", table["snapshot"])
    reading.load(table["location"]).createOrReplaceTempView("rows")
    sums = plain(session.sql(f"SELECT {SUMS[name]} FROM rows").first())
    at = f" VERSION AS OF {table['snapshot']}" if table["snapshot"] else ""
    assert sums == plain(session.sql(f"SELECT {SUMS[name]} FROM lake.export_1.{name}{at}").first())
    refused(lambda: session.sql(f"INSERT INTO lake.export_1.{name} SELECT * FROM lake.export_1.{name}"))
    return sums


readers = {
    "pyiceberg": by_pyiceberg,
    "catalog": by_catalog,
    "rest": by_rest,
    "duckdb": by_duckdb,
    "duckdb_rest": by_duckdb_rest,
    "chdb": by_chdb,
    "polars": by_polars,
    "spark": by_spark,
}
print(
    json.dumps(
        {
            reader: {name: readers[reader](name, table) for name, table in asked["tables"].items()}
            for reader in asked["readers"]
        }
    )
)
