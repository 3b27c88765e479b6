"""S3 by boto3: objects, listings, uploads in parts, conditions, copies."""

import io
import os

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

s3 = boto3.client("s3")
BUCKET = "boto3-bucket"


def refused(code, call, **arguments):
    try:
        call(Bucket=BUCKET, **arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return
    raise AssertionError(f"{code} was not raised")


s3.create_bucket(Bucket=BUCKET)
s3.head_bucket(Bucket=BUCKET)
assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] is None
assert BUCKET in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]

s3.put_object(Bucket=BUCKET, Key="a b/é.txt", Body=b"hello", ContentType="text/plain", Metadata={"who": "me"})
got = s3.get_object(Bucket=BUCKET, Key="a b/é.txt")
assert got["Body"].read() == b"hello"
assert (got["ContentType"], got["Metadata"], got["ContentLength"]) == ("text/plain", {"who": "me"}, 5)
assert s3.get_object(Bucket=BUCKET, Key="a b/é.txt", Range="bytes=1-2")["Body"].read() == b"el"
assert s3.head_object(Bucket=BUCKET, Key="a b/é.txt")["ETag"] == got["ETag"]
refused("NoSuchKey", s3.get_object, Key="none")
refused("404", s3.head_object, Key="none")

s3.put_object(Bucket=BUCKET, Key="once", Body=b"1", IfNoneMatch="*")
refused("PreconditionFailed", s3.put_object, Key="once", Body=b"2", IfNoneMatch="*")
refused("PreconditionFailed", s3.put_object, Key="once", Body=b"2", IfMatch=got["ETag"])

keys = [f"many/{number:02}/x" for number in range(7)]
for key in keys:
    s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
for operation in ["list_objects_v2", "list_objects"]:
    pages = s3.get_paginator(operation).paginate(Bucket=BUCKET, Prefix="many/", PaginationConfig={"PageSize": 3})
    pages = [[entry["Key"] for entry in page["Contents"]] for page in pages]
    assert pages == [keys[:3], keys[3:6], keys[6:]], pages
    pages = s3.get_paginator(operation).paginate(
        Bucket=BUCKET, Prefix="many/", Delimiter="/", PaginationConfig={"PageSize": 2}
    )
    prefixes = [entry["Prefix"] for page in pages for entry in page["CommonPrefixes"]]
    assert prefixes == [key.removesuffix("x") for key in keys], prefixes

# Over boto3's threshold, so in parts; the parts differ, so that their order shows.
large = b"".join(bytes([number]) * 2**20 for number in range(20))
s3.upload_fileobj(io.BytesIO(large), BUCKET, "large", Config=TransferConfig(max_concurrency=4))
head = s3.head_object(Bucket=BUCKET, Key="large")
assert head["ContentLength"] == len(large) and head["ETag"].endswith('-3"'), head
back = io.BytesIO()
s3.download_fileobj(BUCKET, "large", back)
assert back.getvalue() == large

source = {"Bucket": BUCKET, "Key": "a b/é.txt"}
copied = s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=source)
assert copied["CopyObjectResult"]["ETag"] == got["ETag"]
assert s3.head_object(Bucket=BUCKET, Key="copy")["Metadata"] == {"who": "me"}
s3.copy_object(
    Bucket=BUCKET, Key="copy", CopySource=source, Metadata={"who": "you"}, MetadataDirective="REPLACE"
)
assert s3.head_object(Bucket=BUCKET, Key="copy")["Metadata"] == {"who": "you"}
s3.copy(source, BUCKET, "managed copy")
refused("NoSuchKey", s3.copy_object, Key="copy", CopySource={"Bucket": BUCKET, "Key": "none"})
refused("InvalidRequest", s3.copy_object, Key="copy", CopySource={"Bucket": BUCKET, "Key": "copy"})

# Over boto3's threshold, so by UploadPartCopy.
s3.copy({"Bucket": BUCKET, "Key": "large"}, BUCKET, "large copy")
back = io.BytesIO()
s3.download_fileobj(BUCKET, "large copy", back)
assert back.getvalue() == large

begun = {"Bucket": BUCKET, "Key": "parts"}
upload = {**begun, "UploadId": s3.create_multipart_upload(**begun)["UploadId"]}
tags = [s3.upload_part(**upload, PartNumber=number, Body=b"x" * number)["ETag"] for number in [3, 1, 2]]
parts = list(s3.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": 2}))
parts = [(part["PartNumber"], part["Size"], part["ETag"]) for page in parts for part in page["Parts"]]
assert parts == [(1, 1, tags[1]), (2, 2, tags[2]), (3, 3, tags[0])], parts
ranged = {"CopySource": {"Bucket": BUCKET, "Key": "large"}, "PartNumber": 1, "UploadId": upload["UploadId"]}
s3.upload_part_copy(**begun, **ranged, CopySourceRange="bytes=0-0")
assert s3.list_parts(**upload)["Parts"][0]["Size"] == 1
refused("InvalidRange", s3.upload_part_copy, Key="parts", **ranged, CopySourceRange=f"bytes=0-{len(large)}")
others = [s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"] for key in ["parts", "a", "z"]]
pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 1})
found = [(entry["Key"], entry["UploadId"]) for page in pages for entry in page["Uploads"]]
assert [key for key, _ in found] == ["a", "parts", "parts", "z"], found
assert {id for _, id in found} == {upload["UploadId"], *others}, found
for key, id in found:
    s3.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=id)
assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)
refused("NoSuchUpload", s3.list_parts, Key="parts", UploadId=upload["UploadId"])

url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "once"})
assert url.startswith(os.environ["AWS_ENDPOINT_URL"]), url

gone = keys + ["never there"]
deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in gone]})
assert [entry["Key"] for entry in deleted["Deleted"]] == gone, deleted
assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="many/")
quiet = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "once"}, {"Key": "../x"}], "Quiet": True})
assert "Deleted" not in quiet and [entry["Key"] for entry in quiet["Errors"]] == ["../x"], quiet
