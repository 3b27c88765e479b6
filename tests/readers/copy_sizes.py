"""Copies Parquet files with DuckDB, zstd and their metadata. Prints [[bytes of the file, bytes of the copy], …]."""

import json
import sys
import tempfile
from pathlib import Path

import duckdb


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")
sizes = []
with tempfile.TemporaryDirectory() as folder:
    copy = Path(folder, "copy.parquet")
    for path in sys.argv[1:]:
        pairs = database.execute("SELECT key, value FROM parquet_kv_metadata(?)", [path]).fetchall()
        metadata = ", ".join(f"{quoted(key.decode())}: {quoted(value.decode())}" for key, value in pairs)
        database.execute(
            f"COPY (FROM read_parquet({quoted(path)}, hive_partitioning = false)) TO {quoted(str(copy))} "
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{metadata}}})"
        )
        sizes.append([Path(path).stat().st_size, copy.stat().st_size])
print(json.dumps(sizes))
