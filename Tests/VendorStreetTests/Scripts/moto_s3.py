"""moto's server with one bucket, `artefacts`, for the tests of the artefact store.

Writes its address to stdout and ends when its stdin is closed, which it is when its test ends, however that ends.
"""

import logging
import os
import sys

# For ourselves only; moto takes any key.
os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "moto"
logging.getLogger("werkzeug").setLevel(logging.CRITICAL)

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
address = "http://%s:%d" % server.get_host_and_port()
boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="artefacts")
print(address, flush=True)
sys.stdin.read()
server.stop()
