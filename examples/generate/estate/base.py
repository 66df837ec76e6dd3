"""What every module uses: the company's constants, ids that look real and cannot be, dates, file writers."""

import gzip
import hashlib
import json
import re
from datetime import datetime, timedelta, timezone

ACCOUNT = "111122223333"
DATA_ACCOUNT = "222233334444"  # seen: its IAM was printed too
SHARED_ACCOUNT = "444455556666"  # not seen: nothing of it was printed
REGION = "eu-west-1"
TAKEN_AT = datetime(2026, 11, 24, tzinfo=timezone.utc)

OIDC = {
    "prod": "EXAMPLE0A1B2C3D4E5F60718293A4B5C",
    "staging": "EXAMPLE1D2C3B4A59687786950413223",
    "legacy": "EXAMPLE2F0E1D2C3B4A5968778695041",  # the cluster is gone, the provider stayed
}


def digest(*parts):
    return hashlib.sha256("/".join(str(p) for p in parts).encode()).hexdigest()


def unique_id(prefix, name):
    """An IAM unique id: 21 characters that start with PREFIX and say EXAMPLE."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    raw = digest("id", prefix, name)
    return prefix + "EXAMPLE" + "".join(alphabet[int(raw[i * 2 : i * 2 + 2], 16) % 32] for i in range(10))


def uuid(*parts):
    h = digest("uuid", *parts)
    return "%s-%s-4%s-a%s-%s" % (h[:8], h[8:12], h[13:16], h[17:20], h[20:32])


def short(n, *parts):
    """A suffix as Kubernetes makes them: consonants and digits."""
    alphabet = "bcdfghjklmnpqrstvwxz2456789"
    raw = digest("short", *parts)
    return "".join(alphabet[int(raw[i * 2 : i * 2 + 2], 16) % len(alphabet)] for i in range(n))


def moment(day, *parts):
    """A time on DAY, different for each thing, before 22:00."""
    h = digest("time", day, *parts)
    return datetime.fromisoformat(day).replace(tzinfo=timezone.utc) + timedelta(
        hours=int(h[:4], 16) % 22, minutes=int(h[4:8], 16) % 60, seconds=int(h[8:12], 16) % 60
    )


def aws_time(t, offset=0, micros=False):
    """As AWS CLI v2 prints a time, in the zone of whoever ran it."""
    zone = timezone(timedelta(hours=offset))
    t = t.astimezone(zone)
    if micros:
        t = t.replace(microsecond=int(digest("us", t.isoformat())[:5], 16) % 1000 * 1000)
    return t.isoformat()


def day_end(day):
    return datetime.fromisoformat(day).replace(tzinfo=timezone.utc) + timedelta(hours=23, minutes=59, seconds=59)


def kube_time(t):
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


def iam_arn(kind, name, path="/", account=ACCOUNT):
    return "arn:aws:iam::%s:%s%s%s" % (account, kind, path, name)


def issuer(cluster):
    return "oidc.eks.%s.amazonaws.com/id/%s" % (REGION, OIDC[cluster])


def kube_meta(cluster, kind, namespace, name, created, labels=None, annotations=None, **more):
    """metadata of a Kubernetes object; CREATED is a day or a time."""
    when = moment(created, cluster, kind, namespace, name) if isinstance(created, str) else created
    meta = {"creationTimestamp": kube_time(when), "name": name}
    meta["uid"] = uuid(cluster, kind, namespace, name)
    meta["resourceVersion"] = str(1000 + int(digest("rv", cluster, kind, namespace, name)[:7], 16))
    if namespace:
        meta["namespace"] = namespace
    if labels:
        meta["labels"] = labels
    if annotations:
        meta["annotations"] = annotations
    meta.update(more)
    return meta


def envelope(source, request, response, account=ACCOUNT, region=REGION):
    """A print that does not name its subject, with what it was asked."""
    out = {"source": source, "account": account}
    if region:
        out["region"] = region
    return {**out, "request": request, "response": response}


def aws_json(value):
    return (json.dumps(value, indent=4, ensure_ascii=False) + "\n").encode()


def json_lines(values):
    return "".join(json.dumps(v, separators=(",", ":")) + "\n" for v in values).encode()


def kube_list(items):
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}


def kube_json(value):
    return (json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False) + "\n").encode()


def gz(content):
    return gzip.compress(content, 9, mtime=0)


PLAIN = re.compile(r"^[A-Za-z_/][A-Za-z0-9_./ @+=(){}<>-]*(:[A-Za-z0-9_./@+=(){}<>-]+)*$")
WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"}


def yaml_scalar(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if PLAIN.match(value) and value.lower() not in WORDS and not value.endswith(" "):
        return value
    return json.dumps(value, ensure_ascii=False)


def yaml_lines(value, indent):
    """Block style with sorted keys and lists at their key's column, as kubectl prints."""
    pad = " " * indent
    if isinstance(value, dict):
        for key in sorted(value):
            v = value[key]
            head = pad + yaml_scalar(key) + ":"
            if isinstance(v, dict) and v:
                yield head
                yield from yaml_lines(v, indent + 2)
            elif isinstance(v, list) and v:
                yield head
                yield from yaml_lines(v, indent)
            elif isinstance(v, str) and v.endswith("\n") and v.strip():
                yield head + " |"
                yield from (pad + "  " + line if line else "" for line in v[:-1].split("\n"))
            else:
                yield head + " " + ({} == v and "{}" or [] == v and "[]" or yaml_scalar(v))
        return
    for item in value:
        if isinstance(item, (dict, list)) and item:
            lines = list(yaml_lines(item, indent + 2))
            yield pad + "- " + lines[0][indent + 2 :]
            yield from lines[1:]
        else:
            yield pad + "- " + ({} == item and "{}" or [] == item and "[]" or yaml_scalar(item))


def kube_yaml(value):
    return ("\n".join(yaml_lines(value, 0)) + "\n").encode()


def yaml_documents(values):
    return b"---\n".join(kube_yaml(v) for v in values)
