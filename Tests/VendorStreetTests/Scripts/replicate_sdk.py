"""The replicate package, unmodified, against the street: argv[1] is the street's root."""

import json
import os
import sys
import time
import urllib.request

os.environ["REPLICATE_POLL_INTERVAL"] = "0.05"
from replicate.client import Client
from replicate.exceptions import ModelError, ReplicateError
from replicate.webhook import InvalidSignatureError, Webhooks

from webhooks import receiver

client = Client(api_token="r8_street", base_url=f"{sys.argv[1]}/replicate")

# An official model, polled.
prediction = client.models.predictions.create(
    model="black-forest-labs/flux-schnell", input={"prompt": "fjords", "width": 64, "height": 48}
)
assert prediction.status == "starting" and prediction.output is None, prediction
prediction.wait()
assert prediction.status == "succeeded" and prediction.metrics["predict_time"] > 0, prediction
png = urllib.request.urlopen(prediction.output[0]).read()
assert png[:4] == b"\x89PNG" and png[16:24] == b"\0\0\0\x40\0\0\0\x30"
assert client.predictions.get(prediction.id).output == prediction.output
assert prediction.id in [item.id for item in client.predictions.list()]

# run() holds the line; by version it looks the version up.
assert client.run("google/veo-3", input={"prompt": "fjords"}).endswith(".mp4")
version = client.models.get("meta/meta-llama-3-8b-instruct").latest_version.id
words = client.run(f"meta/meta-llama-3-8b-instruct:{version}", input={"prompt": "say something"})
assert len("".join(words)) > 10
streamed = client.stream("meta/meta-llama-3-8b-instruct", input={"prompt": "say something"})
assert len([event for event in streamed if event.event.value == "output"]) > 5
by_version = client.predictions.create(version=version, input={"prompt": "x"}, wait=5)
assert by_version.status == "succeeded"

# Cancel, failure, refusals.
prediction = client.models.predictions.create(model="google/veo-3", input={"prompt": "never"})
prediction.cancel()
assert prediction.status == "canceled" and prediction.completed_at, prediction
try:
    client.run("google/veo-3", input={"prompt": "x [[street: fails]]"})
except ModelError as error:
    assert error.prediction.status == "failed" and error.prediction.error
else:
    raise AssertionError("a failed prediction passed")
for status, call in [
    (401, lambda: Client(api_token="invalid", base_url=f"{sys.argv[1]}/replicate").accounts.current()),
    (404, lambda: client.predictions.get("none")),
    (422, lambda: client.predictions.create(version="0" * 64, input={"prompt": "x"})),
    (422, lambda: client.models.predictions.create(model="google/veo-3", input={})),
    (
        429,
        lambda: client.models.predictions.create(
            model="google/veo-3", input={"prompt": "x [[street: too_many_requests]]"}
        ),
    ),
]:
    try:
        call()
    except ReplicateError as error:
        assert error.status == status and error.detail, error
    else:
        raise AssertionError(status)

# Webhooks, validated by the package itself with the secret that the street gives out.
secret = client.webhooks.default.secret()
with receiver() as (url, wait):
    prediction = client.models.predictions.create(
        model="google/veo-3",
        input={"prompt": "call me"},
        webhook=url,
        webhook_events_filter=["start", "completed"],
    )
    first, last = wait(2)[:2]
    assert json.loads(first[1])["status"] == "processing"
    assert json.loads(last[1])["status"] == "succeeded" and json.loads(last[1])["id"] == prediction.id
    for headers, body in (first, last):
        Webhooks.validate(headers=headers, body=body.decode(), secret=secret, tolerance=60)
    client.models.predictions.create(
        model="google/veo-3",
        input={"prompt": "call me [[street: wrong_signature]]"},
        webhook=url,
        webhook_events_filter=["completed"],
    )
    headers, body = wait(3)[2]
    try:
        Webhooks.validate(headers=headers, body=body.decode(), secret=secret, tolerance=60)
    except InvalidSignatureError:
        pass
    else:
        raise AssertionError("a wrong signature passed")
print("ok")
