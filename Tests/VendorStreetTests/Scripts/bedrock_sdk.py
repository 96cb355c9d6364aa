"""boto3 (bedrock-runtime), unmodified, against the street: argv[1] is the street's root.

The street checks the signatures that boto3 makes, so each call here is a call of an independent signer.
"""

import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(secret="street-secret", service="bedrock-runtime"):
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=f"{sys.argv[1]}/bedrock",
        aws_access_key_id="AKIASTREET",
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


def code(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("no error")


runtime = client()
message = {"role": "user", "content": [{"text": "What is over the harbour?"}]}
said = runtime.converse(modelId="amazon.nova-lite-v1:0", messages=[message])
assert said["output"]["message"]["content"][0]["text"] and said["usage"]["totalTokens"] > 24
body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [message]})
invoked = runtime.invoke_model(modelId="anthropic.claude-3-haiku-20240307-v1:0", body=body)
assert json.loads(invoked["body"].read())["content"][0]["text"]

# An asynchronous call: the same token gives the same invocation, with other words a conflict.
order = {
    "modelId": "luma.ray-v2:0",
    "modelInput": {"prompt": "fjords"},
    "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://street/out"}},
    "clientRequestToken": "order-7",
}
arn = runtime.start_async_invoke(**order)["invocationArn"]
assert runtime.start_async_invoke(**order)["invocationArn"] == arn
other = {**order, "modelInput": {"prompt": "hills"}}
assert code(lambda: runtime.start_async_invoke(**other)) == "ConflictException"
for _ in range(200):
    state = runtime.get_async_invoke(invocationArn=arn)
    if state["status"] != "InProgress":
        break
    time.sleep(0.02)
assert state["status"] == "Completed" and state["endTime"] >= state["submitTime"], state
bucket, _, folder = state["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"][5:].partition("/")
storage = boto3.client(
    "s3",
    region_name="us-east-1",
    endpoint_url=f"{sys.argv[1]}/bedrock/s3",
    aws_access_key_id="AKIASTREET",
    aws_secret_access_key="street-secret",
    config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
)
film = storage.get_object(Bucket=bucket, Key=f"{folder}/output.mp4")
assert film["Body"].read()[4:8] == b"ftyp"
assert [item["invocationArn"] for item in runtime.list_async_invokes()["asyncInvokeSummaries"]] == [arn]

# Errors as the package names them; a wrong secret makes a wrong signature.
nova = "amazon.nova-lite-v1:0"
assert code(lambda: client("wrong").converse(modelId=nova, messages=[message])) == "AccessDeniedException"
assert code(lambda: runtime.converse(modelId="none", messages=[message])) == "ValidationException"
gone = {**order, "modelId": "amazon.nova-reel-v1:1", "clientRequestToken": "order-8"}
assert code(lambda: runtime.start_async_invoke(**gone)) == "ResourceNotFoundException"
throttled = {"role": "user", "content": [{"text": "[[street: too_many_requests]]"}]}
assert code(lambda: runtime.converse(modelId=nova, messages=[throttled])) == "ThrottlingException"
lifecycle = client(service="bedrock").get_foundation_model(modelIdentifier="amazon.nova-reel-v1:0")
assert lifecycle["modelDetails"]["modelLifecycle"]["status"] == "LEGACY"
models = client(service="bedrock").list_foundation_models()["modelSummaries"]
ends = {model["modelId"]: model["modelLifecycle"].get("endOfLifeTime") for model in models}
assert ends["amazon.nova-canvas-v1:0"].year == 2026 and ends["luma.ray-v2:0"] is None, ends
print("ok")
