"""Worker processes: started when there is work, few at a time, killed when they exceed a limit.

They are started as new programs and not forked: a fork of a server would take its memory, its
descriptors and its threads' locks along. One job at a time and process; the process stays for the
next one (a start costs 0.1 s) and ends when it has had nothing to do for a while.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from typing import Any, Final, Self

from www.errors import Unavailable, WwwError
from www.i18n import N_
from www.pictures.limits import ENVIRON, Limits

_log: Final = logging.getLogger("www.pictures")

IDLE_S: Final = 60.0
MAX_WAITING: Final = 200  # jobs; more than a page of pictures for several readers at once
_STEP_BYTES: Final = 256 * 1024
_MOST_BYTES: Final = 64 * 1024**2  # of an answer


class BrokenPicture(WwwError):
    """The picture is damaged, or showing it would cost more than the limits allow."""

    status = 422
    default = N_("This picture is damaged, or too large to be shown smaller.")


class Worker:
    """One process and our end of its socket."""

    def __init__(self, process: asyncio.subprocess.Process, end: socket.socket) -> None:
        """Take a process that was just started."""
        self.process = process
        self._end = end

    @classmethod
    async def start(cls, limits: Limits) -> Self:
        """Start one. Raises OSError."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        path = os.pathsep.join(filter(None, sys.path))
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "www.pictures.worker"),
                *(str(theirs.fileno()), limits.dumps()),
                pass_fds=[theirs.fileno()],
                env=ENVIRON | {"PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the server, which then closes the socket
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return cls(process, ours)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    async def ask(self, job: dict[str, Any], fd: int) -> dict[str, Any]:
        """Give it one job and return its answer. Raises EOFError where the process is gone."""
        loop, found = asyncio.get_running_loop(), bytearray()
        try:
            # A line far shorter than the socket's buffer, which is empty between two jobs.
            socket.send_fds(self._end, [json.dumps(job).encode()], [fd])
            while len(found) < _whole_bytes(found):
                part = await loop.sock_recv(self._end, _STEP_BYTES)
                if not part:
                    raise EOFError
                found += part
        except (BrokenPipeError, ConnectionResetError) as err:
            raise EOFError from err
        line, _, body = bytes(found).partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer | {"body": body}

    async def end(self) -> None:
        """Kill it, whatever it is doing, and wait until it is gone."""
        self._end.close()
        if self.process.returncode is None:
            # Not process.kill(): it looks for the end of the process first, and what it finds is
            # lost to whoever waits.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()


class Pool:
    """At most `size` workers; `async with` it."""

    def __init__(self, size: int, limits: Limits, *, idle_s: float = IDLE_S) -> None:
        """Remember the bounds; nothing is started before the first job."""
        self._limits = limits
        self._idle_s = idle_s
        self._turns = asyncio.Semaphore(size)
        self._waiting = 0
        self._idle: dict[Worker, asyncio.TimerHandle] = {}
        self._endings: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in list(self._idle):
            self._end_idle(worker)
        if self._endings:
            await asyncio.wait(self._endings)

    @property
    def idle_pids(self) -> list[int]:
        """The processes that wait for work."""
        return [worker.pid for worker in self._idle]

    async def run(self, job: dict[str, Any], fd: int) -> dict[str, Any]:
        """Return what a worker makes of `job` and `fd`, which stays the caller's: `ok` or `body`.

        Raises BrokenPicture where it refuses or had to be killed, Unavailable where too much waits
        already, no process can be started, or there is no libvips.
        """
        if self._waiting >= MAX_WAITING:
            raise Unavailable
        self._waiting += 1
        try:
            async with self._turns:
                answer = await self._answer(job, fd)
        finally:
            self._waiting -= 1
        if "missing" in answer:
            _log.warning("no picture can be looked at: %s", answer["missing"])
            raise Unavailable
        if "refused" in answer:
            _log.info("a picture was refused: %s", answer["refused"])
            raise BrokenPicture
        return answer

    async def _answer(self, job: dict[str, Any], fd: int) -> dict[str, Any]:
        worker, sound = await self._take(), False
        try:
            # CPU time is bounded by the kernel; the clock is for what waits and does not compute.
            async with asyncio.timeout(self._limits.wall_s):
                answer = await worker.ask(job, fd)
            sound = True
        except (EOFError, TimeoutError) as err:
            _log.warning("a picture exceeded the limits of process %d, which is gone", worker.pid)
            raise BrokenPicture from err
        finally:
            # Also where our task is cancelled: its answer would be taken for that of the next job.
            if sound:
                self._give_back(worker)
            else:
                await self._end(worker)
        return answer

    async def _take(self) -> Worker:
        while self._idle:
            worker, timer = self._idle.popitem()
            timer.cancel()
            if worker.process.returncode is None:
                return worker
            await self._end(worker)  # somebody else killed it
        try:
            return await Worker.start(self._limits)
        except OSError as err:
            raise Unavailable from err

    def _give_back(self, worker: Worker) -> None:
        loop = asyncio.get_running_loop()
        self._idle[worker] = loop.call_later(self._idle_s, self._end_idle, worker)

    def _end_idle(self, worker: Worker) -> None:
        self._idle.pop(worker).cancel()
        self._endings.add(ending := asyncio.create_task(worker.end()))
        ending.add_done_callback(self._endings.discard)

    async def _end(self, worker: Worker) -> None:
        """Kill it; also a task that is cancelled again leaves no process behind."""
        self._endings.add(ending := asyncio.create_task(worker.end()))
        ending.add_done_callback(self._endings.discard)
        await asyncio.shield(ending)


def _whole_bytes(found: bytearray) -> int:
    """Return how long the whole answer is, as far as its beginning tells."""
    line, ended, _ = found.partition(b"\n")
    whole = len(line) + 1 + (json.loads(line)["body_bytes"] if ended else 0)
    if whole > _MOST_BYTES:
        raise EOFError
    return int(whole)
