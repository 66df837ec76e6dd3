"""Makes the calls that stand on stdin, one JSON object a line, and prints how each ended.

A line is {"service": …, "operation": …, "parameters": {…}}; with "pages" true all pages are read.
An answer is {"answer": …}, {"pages": […]}, or {"error": CODE, "status": HTTP status}; what is no
answer of a service is {"broken": name of the exception}. No call is retried. Keys of a session
that a call of AssumeRole gave sign the calls after it.
"""

import json
import sys

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError

CONFIG = Config(retries={"total_max_attempts": 1}, read_timeout=20)


def ask(call, session):
    client = session.client(call["service"], config=CONFIG, region_name=call.get("region"))
    operation = botocore.xform_name(call["operation"])
    parameters = call.get("parameters", {})
    if call.get("pages"):
        return {"pages": [strip(page) for page in client.get_paginator(operation).paginate(**parameters)]}
    return {"answer": strip(getattr(client, operation)(**parameters))}


def strip(response):
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def main():
    session = boto3.Session()
    for line in sys.stdin:
        call = json.loads(line)
        try:
            outcome = ask(call, session)
        except ClientError as error:
            outcome = {
                "error": error.response["Error"]["Code"],
                "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
            }
        except Exception as error:  # whatever boto3 makes of a broken answer
            outcome = {"broken": type(error).__name__}
        print(json.dumps(outcome, default=str), flush=True)
        if call["operation"] == "AssumeRole" and "answer" in outcome:
            keys = outcome["answer"]["Credentials"]
            session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


if __name__ == "__main__":
    main()
