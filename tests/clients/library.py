"""A script as one writes it for the service: a schema with its rows through the Data API, then questions to the
agent, with every step of its trace.

    python library.py [--trace]

Only the ids come from outside.
"""

import argparse
import os
import uuid

import boto3

CLUSTER_ARN = os.environ["CLUSTER_ARN"]
ADMIN_SECRET_ARN = os.environ["ADMIN_SECRET_ARN"]
DB_NAME = os.environ["DB_NAME"]
AGENT_ID = os.environ["AGENT_ID"]
AGENT_ALIAS_ID = os.environ["AGENT_ALIAS_ID"]

TABLES = [
    "CREATE SCHEMA IF NOT EXISTS library",
    """CREATE TABLE IF NOT EXISTS library.writers (
        writer_id SERIAL PRIMARY KEY,
        name VARCHAR(100) NOT NULL,
        born DATE
    )""",
    """CREATE TABLE IF NOT EXISTS library.books (
        book_id SERIAL PRIMARY KEY,
        writer_id INTEGER NOT NULL REFERENCES library.writers (writer_id),
        title VARCHAR(200) NOT NULL,
        price NUMERIC(8, 2)
    )""",
]
WRITERS = [("Mary Shelley", "1797-08-30"), ("Jules Verne", "1828-02-08")]
BOOKS = [(1, "Frankenstein", "9.50"), (1, "The Last Man", "12.00"), (2, "Around the Moon", "7.25")]
QUESTIONS = ["How many books are there?", "Show me all books and their writer names ?"]

data = boto3.client("rds-data")
agent = boto3.client("bedrock-agent-runtime")
database = {"resourceArn": CLUSTER_ARN, "secretArn": ADMIN_SECRET_ARN, "database": DB_NAME}


def text(name, value, **hint):
    return {"name": name, "value": {"stringValue": value}, **hint}


def create():
    for sql in TABLES:
        data.execute_statement(sql=sql, **database)
    for name, born in WRITERS:
        data.execute_statement(
            sql="INSERT INTO library.writers (name, born) VALUES (:name, :born)",
            parameters=[text("name", name), text("born", born, typeHint="DATE")],
            **database,
        )
    data.batch_execute_statement(
        sql="INSERT INTO library.books (writer_id, title, price) VALUES (:writer, :title, :price)",
        parameterSets=[
            [
                {"name": "writer", "value": {"longValue": writer}},
                text("title", title),
                text("price", price, typeHint="DECIMAL"),
            ]
            for writer, title, price in BOOKS
        ],
        **database,
    )


def ask(prompt, trace):
    print(f"Prompt: {prompt}")
    response = agent.invoke_agent(
        agentId=AGENT_ID,
        agentAliasId=AGENT_ALIAS_ID,
        sessionId=str(uuid.uuid4()),
        inputText=prompt,
        enableTrace=trace,
        endSession=False,
    )
    words, steps = "", []
    for event in response["completion"]:
        if "chunk" in event:
            words += event["chunk"]["bytes"].decode()
        elif "trace" in event:
            steps.append(event["trace"]["trace"])
    print(f"Answer: {words}")
    for number, step in enumerate(steps, start=1):
        for kind, part in step.items():
            print(f"Step {number} - {kind}: {part}")
    print("=" * 50)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--trace", action="store_true")
    trace = arguments.parse_args().trace
    create()
    for question in QUESTIONS:
        ask(question, trace)
