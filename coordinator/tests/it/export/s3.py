"""An S3 server with one bucket, `exports`, until its standard input ends; prints its port."""

import sys

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
port = server.get_host_and_port()[1]
boto3.client(
    "s3",
    endpoint_url=f"http://127.0.0.1:{port}",
    region_name="us-east-1",
    aws_access_key_id="key",
    aws_secret_access_key="secret",
).create_bucket(Bucket="exports")
print(port, flush=True)
sys.stdin.read()
server.stop()
