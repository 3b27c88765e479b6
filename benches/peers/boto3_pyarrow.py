"""A report as one writes it with boto3 and pyarrow: cursor pages, columns, a Parquet file. Prints the seconds."""

import sys
import time
from datetime import datetime, timezone
from decimal import Decimal

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

CLUSTER, SECRET, DATABASE, SQL, PATH = sys.argv[1:]
ROWS = 2_600
TYPES = {
    "int4": (pa.int32(), lambda field: field["longValue"]),
    "int8": (pa.int64(), lambda field: field["longValue"]),
    "bool": (pa.bool_(), lambda field: field["booleanValue"]),
    "text": (pa.string(), lambda field: field["stringValue"]),
    "numeric": (pa.decimal128(10, 2), lambda field: Decimal(field["stringValue"])),
    "timestamptz": (
        pa.timestamp("us", "UTC"),
        lambda field: datetime.fromisoformat(field["stringValue"]).replace(tzinfo=timezone.utc),
    ),
}


def main() -> None:
    client = boto3.client("rds-data")
    database = {"resourceArn": CLUSTER, "secretArn": SECRET, "database": DATABASE}
    started = time.perf_counter()
    transaction = client.begin_transaction(**database)["transactionId"]

    def execute(sql: str) -> dict:
        return client.execute_statement(
            **database, transactionId=transaction, sql=sql, includeResultMetadata=True
        )

    execute(f"DECLARE c NO SCROLL CURSOR FOR {SQL}")
    writer = None
    while True:
        page = execute(f"FETCH FORWARD {ROWS} FROM c")
        kinds = [(column["label"], *TYPES[column["typeName"]]) for column in page["columnMetadata"]]
        columns = [
            pa.array([None if "isNull" in row[i] else read(row[i]) for row in page["records"]], type=kind)
            for i, (_, kind, read) in enumerate(kinds)
        ]
        table = pa.table(columns, schema=pa.schema([(name, kind) for name, kind, _ in kinds]))
        writer = writer or pq.ParquetWriter(PATH, table.schema, compression="zstd")
        writer.write_table(table)
        if len(page["records"]) < ROWS:
            break
    writer.close()
    client.rollback_transaction(resourceArn=CLUSTER, secretArn=SECRET, transactionId=transaction)
    print(time.perf_counter() - started)


main()
