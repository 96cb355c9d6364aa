"""The fal-client package, unmodified, against the street: argv[1] is the street's root.

Its hosts can be set by environment but not its scheme, which is https: a TLS front stands before the street.
"""

import asyncio
import base64
import hashlib
import json
import os
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tls_front import front
from webhooks import receiver

root = urllib.parse.urlparse(sys.argv[1])
with tempfile.TemporaryDirectory() as folder, front(root.hostname, root.port, folder) as port:
    os.environ["FAL_QUEUE_RUN_HOST"] = f"127.0.0.1:{port}/fal"
    os.environ["FAL_RUN_HOST"] = f"127.0.0.1:{port}/fal/sync"
    import fal_client

    client = fal_client.SyncClient(key="street-key")

    # Submit, watch, fetch. The sub-path (`dev`) is not part of the status URLs.
    handle = client.submit("fal-ai/flux/dev", {"prompt": "fjords", "image_size": {"width": 64, "height": 48}})
    seen = [type(event).__name__ for event in handle.iter_events(with_logs=True, interval=0.02)]
    order = ["Queued", "InProgress", "Completed"]
    assert seen == sorted(seen, key=order.index) and seen.count("Completed") == 1, seen
    result = handle.get()
    image = result["images"][0]
    assert (image["width"], image["height"]) == (64, 48), image
    data = urllib.request.urlopen(image["url"]).read()
    assert data[:4] == b"\x89PNG" and len(data) == image["file_size"]
    # By id alone, as a caller who kept nothing else would.
    again = client.result("fal-ai/flux/dev", handle.request_id)
    assert again == result
    status = client.status("fal-ai/flux/dev", handle.request_id, with_logs=True)
    assert status.metrics["inference_time"] > 0 and status.error is None

    # subscribe, run, a video, asynchronously.
    updates = []
    video = client.subscribe(
        "fal-ai/veo3/fast", {"prompt": "fjords", "duration": "8s"}, on_queue_update=updates.append
    )
    assert video["video"]["url"].endswith(".mp4") and updates, video
    assert client.run("fal-ai/kokoro-tts", {"prompt": "hello"})["audio"]["content_type"] == "audio/wav"
    assert asyncio.run(fal_client.AsyncClient(key="k").run("fal-ai/whisper", {"audio_url": "data:,"}))["text"]

    # Cancel: from the queue it never starts, and its result is an error.
    handle = client.submit("fal-ai/flux/dev", {"prompt": "later"})
    handle.cancel()
    try:
        handle.get()
    except fal_client.client.FalClientHTTPError as error:
        assert error.status_code == 499 and error.error_type == "client_cancelled", error
    else:
        raise AssertionError("a result after a cancellation")

    # Completed is not succeeded.
    for order, code in [("fails", 500), ("moderated", 422)]:
        handle = client.submit("fal-ai/flux/dev", {"prompt": f"x [[street: {order}]]"})
        try:
            handle.get(interval=0.05)
        except fal_client.client.FalClientHTTPError as error:
            assert error.status_code == code, error.status_code
        else:
            raise AssertionError(order)
        assert isinstance(handle.status(), fal_client.Completed) and handle.status().error

    # A wrong key; an input without a prompt fails only when it has run.
    try:
        fal_client.SyncClient(key="invalid").submit("fal-ai/flux/dev", {"prompt": "x"})
    except fal_client.client.FalClientHTTPError as error:
        assert error.status_code == 401
    try:
        client.subscribe("fal-ai/flux/dev", {})
    except fal_client.client.FalClientHTTPError as error:
        assert error.status_code == 422 and error.message[0]["loc"] == ["body", "prompt"], error.message

    # The webhook, its signature verified by another implementation, with the key that the street publishes.
    with receiver() as (url, wait):
        handle = client.submit("fal-ai/flux/dev", {"prompt": "call me"}, webhook_url=url)
        headers, body = wait(1)[0]
    message = json.loads(body)
    assert message["status"] == "OK" and message["request_id"] == handle.request_id, message
    assert message["payload"] == handle.get()
    keys = json.load(urllib.request.urlopen(f"{sys.argv[1]}/fal/.well-known/jwks.json"))["keys"]
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(keys[0]["x"] + "=="))
    signed = "\n".join(
        [headers[f"x-fal-webhook-{name}"] for name in ("request-id", "user-id", "timestamp")]
        + [hashlib.sha256(body).hexdigest()]
    )
    public.verify(bytes.fromhex(headers["x-fal-webhook-signature"]), signed.encode())
    assert abs(time.time() - int(headers["x-fal-webhook-timestamp"])) < 60
print("ok")
