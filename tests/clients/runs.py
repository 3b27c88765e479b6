"""Lambda, Step Functions and SNS by boto3: what there is, a run from its start to its end."""

import json
import os
import time

import boto3
from botocore.exceptions import ClientError

lambda_ = boto3.client("lambda")
states = boto3.client("stepfunctions")


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return
    raise AssertionError(f"{code} was not raised")


functions = [entry["FunctionName"] for entry in lambda_.list_functions()["Functions"]]
assert functions == sorted(functions) and "ask-agent" in functions, functions
configuration = lambda_.get_function(FunctionName="ask-agent")["Configuration"]
assert configuration["FunctionArn"].endswith(":function:ask-agent"), configuration
assert "Environment" not in configuration
refused("ResourceNotFoundException", lambda_.get_function, FunctionName="none")

answer = lambda_.invoke(FunctionName="start-run", Payload=b"{}")
assert answer["StatusCode"] == 200 and answer["FunctionError"] == "Unhandled", answer
assert {"errorType", "errorMessage"} <= json.load(answer["Payload"]).keys()
refused("ResourceNotFoundException", lambda_.invoke, FunctionName="none", Payload=b"{}")
assert lambda_.invoke(FunctionName="start-run", InvocationType="DryRun")["StatusCode"] == 204

boto3.client("s3").put_object(
    Bucket=os.environ["BUCKET"], Key="questions/daily/all-departments.md", Body=b"List all departments."
)
event = {"cadence": "daily", "as_of": "2026-11-22T06:00:00Z"}
answer = lambda_.invoke(FunctionName="start-run", Payload=json.dumps(event))
assert "FunctionError" not in answer, answer["Payload"].read()

machine = states.list_state_machines()["stateMachines"][0]["stateMachineArn"]
assert "AnswerAll" in json.loads(states.describe_state_machine(stateMachineArn=machine)["definition"])["States"]


def closed(arn):
    """boto3 has no waiter for it: everybody writes this loop."""
    while (execution := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.05)
    return execution


(started,) = states.list_executions(stateMachineArn=machine)["executions"]
execution = closed(started["executionArn"])
assert execution["status"] == "SUCCEEDED", execution
assert execution["stopDate"] >= execution["startDate"]
history = states.get_paginator("get_execution_history").paginate(
    executionArn=started["executionArn"], PaginationConfig={"PageSize": 2}
)
events = [event["type"] for page in history for event in page["events"]]
assert (events[0], events[-1]) == ("ExecutionStarted", "ExecutionSucceeded"), events

again = {"stateMachineArn": machine, "input": "{}", "name": started["name"]}
refused("ExecutionAlreadyExists", states.start_execution, **again)
refused("InvalidName", states.start_execution, stateMachineArn=machine, name="a:b")
refused("InvalidExecutionInput", states.start_execution, stateMachineArn=machine, input="{")
refused("ExecutionDoesNotExist", states.describe_execution, executionArn=started["executionArn"] + "x")
begun = states.start_execution(stateMachineArn=machine, name="by-hand", input='{"cadence": 1}')
failed = closed(begun["executionArn"])
assert failed["status"] == "FAILED" and failed["error"] and failed["cause"], failed

topic = "arn:aws:sns:us-east-1:000000000000:quaestor-runs"
assert boto3.client("sns").publish(TopicArn=topic, Message="hello", Subject="from boto3")["MessageId"]

event = {"Source": "boto3", "DetailType": "Hello", "Detail": '{"rows": 3}', "EventBusName": "quaestor"}
put = boto3.client("events").put_events(Entries=[event, event | {"Detail": "hello"}])
assert put["FailedEntryCount"] == 1 and put["Entries"][0]["EventId"], put
assert put["Entries"][1]["ErrorCode"] == "MalformedDetail", put
refused("ValidationException", boto3.client("events").put_events, Entries=[event] * 11)
