"""Reads an export with DuckDB, pandas and polars, and prints what each of them found.

The files are those that the manifest names. The first argument is the place, the second EXPORT.md.
"""

import json
import re
import sys

import duckdb
import pandas
import polars

place = sys.argv[1]
with open(f"{place}/manifest.json") as file:
    named = json.load(file)["files"]


def files(data_set):
    return [f"{place}/{one['path']}" for one in named if one["data_set"] == data_set]


def by_film(rows):
    return {film: int(admissions) for film, admissions in rows}


def by_duckdb():
    db = duckdb.connect()
    # What EXPORT.md shows: who came to each film. It leaves the files in variables.
    shown = re.search(r"```sql\n(CREATE VIEW file .*?)```", open(sys.argv[2]).read(), re.DOTALL)[1]
    admissions = by_film(db.execute(shown.replace("/srv/export", place)).fetchall())
    seats = "read_parquet(getvariable('seats'), hive_partitioning = true)"
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
    starts = db.sql(
        """SELECT min(epoch_us(starts_at)), min(business_on)::text, count(auditorium), sum(seats_total), count(work_id)
        FROM read_parquet($f)""",
        params={"f": files("showtimes")},
    ).fetchall()[0]
    return [
        rows, sold, unmapped, days, last, str(prices[0]), str(prices[1]), jobs, errors, int(taken), admissions,
        *starts[:3], int(starts[3]), starts[4],
    ]


def by_pandas():
    def read(data_set):
        return pandas.concat([pandas.read_parquet(one, engine="pyarrow") for one in files(data_set)])

    seats, prices, jobs = read("seat-records"), read("prices"), read("jobs")
    days = {one["date"] for one in named if one["data_set"] == "seat-records"}
    last = seats["observed_at"].max().value // 1000
    showtimes = read("showtimes")
    seen = seats.merge(showtimes, on="showtime_id", suffixes=("", "_of_showtime"))
    seen["is_before"] = seen["observed_at"] <= seen["starts_at"]
    seen["distance"] = (seen["observed_at"] - seen["starts_at"]).abs()
    closest = seen.sort_values(["is_before", "distance"]).drop_duplicates("showtime_id")
    came = seen.merge(closest[["showtime_id", "observed_at"]], on=["showtime_id", "observed_at"])
    return [
        len(seats), int((seats["status"] == "sold").sum()), int(seats["status"].isna().sum()), len(days), last,
        str(prices["amount"].sum()), str(prices["fee"].dropna().sum()), len(jobs),
        int(jobs["error_class"].notna().sum()), int(read("snapshots")["sold"].sum()),
        by_film(came[came["status"] == "sold"].groupby(came["work"].fillna(came["film"])).size().items()),
        showtimes["starts_at"].min().value // 1000, str(showtimes["business_on"].min()),
        int(showtimes["auditorium"].notna().sum()), int(showtimes["seats_total"].sum()),
        int(showtimes["work_id"].notna().sum()),
    ]


def by_polars():
    seats = polars.read_parquet(files("seat-records"))
    prices, jobs = polars.read_parquet(files("prices")), polars.read_parquet(files("jobs"))
    days = {one["date"] for one in named if one["data_set"] == "seat-records"}
    last = seats["observed_at"].dt.epoch("us").max()
    showtimes = polars.read_parquet(files("showtimes"))
    seen = seats.join(showtimes, on="showtime_id").with_columns(
        is_before=polars.col("observed_at") <= polars.col("starts_at"),
        distance=(polars.col("observed_at") - polars.col("starts_at")).abs(),
    )
    closest = seen.sort("is_before", "distance").unique("showtime_id", keep="first", maintain_order=True)
    came = seen.join(closest, on=["showtime_id", "observed_at"], how="semi").filter(polars.col("status") == "sold")
    return [
        len(seats), seats.filter(polars.col("status") == "sold").height, seats["status"].null_count(), len(days), last,
        str(prices["amount"].sum()), str(prices["fee"].sum()), len(jobs),
        len(jobs) - jobs["error_class"].null_count(), int(polars.read_parquet(files("snapshots"))["sold"].sum()),
        by_film(came.group_by(polars.coalesce("work", "film")).len().iter_rows()), showtimes["starts_at"].dt.epoch("us").min(),
        str(showtimes["business_on"].min()), len(showtimes) - showtimes["auditorium"].null_count(),
        int(showtimes["seats_total"].sum()), len(showtimes) - showtimes["work_id"].null_count(),
    ]


print(json.dumps({"duckdb": by_duckdb(), "pandas": by_pandas(), "polars": by_polars()}))
