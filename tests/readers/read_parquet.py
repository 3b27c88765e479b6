"""Prints a Parquet file as DuckDB sees it: {"columns": [[name, type], …], "rows": [[text or null, …], …]}.

Values are DuckDB's own text for them, instants in UTC, so that nothing is lost on the way through JSON.
"""

import json
import sys

import duckdb

database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")
# The folders of a bucket look like partitions (`as_of=…`); only what the file itself holds is of interest.
report = database.read_parquet(sys.argv[1], hive_partitioning=False)
quoted = [name.replace('"', '""') for name in report.columns]
rows = report.project(", ".join(f'CAST("{name}" AS VARCHAR)' for name in quoted)).fetchall()
columns = [[name, str(kind)] for name, kind in zip(report.columns, report.types)]
json.dump({"columns": columns, "rows": rows}, sys.stdout)
