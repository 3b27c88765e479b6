"""The same rows as DuckDB writes them."""

import sys

import duckdb

SOURCE, COPY = sys.argv[1:]
duckdb.sql("SET TimeZone = 'UTC'")
duckdb.sql(f"COPY (FROM read_parquet('{SOURCE}')) TO '{COPY}' (FORMAT parquet, COMPRESSION zstd)")
