"""The together package, unmodified, against the street: argv[1] is the street's root."""

import sys
import time
import urllib.request

from together import APIStatusError, Together

client = Together(api_key="street", base_url=f"{sys.argv[1]}/together", max_retries=0)
model = "meta-llama/Llama-3.3-70B-Instruct-Turbo"
question = [{"role": "user", "content": "What is over the harbour?"}]

whole = client.chat.completions.create(model=model, messages=question)
parts = [
    choice.delta.content or ""
    for chunk in client.chat.completions.create(model=model, messages=question, stream=True)
    for choice in chunk.choices
]
assert whole.choices[0].message.content == "".join(parts) and whole.usage.total_tokens > 0
image = client.images.generate(model="black-forest-labs/FLUX.1-schnell", prompt="fjords")
assert image.data[0].b64_json or image.data[0].url
assert len(client.embeddings.create(model="BAAI/bge-base-en-v1.5", input="a boat").data[0].embedding) > 0

job = client.videos.create(model="google/veo-3.0", prompt="fjords", seconds="5")
assert job.status == "in_progress" and job.seconds == "5"
for _ in range(200):
    job = client.videos.retrieve(job.id)
    if job.status != "in_progress":
        break
    time.sleep(0.02)
assert job.status == "completed" and job.outputs.cost > 0 and job.completed_at, job
assert urllib.request.urlopen(job.outputs.video_url).read()[4:8] == b"ftyp"
for code, call in [
    (404, lambda: client.videos.create(model="openai/sora-2", prompt="x")),
    (404, lambda: client.videos.retrieve("none")),
    (401, lambda: client.with_options(api_key="invalid").videos.retrieve("none")),
]:
    try:
        call()
    except APIStatusError as error:
        assert error.status_code == code, error
    else:
        raise AssertionError(code)
print("ok")
