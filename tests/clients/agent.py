"""A model, a guardrail and the agent by boto3: one prompt with every step of its trace."""

import os
import uuid

import boto3
from botocore.exceptions import ClientError

runtime = boto3.client("bedrock-runtime")
agents = boto3.client("bedrock-agent-runtime")

ADDITION = "Please add a new student: 'Ada', 'Byron', '2001-03-22', '2022-09-01', 2"


def invoke(prompt, **more):
    """The agent's words, and its trace as (kind, step) pairs."""
    response = agents.invoke_agent(
        agentId=os.environ["AGENT_ID"],
        agentAliasId=os.environ["AGENT_ALIAS_ID"],
        sessionId=str(uuid.uuid4()),
        inputText=prompt,
        **more,
    )
    words, steps = b"", []
    for event in response["completion"]:
        if "chunk" in event:
            words += event["chunk"]["bytes"]
        if "trace" in event:
            assert event["trace"]["sessionId"] == response["sessionId"]
            steps += [(kind.removesuffix("Trace"), step) for kind, step in event["trace"]["trace"].items()]
    return words.decode(), steps


def within(steps, member):
    return [step[member] for kind, step in steps if kind == "orchestration" and member in step]


# What ask-agent sends beside a question; the schema is the one that the run of runs.py has filed.
filed = boto3.client("s3").list_objects_v2(Bucket=os.environ["BUCKET"], Prefix="schema/")["Contents"]
session = {"sessionState": {"sessionAttributes": {
    "run_id": "by-script", "question_id": "by-script", "as_of": "2026-11-22T06:00:00Z",
    "schema_key": filed[0]["Key"], "tables": "", "time_zone": "UTC", "timeout_seconds": "30", "max_rows": "100",
}}}

words, steps = invoke("How many students are there?", **session)
assert words and not steps, "a trace that nobody asked for"

alone, _ = invoke("How many students are there?")
assert alone == words, "without a run the defaults hold"
partial = {"sessionState": {"sessionAttributes": {"time_zone": "UTC"}}}
_, steps = invoke("How many students are there?", enableTrace=True, **partial)
told = within(steps, "observation")[0]["actionGroupInvocationOutput"]["text"]
assert "invalid_request" in told and "`" in told, told

words, steps = invoke("List all departments.", enableTrace=True, **session)
assert [kind for kind, _ in steps][:1] == ["guardrail"], steps
assert any(kind == "preProcessing" for kind, _ in steps)
calls = [entry["actionGroupInvocationInput"] for entry in within(steps, "invocationInput")]
assert [call["apiPath"] for call in calls] == ["/generate", "/execute"], calls
observations = within(steps, "observation")
assert [entry["type"] for entry in observations] == ["ACTION_GROUP", "ACTION_GROUP", "FINISH"], observations
assert "SELECT" in observations[0]["actionGroupInvocationOutput"]["text"]
assert observations[-1]["finalResponse"]["text"] == words
usage = within(steps, "modelInvocationOutput")[0]["metadata"]["usage"]
assert usage["inputTokens"] > 0 and usage["outputTokens"] > 0

words, steps = invoke(ADDITION, enableTrace=True, **session)
guardrail = dict(steps)["guardrail"]
assert guardrail["action"] == "INTERVENED" and not within(steps, "invocationInput"), steps
assert words

try:
    agents.invoke_agent(agentId="NOBODY0001", agentAliasId="NOBODY0001", sessionId="none", inputText="?")
except agents.exceptions.ResourceNotFoundException:
    pass
else:
    raise AssertionError("there is no such agent")

SCHEMA = "CREATE TABLE shop.items (\n  item_id integer PRIMARY KEY,\n  name text NOT NULL\n);"
prompt = f"<schema>\n{SCHEMA}\n</schema>\n\n<question>\nHow many items are there?\n</question>"
message = {"role": "user", "content": [{"text": prompt}]}
said = runtime.converse(modelId=os.environ["MODEL_ID"], messages=[message])
assert said["stopReason"] == "end_turn" and said["usage"]["totalTokens"] > 0, said
assert "shop.items" in said["output"]["message"]["content"][0]["text"], said
try:
    runtime.converse(modelId="none", messages=[message])
except ClientError as error:
    assert error.response["Error"]["Code"] in ("ValidationException", "ResourceNotFoundException"), error.response
else:
    raise AssertionError("there is no such model")

for text, action in [("List all departments.", "NONE"), (ADDITION, "GUARDRAIL_INTERVENED")]:
    judged = runtime.apply_guardrail(
        guardrailIdentifier=os.environ["GUARDRAIL_ID"],
        guardrailVersion="DRAFT",
        source="INPUT",
        content=[{"text": {"text": text}}],
    )
    assert judged["action"] == action, judged
