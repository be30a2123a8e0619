"""The process in which pictures are decoded: `python -m www.pictures.worker FD LIMITS`.

FD is its end of a socket. A job is one line of JSON with the descriptor of the original; the answer
is one line too, behind which come as many bytes as it says. A worker binds itself to the limits
before it loads a library; whoever breaks one is killed by the kernel, or by the pool, and replaced.
It gets no address, no name and no secret; its environment is what `limits` lists.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
from typing import Any, Final

from www.pictures import limits as limiting
from www.pictures.limits import Limits

_JOB_BYTES: Final = 4096


def main(fd: str, limits: str) -> None:
    """Work until the other end closes."""
    bounds = Limits.loads(limits)
    limiting.bind(bounds)
    with socket.socket(fileno=int(fd)) as end:
        end.setblocking(True)
        while _one(end, bounds):
            gc.collect()


def _one(end: socket.socket, limits: Limits) -> bool:
    """Do one job; False where there will be no more."""
    line, fds, _, _ = socket.recv_fds(end, _JOB_BYTES, 1)
    if not line:
        return False
    limiting.begin_job(limits)
    try:
        answer = _done(json.loads(line), fds[0], limits)
    finally:
        os.close(fds[0])
    body = answer.pop("body", b"")
    answer["body_bytes"] = len(body)
    end.sendall(json.dumps(answer).encode() + b"\n" + body)
    return True


def _done(job: dict[str, Any], fd: int, limits: Limits) -> dict[str, Any]:
    """Return `ok`, `body`, `refused`, or which library is `missing`.

    What is no fault of the picture ends us.
    """
    if job["do"] == "clean":
        from www.pictures.cleaning import plan

        return {"ok": plan(fd, job["kind"], is_whole=job["is_whole"])}
    try:
        import pyvips

        from www.pictures import vips
    except (ImportError, OSError) as err:  # there are machines without libvips
        return {"missing": str(err)[:200]}
    vips.prepare()
    try:
        if job["do"] == "facts":
            return {"ok": vips.facts(fd, limits)}
        return {"body": vips.thumbnail(fd, limits, width=job["width"], form=job["form"])}
    except (pyvips.Error, vips.RefusedError) as err:
        return {"refused": str(err)[:200]}


if __name__ == "__main__":
    main(*sys.argv[1:])
