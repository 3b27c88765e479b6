"""Prints the Parquet files as DuckDB and as pyarrow see them, a line of JSON a file: {"duckdb": [[text or null, …], …],
"pyarrow": the same}.

Values are text: bytes in hex, lists as JSON, instants in UTC without an offset.
"""

import json
import sys

import duckdb
import pyarrow
import pyarrow.parquet


def by_duckdb(path):
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    report = database.read_parquet(path, hive_partitioning=False)

    def text(name, kind):
        column = '"' + name.replace('"', '""') + '"'
        if kind == "BLOB":
            return f"lower(hex({column}))"
        if kind.endswith("[]"):
            return f"CAST(to_json({column}) AS VARCHAR)"
        if kind == "TIMESTAMP WITH TIME ZONE":
            return f"CAST(CAST({column} AS TIMESTAMP) AS VARCHAR)"
        return f"CAST({column} AS VARCHAR)"

    kinds = [str(kind) for kind in report.types]
    return report.project(", ".join(map(text, report.columns, kinds))).fetchall()


def by_pyarrow(path):
    table = pyarrow.parquet.ParquetFile(path).read()

    def text(value):
        match value:
            case None:
                return None
            case bytes():
                return value.hex()
            case list():
                return json.dumps(value)
            case bool():
                return str(value).lower()
            case _:
                return str(value)

    def texts(column):
        if pyarrow.types.is_timestamp(column.type):
            column = column.cast(pyarrow.timestamp("us"))
        if pyarrow.types.is_decimal(column.type):
            return [None if value is None else format(value, "f") for value in column.to_pylist()]
        return [text(value) for value in column.to_pylist()]

    return list(zip(*map(texts, table.columns)))


for path in sys.argv[1:]:
    print(json.dumps({"duckdb": by_duckdb(path), "pyarrow": by_pyarrow(path)}))
