"""The RDS Data API by boto3, as a script that sets up a database uses it."""

import json
import os

import boto3
from botocore.exceptions import ClientError

data = boto3.client("rds-data")
ids = {
    "resourceArn": os.environ["CLUSTER_ARN"],
    "secretArn": os.environ["ADMIN_SECRET_ARN"],
    "database": os.environ["DB_NAME"],
}


def run(sql, parameters=(), **more):
    return data.execute_statement(**ids, sql=sql, parameters=list(parameters), **more)


def named(name, member, value, hint=None):
    return {"name": name, "value": {member: value}} | ({"typeHint": hint} if hint else {})


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404), error.response
        assert isinstance(error, getattr(data.exceptions, code)), type(error)
        return error.response["Error"]["Message"]
    raise AssertionError(f"{code} was not raised")


for sql in [
    "CREATE SCHEMA shop",
    """CREATE TABLE shop.items (
         id uuid PRIMARY KEY, name varchar(40) NOT NULL, price numeric(10, 2), added date,
         seen timestamp, opens time, extra jsonb, weight float8, stock bigint, sold boolean, raw bytea)""",
]:
    assert run(sql)["numberOfRecordsUpdated"] == 0

INSERT = """INSERT INTO shop.items (id, name, price, added, seen, opens, extra, weight, stock, sold, raw)
    VALUES (:id, :name, :price, :added, :seen, :opens, :extra, :weight, :stock, :sold, :raw)"""


def item(number, name, price="1.50"):
    return [
        named("id", "stringValue", f"00000000-0000-0000-0000-{number:012}", "UUID"),
        named("name", "stringValue", name),
        named("price", "stringValue", price, "DECIMAL"),
        named("added", "stringValue", "2026-11-22", "DATE"),
        named("seen", "stringValue", "2026-11-22 06:00:00.25", "TIMESTAMP"),
        named("opens", "stringValue", "08:30:00", "TIME"),
        named("extra", "stringValue", '{"a": [1, 2]}', "JSON"),
        named("weight", "doubleValue", 0.5),
        named("stock", "longValue", 2**53 + 1),
        named("sold", "isNull", True),
        named("raw", "blobValue", b"\x00\xff"),
    ]


assert run(INSERT, item(1, "it's: one"))["numberOfRecordsUpdated"] == 1
batch = data.batch_execute_statement(
    **ids, sql=INSERT, parameterSets=[item(number, f"item {number}") for number in range(2, 5)]
)
assert batch["updateResults"] == [{"generatedFields": []}] * 3, batch
assert data.batch_execute_statement(**ids, sql=INSERT)["updateResults"] == []

found = run(
    "SELECT * FROM shop.items WHERE name = :name",
    [named("name", "stringValue", "it's: one")],
    includeResultMetadata=True,
)
types = [(column["name"], column["typeName"]) for column in found["columnMetadata"]]
assert types == [
    ("id", "uuid"), ("name", "varchar"), ("price", "numeric"), ("added", "date"), ("seen", "timestamp"),
    ("opens", "time"), ("extra", "jsonb"), ("weight", "float8"), ("stock", "int8"), ("sold", "bool"),
    ("raw", "bytea"),
], types
assert found["records"] == [[
    {"stringValue": "00000000-0000-0000-0000-000000000001"},
    {"stringValue": "it's: one"},
    {"stringValue": "1.50"},
    {"stringValue": "2026-11-22"},
    {"stringValue": "2026-11-22 06:00:00.250"},
    {"stringValue": "08:30:00"},
    {"stringValue": '{"a": [1, 2]}'},
    {"doubleValue": 0.5},
    {"longValue": 2**53 + 1},
    {"isNull": True},
    {"blobValue": b"\x00\xff"},
]], found["records"]

rows = run("SELECT name, price, weight, sold FROM shop.items ORDER BY id LIMIT 1", formatRecordsAs="JSON")
rows = json.loads(rows["formattedRecords"])
assert rows == [{"name": "it's: one", "price": "1.50", "weight": 0.5, "sold": None}], rows


def count():
    return run("SELECT count(*) FROM shop.items")["records"][0][0]["longValue"]


for end, status, after in [
    (data.rollback_transaction, "Rollback Complete", 4),
    (data.commit_transaction, "Transaction Committed", 6),
]:
    transaction = data.begin_transaction(**ids)["transactionId"]
    sets = [item(number, "in a transaction") for number in (5, 6)]
    data.batch_execute_statement(**ids, sql=INSERT, parameterSets=sets, transactionId=transaction)
    assert count() == 4, "another session sees it before its end"
    arns = {name: ids[name] for name in ("resourceArn", "secretArn")}
    assert end(**arns, transactionId=transaction)["transactionStatus"] == status
    assert count() == after

for code, says, call, arguments in [
    ("DatabaseErrorException", "SQLState: 42P01", data.execute_statement, {"sql": "SELECT * FROM shop.none"}),
    ("DatabaseErrorException", "SQLState: 42601", data.execute_statement, {"sql": "SELEC"}),
    ("BadRequestException", "Cannot find parameter: x", data.execute_statement, {"sql": "SELECT :x"}),
    ("DatabaseErrorException", "SQLState: 23505", data.batch_execute_statement,
     {"sql": INSERT, "parameterSets": [item(7, "new"), item(1, "there already")]}),
    ("TransactionNotFoundException", "is not found", data.execute_statement,
     {"sql": "SELECT 1", "transactionId": "none"}),
    ("DatabaseErrorException", "SQLState: 25006", data.execute_statement,
     {"sql": "DELETE FROM academics.students", "secretArn": os.environ["READONLY_SECRET_ARN"]}),
]:
    message = refused(code, call, **ids | arguments)
    assert says in message, message
