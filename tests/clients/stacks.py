"""DescribeStacks by boto3: the outputs of the stack that stands for the system, and a stack that there is none."""

import os

import boto3
from botocore.exceptions import ClientError

cloud_formation = boto3.client("cloudformation")

(stack,) = cloud_formation.describe_stacks(StackName="local")["Stacks"]
assert stack["StackName"] == "local" and stack["StackStatus"] == "CREATE_COMPLETE", stack
assert stack["CreationTime"].year > 2000, stack
outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
assert outputs["Bucket"] == os.environ["BUCKET"], outputs
assert outputs["ClusterArn"] == os.environ["CLUSTER_ARN"], outputs
assert cloud_formation.describe_stacks(StackName=stack["StackId"])["Stacks"] == [stack]
assert [it["StackName"] for it in cloud_formation.describe_stacks()["Stacks"]] == ["local"]

try:
    cloud_formation.describe_stacks(StackName="none")
except ClientError as error:
    told = error.response["Error"]
    assert told["Code"] == "ValidationError", told
    assert told["Message"] == "Stack with id none does not exist", told
else:
    raise AssertionError("there is no such stack")
