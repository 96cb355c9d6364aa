"""The luma-agents and lumaai packages, unmodified, against the street: argv[1] is the street's root."""

import json
import sys
import time
import urllib.request

import luma_agents
import lumaai

from webhooks import receiver

agents = luma_agents.Luma(auth_token="luma-api-street", base_url=f"{sys.argv[1]}/luma/v1", max_retries=0)
dreams = lumaai.LumaAI(auth_token="luma-street", base_url=f"{sys.argv[1]}/dreammachine/v1", max_retries=0)


def ended(get):
    for _ in range(200):
        generation = get()
        if generation.state in ("completed", "failed"):
            return generation
        time.sleep(0.02)
    raise AssertionError(generation)


created = agents.generations.create(prompt="fjords", model="ray-3.2", type="video", video={"duration": "5s"})
assert created.state in ("queued", "processing") and created.type == "video"
done = ended(lambda: agents.generations.get(created.id))
assert done.state == "completed" and done.output[0].type == "video", done
assert urllib.request.urlopen(done.output[0].url).read()[4:8] == b"ftyp"
created = agents.generations.create(prompt="x [[street: moderated]]", model="uni-1", type="image")
assert ended(lambda: agents.generations.get(created.id)).failure_code == "content_moderated"
try:
    agents.generations.get("none")
except luma_agents.APIStatusError as error:
    assert error.status_code == 404
else:
    raise AssertionError("a generation that is not there")

with receiver() as (url, wait):
    created = dreams.generations.create(model="ray-2", prompt="fjords", callback_url=url)
    assert created.state in ("queued", "dreaming")
    messages = [json.loads(body) for _, body in wait(2)]
    assert sorted(message["state"] for message in messages) == ["completed", "dreaming"], messages
done = ended(lambda: dreams.generations.get(created.id))
assert done.assets.video.endswith(".mp4"), done
image = dreams.generations.image.create(model="photon-1", prompt="fjords")
assert ended(lambda: dreams.generations.get(image.id)).assets.image.endswith(".png")
dreams.generations.delete(image.id)
assert dreams.credits.get().credit_balance > 0
print("ok")
