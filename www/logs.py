"""Where log lines go: one handler on standard error, text for people or JSON for programs.

Lines below a warning wait up to half a second and are written together, since a write per line
would cost each request a system call; records that last are even formatted together. Control
characters are escaped, so that what a client sends can forge neither a line nor a terminal's
commands.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import time
from contextvars import ContextVar
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from www.settings import Log

_CONTROL: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
request_id: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""Of the request that is being answered, for those who log and know no requests."""

_DELAY_S: Final = 0.5
_MAX_LINES: Final = 200


def setup_logging(settings: Log, stream: IO[str] | None = None) -> logging.Handler:
    """Replace the root logger's handlers; called by commands, never by `create_app`."""
    handler = BufferedHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.format == "json" else TextFormatter())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(settings.level.upper())
    if settings.statements:  # who asks for them wants to see them, whatever the level of the rest
        logging.getLogger("www.statements").setLevel(logging.INFO)
    return handler


def escaped(text: str) -> str:
    """Return `text` with control, line and direction characters written out."""
    if text.isascii() and text.isprintable():  # as nearly all lines are
        return text
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def traced() -> dict[str, object]:
    """Return `extra` of a log line that belongs to the request which is being answered."""
    found = request_id.get()
    return {"fields": {"request_id": found}} if found else {}


class Lasting(logging.LogRecord):
    """A record whose values nobody changes afterwards, so that it can be formatted later.

    It is for our own formatters; an heir sets `name`, `created`, `msecs`, `msg` and `args`.
    """

    levelno = logging.INFO
    levelname = "INFO"
    exc_info = None

    def whole(self) -> logging.LogRecord:
        """Return the record for any handler: with file and line, process and thread."""
        named = {name: getattr(self, name) for name in ("levelno", "levelname", "msg")}
        return logging.makeLogRecord({**self.__dict__, **named, "fields": _fields(self)})


def only_handler(logger: logging.Logger) -> BufferedHandler | None:
    """Return the handler that gets all records of `logger`, if it is the one of `setup_logging`.

    Whoever has many records spares them the walk through loggers, filters and locks (2 us).
    """
    found: list[logging.Handler] = []
    at: logging.Logger | None = logger
    while at is not None:
        if at.filters or at.disabled:
            return None
        found += at.handlers
        at = at.parent if at.propagate else None
    first = found[0] if len(found) == 1 else None
    return first if isinstance(first, BufferedHandler) and not first.filters else None


class BufferedHandler(logging.StreamHandler[IO[str]]):
    """Gathers lines while an event loop runs in this thread; writes at once otherwise."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__(stream)
        self._lines: list[str | Lasting] = []
        self._waiting_on: asyncio.AbstractEventLoop | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, and write all of them when one is urgent or they are many."""
        if (line := self._formatted(record)) is not None:
            self._lines.append(line)
        if record.levelno >= logging.WARNING:
            self.flush()
            return
        self._wait()

    def keep(self, record: Lasting) -> None:
        """Take a record that is no warning; for one thread only, that of the event loop."""
        self._lines.append(record)
        if self._waiting_on is None or len(self._lines) >= _MAX_LINES:
            self._wait()

    def _wait(self) -> None:
        """See to it that the lines are written, soon or now."""
        if len(self._lines) >= _MAX_LINES:
            self.flush()
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if loop is not self._waiting_on:
            self._waiting_on = loop
            loop.call_later(_DELAY_S, self.flush)

    def flush(self) -> None:
        """Write what was gathered."""
        self.acquire()
        try:
            # The list stays the same one: `keep` adds to it without the lock, in another thread.
            count, self._waiting_on = len(self._lines), None
            kept = self._lines[:count]
            del self._lines[:count]
            formatted = (self._formatted(one) if isinstance(one, Lasting) else one for one in kept)
            lines = [line for line in formatted if line is not None]
            if lines:
                self.stream.write("\n".join(lines) + "\n")
                self.stream.flush()
        except (OSError, ValueError):  # standard error was closed: there is nobody to tell
            return
        finally:
            self.release()

    def _formatted(self, record: logging.LogRecord) -> str | None:
        try:
            return self.format(record)
        except Exception:  # noqa: BLE001  a line that cannot be formatted must not end a request
            self.handleError(record)
            return None


class TextFormatter(logging.Formatter):
    """2026-11-22T14:05:00.123Z INFO www.access GET / 200 ...; a traceback follows indented."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback's lines if there is one."""
        line = f"{_when(record)} {record.levelname} {record.name} {escaped(record.getMessage())}"
        if request_id := _request_id(record):
            line += f" id={request_id}"
        if record.exc_info:
            trace = self.formatException(record.exc_info).split("\n")
            line = "\n    ".join([line, *map(escaped, trace)])
        return line


class JsonFormatter(logging.Formatter):
    """One JSON object per line; fields of the record stand beside its message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object; JSON escapes what could break a line by itself."""
        entry: dict[str, object] = {
            "time": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=True, default=str)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields = getattr(record, "fields", None)
    return fields if isinstance(fields, dict) else {}


def _request_id(record: logging.LogRecord) -> object:
    # An access record makes its fields anew for whoever asks, and this is asked for every line.
    return getattr(record, "request_id", None) or _fields(record).get("request_id")


def _when(record: logging.LogRecord) -> str:
    return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
