"""The AWS command line: what it prints, and its exit codes."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

AWS = Path(sys.executable).with_name("aws")
IDS = ["--resource-arn", os.environ["CLUSTER_ARN"], "--secret-arn", os.environ["ADMIN_SECRET_ARN"],
       "--database", os.environ["DB_NAME"]]
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:report-run"


def aws(*arguments, exit_code=0, says=""):
    ended = subprocess.run([sys.executable, AWS, *arguments], capture_output=True, text=True, timeout=60)
    assert ended.returncode == exit_code, (arguments, ended)
    assert says in ended.stdout + ended.stderr, (arguments, ended)
    return ended.stdout


def read(*arguments):
    return json.loads(aws(*arguments, "--output", "json"))


with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "question.md")
    file.write_text("List all departments.\n")
    aws("s3", "cp", str(file), "s3://quaestor/by-hand/question.md", says="upload:")
    aws("s3", "ls", "s3://quaestor/by-hand/", says="question.md")
    aws("s3", "mv", "s3://quaestor/by-hand/question.md", "s3://quaestor/by-hand/moved.md", says="move:")
    aws("s3", "cp", "s3://quaestor/by-hand/moved.md", "-", says="List all departments.")
    aws("s3", "cp", "s3://quaestor/none", "-", exit_code=1, says="404")

    rows = read("rds-data", "execute-statement", *IDS, "--include-result-metadata", "--sql",
                "SELECT count(*) AS n FROM academics.departments WHERE department_id > :low",
                "--parameters", '[{"name": "low", "value": {"longValue": 0}}]')
    assert rows["columnMetadata"][0]["name"] == "n" and rows["records"][0][0]["longValue"] > 0, rows
    aws("rds-data", "execute-statement", *IDS, "--sql", "SELEC", exit_code=255, says="(DatabaseErrorException)")

    begun = read("stepfunctions", "start-execution", "--state-machine-arn", MACHINE, "--name", "command-line",
                 "--input", '{"cadence": 1}')
    told = read("stepfunctions", "describe-execution", "--execution-arn", begun["executionArn"])
    assert told["status"] in ("RUNNING", "FAILED") and told["name"] == "command-line", told

    answer = Path(folder, "answer.json")
    told = read("lambda", "invoke", "--function-name", "start-run", "--payload", "{}", str(answer))
    assert told["StatusCode"] == 200 and told["FunctionError"] == "Unhandled", told
    assert "errorType" in json.loads(answer.read_text())
    aws("lambda", "invoke", "--function-name", "none", str(answer), exit_code=255, says="(ResourceNotFoundException)")

    prompt = ("<schema>\nCREATE TABLE shop.items (\n  item_id integer PRIMARY KEY\n);\n</schema>\n\n"
              "<question>\nHow many items are there?\n</question>")
    said = read("bedrock-runtime", "converse", "--model-id", os.environ["MODEL_ID"], "--messages",
                json.dumps([{"role": "user", "content": [{"text": prompt}]}]))
    assert said["stopReason"] == "end_turn", said

    told = read("cloudformation", "describe-stacks", "--stack-name", "local")
    assert told["Stacks"][0]["Outputs"], told
    aws("cloudformation", "describe-stacks", "--stack-name", "none", exit_code=255, says="(ValidationError)")

    topic = "arn:aws:sns:us-east-1:000000000000:quaestor-runs"
    assert read("sns", "publish", "--topic-arn", topic, "--message", "hello")["MessageId"]
    event = {"Source": "aws-cli", "DetailType": "Hello", "Detail": '{"rows": 3}', "EventBusName": "quaestor"}
    put = read("events", "put-events", "--entries", json.dumps([event]))
    assert put["FailedEntryCount"] == 0 and put["Entries"][0]["EventId"], put
