"""The page of statements: what the database was asked, and how long that took."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from www import keys
from www.admin import actions
from www.errors import NotFound
from www.i18n import N_
from www.render import render, see_other
from www.requests import query_text, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from www.db.seen.counters import Figures

ORDERS: Final[Mapping[str, tuple[str, Callable[[Figures], Any]]]] = {
    "total": (N_("Total time"), attrgetter("seconds")),
    "calls": (N_("Calls"), attrgetter("calls")),
    "mean": (N_("Average"), attrgetter("mean_s")),
    "slowest": (N_("Slowest"), attrgetter("slowest_s")),
    "rows": (N_("Rows"), attrgetter("rows")),
    "errors": (N_("Errors"), lambda figures: (figures.errors, figures.cancelled)),
}
SHOWN: Final = 100


async def index(request: web.Request) -> web.Response:
    """List the statements with the highest figures."""
    order = query_text(request, "sort", 20) or "total"
    if order not in ORDERS:
        raise NotFound
    counters = request.app[keys.counters]
    found = sorted(counters.all(), key=ORDERS[order][1], reverse=True)
    return render(
        request,
        "admin/statements.html",
        statements=found[:SHOWN],
        order=order,
        orders={name: label for name, (label, _) in ORDERS.items()},
        since=counters.since,
    )


async def reset(request: web.Request) -> web.Response:
    """Let all figures start again at nothing."""
    async with request.app[keys.engine].transaction() as conn:
        await actions.note_reset(conn, signed_in(request), now=datetime.now(UTC))
    request.app[keys.counters].reset()
    return see_other("/admin/statements?notice=figures_reset")
