"""Webhooks signed by PyPI's standardwebhooks, and its verdict and openai's on each, as JSON lines for WebhookVectorTests."""

import base64
import json
import random
from datetime import datetime, timezone

import openai
import standardwebhooks

draw = random.Random(7)
now = int(datetime.now(timezone.utc).timestamp())


def verdicts(secret, headers, body):
    def is_taken(verify):
        try:
            verify()
            return True
        except (standardwebhooks.WebhookVerificationError, openai.InvalidWebhookSignatureError, ValueError):
            return False

    client = openai.OpenAI(api_key="none", webhook_secret=secret)
    return [
        is_taken(lambda: standardwebhooks.Webhook(secret).verify(body, headers)),
        is_taken(lambda: client.webhooks.verify_signature(body, headers)),
    ]


def flipped(text):
    # In its middle: the last character of base64 has bits that mean nothing.
    return text[:-20] + ("A" if text[-20] != "A" else "B") + text[-19:]


for number in range(40):
    secret = "whsec_" + base64.b64encode(draw.randbytes(24 + number)).decode()
    other = "whsec_" + base64.b64encode(draw.randbytes(32)).decode()
    body = json.dumps({"id": f"p{number}", "said": "grün ☂ " * draw.randrange(1, 40)}, ensure_ascii=number % 2 == 0)
    at = now + draw.choice([0, -280, 280, -360, 360])
    name = f"msg_{number}"
    signature = standardwebhooks.Webhook(secret).sign(name, datetime.fromtimestamp(at, tz=timezone.utc), body)
    if number % 4 == 1:
        older = standardwebhooks.Webhook(other).sign(name, datetime.fromtimestamp(at, tz=timezone.utc), body)
        signature = f"{older} v2,AAAA {signature}"
    headers = {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": signature}
    bent = [
        (headers, body),
        (headers, body + " "),
        (headers | {"webhook-id": name + "x"}, body),
        (headers | {"webhook-timestamp": str(at + 1)}, body),
        (headers | {"webhook-signature": flipped(signature)}, body),
        (headers | {"webhook-signature": signature.replace("v1,", "v1=")}, body),
    ]
    for fields, text in bent:
        print(
            json.dumps(
                {
                    "now": now, "secret": secret, "headers": fields, "body": base64.b64encode(text.encode()).decode(),
                    "verdicts": verdicts(secret, fields, text),
                }
            )
        )
