"""What the worker plans, without the worker, and the file that comes of it."""

import base64
import json
import os

from www.pictures import cleaning


def plan(content, kind):
    """The pieces as they come through the socket, None where the original stays."""
    fd = os.memfd_create("original")
    try:
        with os.fdopen(os.dup(fd), "wb") as file:
            file.write(content)
        return json.loads(json.dumps(cleaning.plan(fd, kind)))
    finally:
        os.close(fd)


def clean(content, kind):
    """The file that strangers get."""
    pieces = plan(content, kind)
    if pieces is None:
        return content
    made = {
        "kept": lambda at, size_bytes: content[at : at + size_bytes],
        "new": lambda new, _: base64.b64decode(new),
        "blank": lambda _, size_bytes: bytes(size_bytes),
    }
    found = [made[how](where, size_bytes) for how, where, size_bytes in pieces]
    assert all(len(part) == piece[2] for part, piece in zip(found, pieces, strict=True))
    return b"".join(found)


def broken(content, changes):
    """The bytes with some of them set: (place, value) pairs, places counted round."""
    changed = bytearray(content)
    for at, value in changes:
        changed[at % len(changed)] = value
    return bytes(changed)
