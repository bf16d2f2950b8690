"""What the Python clients of the tests know of a feed, by the letter of the contract.

Follows a feed by its updates and patches, and tells what it knows after each as a line of JSON:
{"type", "seq", "bytes", "isCompressed", "hash", "canonical"}. It fails at the first message that does not fit.
"""

import json
import os
import sys
import threading
import zlib
from decimal import Decimal


def number(value):
    """As ECMAScript writes it; `repr` finds the same digits, but sets the exponent elsewhere."""
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        text = format(Decimal(repr(value)), "f")
        return text[:-2] if text.endswith(".0") else text
    digits, _, exponent = repr(float(value)).partition("e")
    return f"{digits}e{int(exponent):+d}"


def canonical(value):
    """RFC 8785."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return "{" + ",".join(canonical(k) + ":" + canonical(v) for k, v in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return json.dumps(value, ensure_ascii=False)


def merge(target, patch):
    """RFC 7396, word for word."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


class Follower:
    def __init__(self):
        self.document, self.seq = None, None

    def take(self, payload, is_compressed=None):
        message = json.loads(payload)
        kind = message["type"]
        if kind == "pipeline_status_update":
            self.document = message["data"]
        elif kind == "pipeline_status_patch" and "patch" in message:
            assert message["seq"] == self.seq + 1, "a patch of another document"
            self.document = merge(self.document, message["patch"])
        elif kind != "pipeline_status_patch":
            return
        text = canonical(self.document)
        hashed = format(zlib.crc32(text.encode("utf-8")), "08x")
        assert message.get("hash", hashed) == hashed, "the hashes differ"
        self.seq = message["seq"]
        told = {
            "type": kind,
            "seq": self.seq,
            "bytes": len(payload if isinstance(payload, bytes) else payload.encode("utf-8")),
            "isCompressed": is_compressed,
            "hash": hashed,
            "canonical": text,
        }
        print(json.dumps(told), flush=True)


def leave_with_stdin():
    """Ends this process when its standard input does."""

    def leave():
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=leave, daemon=True).start()
