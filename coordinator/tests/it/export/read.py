"""Reads an export with DuckDB, pandas and polars, and prints what each of them found.

The files are those that the manifest names, as README.md shows it.
"""

import json
import sys

import duckdb
import pandas
import polars

place = sys.argv[1]
with open(f"{place}/manifest.json") as file:
    named = json.load(file)["files"]


def files(data_set):
    return [f"{place}/{one['path']}" for one in named if one["data_set"] == data_set]


def by_duckdb():
    db = duckdb.connect()
    db.sql(
        f"""SET VARIABLE files = (
            SELECT list('{place}/' || file.path)
            FROM (SELECT unnest(files) AS file FROM read_json('{place}/manifest.json'))
            WHERE file.data_set = 'seat-records')"""
    )
    seats = "read_parquet(getvariable('files'), hive_partitioning = true)"
    rows, sold, unmapped, days, last = db.sql(
        f"""SELECT count(*), count(*) FILTER (WHERE status = 'sold'),
            count(*) FILTER (WHERE status IS NULL), count(DISTINCT date), max(epoch_us(observed_at))
        FROM {seats}"""
    ).fetchall()[0]
    prices = db.sql("SELECT sum(amount), sum(fee) FROM read_parquet($f)", params={"f": files("prices")}).fetchall()[0]
    jobs, errors = db.sql(
        "SELECT count(*), count(error_class) FROM read_parquet($f)", params={"f": files("jobs")}
    ).fetchall()[0]
    taken = db.sql("SELECT sum(sold) FROM read_parquet($f)", params={"f": files("snapshots")}).fetchall()[0][0]
    return [rows, sold, unmapped, days, last, str(prices[0]), str(prices[1]), jobs, errors, int(taken)]


def by_pandas():
    def read(data_set):
        return pandas.concat([pandas.read_parquet(one, engine="pyarrow") for one in files(data_set)])

    seats, prices, jobs = read("seat-records"), read("prices"), read("jobs")
    days = {one["date"] for one in named if one["data_set"] == "seat-records"}
    last = seats["observed_at"].max().value // 1000
    return [
        len(seats), int((seats["status"] == "sold").sum()), int(seats["status"].isna().sum()), len(days), last,
        str(prices["amount"].sum()), str(prices["fee"].dropna().sum()), len(jobs),
        int(jobs["error_class"].notna().sum()), int(read("snapshots")["sold"].sum()),
    ]


def by_polars():
    seats = polars.read_parquet(files("seat-records"))
    prices, jobs = polars.read_parquet(files("prices")), polars.read_parquet(files("jobs"))
    days = {one["date"] for one in named if one["data_set"] == "seat-records"}
    last = seats["observed_at"].dt.epoch("us").max()
    return [
        len(seats), seats.filter(polars.col("status") == "sold").height, seats["status"].null_count(), len(days), last,
        str(prices["amount"].sum()), str(prices["fee"].sum()), len(jobs),
        len(jobs) - jobs["error_class"].null_count(), int(polars.read_parquet(files("snapshots"))["sold"].sum()),
    ]


print(json.dumps({"duckdb": by_duckdb(), "pandas": by_pandas(), "polars": by_polars()}))
