"""The google-genai package, unmodified, against the street: argv[1] is the street's root."""

import base64
import sys
import time
import warnings

warnings.simplefilter("ignore")
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials

options = types.HttpOptions(base_url=f"{sys.argv[1]}/google")
client = genai.Client(api_key="street", http_options=options)

# An interaction that holds, one in the background, one that is cancelled.
done = client.interactions.create(model="gemini-omni-1.1-flash", input="fjords")
assert done.status == "completed", done
assert base64.b64decode(done.output_video.data)[4:8] == b"ftyp"
running = client.interactions.create(model="gemini-omni-1.1-flash", input="fjords", background=True)
assert running.status == "in_progress", running
for _ in range(200):
    running = client.interactions.get(running.id)
    if running.status != "in_progress":
        break
    time.sleep(0.02)
assert running.status == "completed" and running.output_video.mime_type == "video/mp4"
stuck = client.interactions.create(
    model="gemini-omni-1.1-flash", input="x [[street: stuck]]", background=True
)
assert client.interactions.cancel(stuck.id).status == "cancelled"
text = client.interactions.create(model="gemini-2.5-flash", input="say something")
assert len(text.output_text) > 10

# Veo on Vertex: predictLongRunning and fetchPredictOperation.
vertex = genai.Client(
    vertexai=True, project="street", location="us-central1", credentials=Credentials("token"),
    http_options=options,
)


def video(prompt):
    operation = vertex.models.generate_videos(model="veo-3.1-generate-001", prompt=prompt)
    for _ in range(200):
        if operation.done:
            return operation
        time.sleep(0.02)
        operation = vertex.operations.get(operation)
    raise AssertionError(operation)


operation = video("fjords")
assert operation.response.generated_videos[0].video.video_bytes[4:8] == b"ftyp", operation
moderated = video("x [[street: moderated]]")
assert moderated.response.rai_media_filtered_count == 1, moderated
failed = video("x [[street: fails]]")
assert failed.error["code"] == 13, failed
# Retired, and a wrong key.
stranger = genai.Client(api_key="invalid", http_options=options)
for status, call in [
    (404, lambda: vertex.models.generate_videos(model="veo-2.0-generate-001", prompt="fjords")),
    (401, lambda: stranger.interactions.get("none")),
]:
    try:
        call()
    except Exception as error:
        # Two error classes of the package's two halves.
        codes = [getattr(error, name, None) for name in ("code", "status_code")]
        assert status in codes, repr(error)
    else:
        raise AssertionError(status)
print("ok")
