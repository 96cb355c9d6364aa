"""Signs what it is given with botocore: a JSON list of calls on stdin, the headers of each on stdout.

An independent signer for the transport's own: TransportTests compares the two.
"""

import datetime
import json
import sys
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def signed(call):
    kind = botocore.auth.S3SigV4Auth if call["service"] == "s3" else botocore.auth.SigV4Auth
    credentials = Credentials(call["access_key"], call["secret_key"], call["session_token"])
    request = AWSRequest(
        method=call["method"], url=call["url"], headers=call["headers"], data=call["body"].encode()
    )
    date = datetime.datetime.strptime(call["date"], "%Y%m%dT%H%M%SZ")
    with mock.patch("botocore.auth.get_current_datetime", return_value=date):
        kind(credentials, call["service"], call["region"]).add_auth(request)
    return request.headers["Authorization"]


json.dump([signed(call) for call in json.load(sys.stdin)], sys.stdout)
