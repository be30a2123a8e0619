"""Changes that share a commit: each waits for a future, and each is told, whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.db.drivers.base import Params, Result

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from www.db.drivers.sqlite.lane import Lane

Waiting = tuple[str, Params, "asyncio.Future[Result]"]
Done = tuple["asyncio.Future[Result]", Result]


def run(lane: Lane, group: Iterable[Waiting], *, alone: bool = False) -> list[Done]:
    """Run the changes inside the open transaction; the mistake of one fails only itself.

    With `alone` there is no transaction: the one change commits by itself, or raises.
    """
    done: list[Done] = []
    for sql, params, future in group:
        if future.done():
            continue  # whoever waited was cancelled
        try:
            done.append((future, lane.here(sql, params)))
        except Exception as err:
            if alone or not lane.connection.in_transaction:
                raise  # such as a full disk: SQLite undid the whole group
            future.set_exception(err)
    return done


def tell(done: Iterable[Done]) -> None:
    """Give everybody the result; the commit has happened."""
    for future, result in done:
        if not future.done():
            future.set_result(result)


def fail(group: Iterable[Waiting], err: Exception) -> None:
    """Tell everybody who was not told yet that nothing was stored."""
    for _, _, future in group:
        if not future.done():
            future.set_exception(err)
