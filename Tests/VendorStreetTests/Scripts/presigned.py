"""What botocore's generate_presigned_url gives for a JSON list of objects on stdin, as a JSON list on stdout."""

import datetime
import json
import sys
from unittest import mock

import botocore.session
from botocore.config import Config


def presigned(call):
    session = botocore.session.Session()
    session.set_credentials(call["access_key"], call["secret_key"], call["session_token"])
    client = session.create_client(
        "s3", region_name=call["region"], endpoint_url=call["endpoint"],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    date = datetime.datetime.strptime(call["date"], "%Y%m%dT%H%M%SZ")
    operation = {"GET": "get_object", "HEAD": "head_object"}[call["method"]]
    with mock.patch("botocore.auth.get_current_datetime", return_value=date):
        return client.generate_presigned_url(
            operation, {"Bucket": call["bucket"], "Key": call["key"]}, ExpiresIn=call["lifetime"]
        )


json.dump([presigned(call) for call in json.load(sys.stdin)], sys.stdout)
