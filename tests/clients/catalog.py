"""The Glue Data Catalog by boto3: a table of one's own and its partitions, with the service's errors."""

import boto3
from botocore.exceptions import ClientError

glue = boto3.client("glue")
DATABASE = {"DatabaseName": "by_hand"}
STORAGE = {
    "Columns": [{"Name": "id", "Type": "bigint", "Comment": "of a row"}],
    "Location": "s3://quaestor/by-hand/",
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
}
TABLE = {
    "Name": "rows",
    "TableType": "EXTERNAL_TABLE",
    "StorageDescriptor": STORAGE,
    "PartitionKeys": [{"Name": "day", "Type": "string"}],
    "Parameters": {"classification": "csv"},
}


def fails(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error
    raise AssertionError(f"{code} was expected")


def partition(day):
    return {"Values": [day], "StorageDescriptor": {**STORAGE, "Location": f"s3://quaestor/by-hand/day={day}/"}}


assert glue.get_database(Name="quaestor")["Database"]["Name"] == "quaestor"
fails("EntityNotFoundException", glue.get_table, **DATABASE, Name="rows")
glue.create_database(DatabaseInput={"Name": "by_hand"})
fails("AlreadyExistsException", glue.create_database, DatabaseInput={"Name": "by_hand"})
try:
    glue.get_table(**DATABASE, Name="rows")
except glue.exceptions.EntityNotFoundException:
    pass

glue.create_table(**DATABASE, TableInput=TABLE)
fails("AlreadyExistsException", glue.create_table, **DATABASE, TableInput=TABLE)
told = glue.get_table(**DATABASE, Name="rows")["Table"]
assert told["StorageDescriptor"]["Columns"] == STORAGE["Columns"] and told["VersionId"] == "0", told
assert told["CreateTime"].year > 2000, told

wider = {**TABLE, "StorageDescriptor": {**STORAGE, "Columns": [*STORAGE["Columns"], {"Name": "n", "Type": "int"}]}}
glue.update_table(**DATABASE, TableInput=wider, VersionId="0", SkipArchive=True)
fails("ConcurrentModificationException", glue.update_table, **DATABASE, TableInput=TABLE, VersionId="0")
assert glue.get_table(**DATABASE, Name="rows")["Table"]["VersionId"] == "1"
commented = {**TABLE, "Name": "other", "PartitionKeys": [{"Name": "day", "Type": "string", "Comment": "a\nb"}]}
fails("ValidationException", glue.create_table, **DATABASE, TableInput=commented)

for day in ["2026-11-22", "2026-11-20", "2026-11-21"]:
    glue.create_partition(**DATABASE, TableName="rows", PartitionInput=partition(day))
fails("AlreadyExistsException", glue.create_partition, **DATABASE, TableName="rows", PartitionInput=partition(day))
moved = {**partition(day), "Parameters": {"moved": "yes"}}
glue.update_partition(**DATABASE, TableName="rows", PartitionValueList=[day], PartitionInput=moved)
told = glue.get_partition(**DATABASE, TableName="rows", PartitionValues=[day])["Partition"]
assert told["Parameters"] == {"moved": "yes"}, told
fails("EntityNotFoundException", glue.get_partition, **DATABASE, TableName="rows", PartitionValues=["none"])

pages = glue.get_paginator("get_partitions").paginate(**DATABASE, TableName="rows", PaginationConfig={"PageSize": 2})
assert sorted(it["Values"][0] for page in pages for it in page["Partitions"]) == [
    "2026-11-20", "2026-11-21", "2026-11-22",
]
assert [table["Name"] for table in glue.get_tables(**DATABASE)["TableList"]] == ["rows"]
glue.delete_table(**DATABASE, Name="rows")
fails("EntityNotFoundException", glue.get_partitions, **DATABASE, TableName="rows")
