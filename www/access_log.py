"""One line per answered request: aiohttp's own format costs 25 us a request, this one 3.

Neither query strings nor cookies are written; tokens in paths that open something to anybody (links
to set up an account, share links) are masked.
"""

from __future__ import annotations

import logging
import re
from time import time as now
from typing import TYPE_CHECKING, Final

from aiohttp.abc import AbstractAccessLogger

from www import keys
from www.addresses import client_address
from www.logs import Lasting, only_handler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

_TOKEN: Final = re.compile(r"^(/(?:setup|s)/)[^/]+")
_MAX_CHARS: Final = 500


def shown_path(request: web.BaseRequest) -> str:
    """Return the path as it may be logged: no query, no token, no end of it if it is long."""
    path = request.rel_url.raw_path
    if path.startswith("/s"):
        path = _TOKEN.sub(r"\1...", path)
    return path if len(path) <= _MAX_CHARS else path[:_MAX_CHARS] + "..."


class AccessRecord(Lasting):
    """The record of one answer; it holds values that nobody changes, and is formatted later."""

    def __init__(self, name: str, values: tuple[object, ...], request_id: str) -> None:
        """Take the values of `_LINE` in their order."""
        # LogRecord's own asks for process, thread and task (2 us); the class has what is shown.
        self.name = name
        self.created = created = now()
        self.msecs = created % 1 * 1000
        self.args = values
        self.request_id = request_id

    @property
    def fields(self) -> Mapping[str, object]:
        """What stands beside the message in JSON."""
        assert isinstance(self.args, tuple)
        named = dict(zip(_FIELDS, self.args, strict=True))
        named["request_id"] = self.request_id
        if named["user"] == "-":
            named["user"] = None
        return named


class AccessLogger(AbstractAccessLogger):
    """Called by aiohttp after the last byte; `www.logs` writes the line later.

    aiohttp makes one for each connection.
    """

    __slots__ = ("_handle",)

    def __init__(self, logger: logging.Logger, log_format: str) -> None:
        """Take the logger; the format is `_LINE`."""
        super().__init__(logger, log_format)
        handler = only_handler(logger)
        self._handle = self._walk if handler is None else handler.keep

    @property
    def enabled(self) -> bool:
        """Return whether lines are wanted at all."""
        return self.logger.isEnabledFor(logging.INFO)

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write method, path, status, bytes and `time` in seconds, with whose request it was."""
        try:
            user, request_id = request[keys.user], request[keys.request_id]
            address = client_address(request)  # type: ignore[arg-type]  # it has met a middleware
        except KeyError:  # what could not be parsed met none and belongs to no application
            user, request_id, address = None, "-", request.remote or "-"
        values = (
            request.method,
            shown_path(request),
            response.status,
            response.body_length,
            round(time * 1000, 1),
            address,
            "-" if user is None else user.id,
        )
        self._handle(AccessRecord(self.logger.name, values, request_id))

    def _walk(self, record: AccessRecord) -> None:
        """Take the way of all records; somebody else listens, too."""
        self.logger.handle(record.whole())


_LINE: Final = "%s %s %s %sB %sms %s %s"
_FIELDS: Final = ("method", "path", "status", "bytes", "ms", "address", "user")
AccessRecord.msg = _LINE
