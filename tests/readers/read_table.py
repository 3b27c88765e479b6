"""Prints a table of the Glue catalog as Athena would read it, by DuckDB: {"columns": [[name, type], …], "rows": [[text or null, …], …]}.

What there is to read, and of which types, is taken from the stored definition alone: the columns of a file are found by
name, one that is missing is null, and one of another type than the table's is an error, as it is in Athena
(HIVE_BAD_DATA). So is a partition whose types are not the table's (HIVE_PARTITION_SCHEMA_MISMATCH).

Arguments: the data folder of a system, the table's name.
"""

import json
import re
import sys
from pathlib import Path

import duckdb

DATA, NAME = Path(sys.argv[1]), sys.argv[2]
TYPES = {"string": "VARCHAR", "int": "INTEGER", "float": "FLOAT", "binary": "BLOB"}


def duckdb_type(athena_type):
    element = re.fullmatch("array<(.*)>", athena_type)
    return duckdb_type(element[1]) + "[]" if element else TYPES.get(athena_type, athena_type.upper())


def columns_of(storage):
    return [(column["Name"], column["Type"]) for column in storage["Columns"]]


catalog = json.loads(Path(DATA, "glue/catalog.json").read_text())
table = catalog["quaestor"]["tables"][NAME]
(key,) = table["input"]["PartitionKeys"]
columns = columns_of(table["input"]["StorageDescriptor"])
database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")
rows = []
for partition in table["partitions"]:
    storage = partition["input"]["StorageDescriptor"]
    told = columns_of(storage)
    assert told == columns[: len(told)], f"{partition['values']}: {told} and {columns}"
    folder = Path(DATA, "s3", storage["Location"].removeprefix("s3://"))
    files = sorted(folder.glob("*.parquet"))
    assert files, f"no file in {folder}"
    for file in files:
        found = database.read_parquet(str(file), hive_partitioning=False)
        # A table's timestamp has no zone; the file's is in UTC.
        kinds = {name: str(kind).removesuffix(" WITH TIME ZONE") for name, kind in zip(found.columns, found.types)}
        cells = []
        for name, athena_type in columns:
            kind = duckdb_type(athena_type)
            assert kinds.get(name, kind) == kind, (file, name, kinds[name], kind)
            cells.append(f'CAST("{name}" AS VARCHAR)' if name in kinds else "NULL")
        rows += [[*row, *partition["values"]] for row in found.project(", ".join(cells)).fetchall()]
json.dump({"columns": [*columns, [key["Name"], key["Type"]]], "rows": rows}, sys.stdout)
