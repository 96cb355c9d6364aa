"""The runwayml package, unmodified, against the street: argv[1] is the street's root."""

import sys
import time
import urllib.request

from runwayml import APIStatusError, RunwayML

client = RunwayML(api_key="key_street", base_url=f"{sys.argv[1]}/runway", max_retries=0)


def ended(task_id):
    """The package itself waits six seconds between two looks; the street is quicker."""
    for _ in range(200):
        task = client.tasks.retrieve(task_id)
        if task.status in ("SUCCEEDED", "FAILED", "CANCELLED"):
            return task
        time.sleep(0.02)
    raise AssertionError(task)


created = client.text_to_video.create(model="veo3.1", prompt_text="fjords", ratio="1280:720", duration=8)
assert created.id and created.estimated_cost.credits > 0
task = ended(created.id)
assert task.status == "SUCCEEDED" and task.cost.credits == created.estimated_cost.credits, task
assert urllib.request.urlopen(task.output[0]).read()[4:8] == b"ftyp"
image = client.text_to_image.create(model="gen4_image", prompt_text="fjords", ratio="1024:1024")
assert ended(image.id).output[0].endswith(".png")

for order, code in [("fails", "INTERNAL.BAD_OUTPUT.CODE01"), ("moderated", "SAFETY.INPUT.TEXT")]:
    created = client.text_to_video.create(
        model="veo3.1", prompt_text=f"x [[street: {order}]]", ratio="1280:720", duration=8
    )
    task = ended(created.id)
    assert task.status == "FAILED" and task.failure_code == code, task
created = client.text_to_video.create(
    model="veo3.1", prompt_text="x [[street: stuck]]", ratio="1280:720", duration=8
)
client.tasks.delete(created.id)
assert ended(created.id).status == "CANCELLED"
assert client.organization.retrieve().credit_balance > 0
for code, call in [
    (401, lambda: RunwayML(api_key="invalid", base_url=f"{sys.argv[1]}/runway").organization.retrieve()),
    (404, lambda: client.tasks.retrieve("00000000-0000-4000-a000-000000000000")),
    (400, lambda: client.text_to_image.create(model="gen4_image", prompt_text="x" * 1001, ratio="1024:1024")),
]:
    try:
        call()
    except APIStatusError as error:
        assert error.status_code == code and error.body["error"], error
    else:
        raise AssertionError(code)
print("ok")
