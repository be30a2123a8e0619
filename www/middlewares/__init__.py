"""What every request passes, outermost first; the order is the point, so it stands in one tuple.

state          request id, language and theme: whatever fails later can be shown and found
seen           counted and timed; statements know which request they came from
(access log)   `www.access_log`, called by aiohttp after the last byte
errors         every error below becomes a page or problem+json
(headers)      `www.middlewares.headers`, a signal, because streamed answers need them too
gate           Host known, path without NUL, no compressed body
origin check   no state is changed by another site's page
session        the cookie's session, and whose it is
access         what the line in www/routes.py asks for
"""

from typing import TYPE_CHECKING, Final

from www.middlewares.access import access_middleware
from www.middlewares.errors import error_middleware
from www.middlewares.gate import gate_middleware
from www.middlewares.origin import origin_middleware
from www.middlewares.seen import seen_middleware
from www.middlewares.session import session_middleware
from www.middlewares.state import state_middleware

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

MIDDLEWARES: Final[tuple["Middleware", ...]] = (
    state_middleware,
    seen_middleware,
    error_middleware,
    gate_middleware,
    origin_middleware,
    session_middleware,
    access_middleware,
)
