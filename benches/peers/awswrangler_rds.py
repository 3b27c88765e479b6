"""awswrangler's own way, which reads what fits into one response. Prints the seconds."""

import sys
import time

import awswrangler as wr

CLUSTER, SECRET, DATABASE, SQL, PATH = sys.argv[1:]


def main() -> None:
    started = time.perf_counter()
    connection = wr.data_api.rds.connect(CLUSTER, DATABASE, secret_arn=SECRET)
    frame = wr.data_api.rds.read_sql_query(SQL, connection)
    frame.to_parquet(PATH, compression="zstd")
    print(time.perf_counter() - started)


main()
