"""The openai package, unmodified, against the street: argv[1] is the street's root."""

import base64
import json
import struct
import sys
import urllib.request
import zlib

from openai import AuthenticationError, BadRequestError, NotFoundError, OpenAI, RateLimitError

root = sys.argv[1]
client = OpenAI(api_key="sk-street", base_url=f"{root}/openai/v1", max_retries=0, timeout=10)

# Models.
models = [model.id for model in client.models.list()]
assert "gpt-4o-mini" in models and "text-embedding-3-small" in models, models
assert client.models.retrieve("gpt-4o-mini").id == "gpt-4o-mini"

# Chat, whole and streamed: the same words for the same question, and the same usage.
question = [{"role": "user", "content": "What is over the harbour?"}]
whole = client.chat.completions.create(model="gpt-4o-mini", messages=question)
text = whole.choices[0].message.content
assert text and whole.choices[0].finish_reason == "stop", whole
assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
parts, usage, reasons = [], None, []
for chunk in client.chat.completions.create(
    model="gpt-4o-mini", messages=question, stream=True, stream_options={"include_usage": True}
):
    for choice in chunk.choices:
        parts.append(choice.delta.content or "")
        reasons += [choice.finish_reason] if choice.finish_reason else []
    usage = chunk.usage or usage
assert "".join(parts) == text and reasons == ["stop"] and len(parts) > 5, parts
assert usage.total_tokens == whole.usage.total_tokens
cut = client.chat.completions.create(model="gpt-4o-mini", messages=question, max_completion_tokens=2)
assert cut.choices[0].finish_reason == "length" and cut.usage.completion_tokens == 2

# Embeddings: the package asks for base64 and decodes it.
vectors = client.embeddings.create(model="text-embedding-3-small", input=["a boat", "a boat", "rain"])
first, second, third = [item.embedding for item in vectors.data]
assert len(first) == 1536 and first == second and first != third
assert abs(sum(x * x for x in first) - 1) < 1e-4
short = client.embeddings.create(model="text-embedding-3-small", input="a boat", dimensions=8)
assert len(short.data[0].embedding) == 8

# Images.
image = client.images.generate(model="gpt-image-2", prompt="fjords", size="64x48")
png = base64.b64decode(image.data[0].b64_json)
assert png[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", png[16:24]) == (64, 48)
start = png.index(b"IDAT")
length = struct.unpack(">I", png[start - 4 : start])[0]
lines = zlib.decompress(png[start + 4 : start + 4 + length])
assert len(lines) == 48 * (64 // 8 + 1)
assert struct.unpack(">I", png[start + 4 + length : start + 8 + length])[0] == zlib.crc32(
    png[start : start + 4 + length]
)

# Speech and back.
speech = client.audio.speech.create(
    model="gpt-4o-mini-tts", voice="alloy", input="a quiet morning", response_format="wav"
)
sound = speech.read()
assert sound[:4] == b"RIFF" and sound[8:12] == b"WAVE"
heard = client.audio.transcriptions.create(model="whisper-1", file=("a.wav", sound, "audio/wav"))
assert heard.text and heard.usage.type == "duration", heard

# Errors, as the package's own classes.
for expected, call in [
    (NotFoundError, lambda: client.chat.completions.create(model="gpt-9", messages=question)),
    (BadRequestError, lambda: client.chat.completions.create(model="gpt-4o-mini", messages=[])),
    (AuthenticationError, lambda: client.with_options(api_key="invalid").models.list()),
    (
        RateLimitError,
        lambda: client.chat.completions.create(
            model="gpt-4o-mini",
            messages=question,
            extra_headers={"x-street-fault": "too_many_requests retry_after_s=3"},
        ),
    ),
]:
    try:
        call()
    except expected as error:
        assert error.response.headers.get("content-type") == "application/json"
        if expected is RateLimitError:
            assert error.response.headers["retry-after"] == "3" and error.code == "rate_limit_exceeded"
        if expected is NotFoundError:
            assert error.code == "model_not_found" and error.param == "model"
    else:
        raise AssertionError(f"no {expected.__name__}")

# The package's own retries get over two refusals, and one job is bought.
rules = {"faults": [{"fault": "too_many_requests", "vendor": "openai", "calls": [1, 2], "retry_after_s": 0}]}
urllib.request.urlopen(
    urllib.request.Request(f"{root}/street/faults", json.dumps(rules).encode(), method="PUT")
)
answer = client.with_options(max_retries=2).chat.completions.create(
    model="gpt-4o-mini", messages=[{"role": "user", "content": "again [[ref: retried]]"}]
)
assert answer.choices[0].message.content
journal = json.load(urllib.request.urlopen(f"{root}/street/journal?vendor=openai"))
assert [item["charges"] for item in journal["references"]] == [1], journal["references"]
assert [call["status"] for call in journal["calls"][-3:]] == [429, 429, 200]
print("ok")
