"""What ran: an engine's observers are told of every statement when it has ended.

An engine without observers pays for one look at an empty list. Observers are told of errors and
cancellations too, and of the commands around transactions. A statement that the layer runs again
because a connection was dead is one statement; one that `Engine.repeat` runs again is another.
Beside this file: figures per statement, the log of slow ones, plans, and the report of a request.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from www.db.drivers.base import Result, arrived, went_to_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Sequence

    from www.db.drivers.base import Params, Row, Soon

T = TypeVar("T")
Observer = Callable[[str, "Params", float, float, int, BaseException | None], object]
"""SQL text, its values, when it began (`perf_counter`), how many seconds it took, how many rows
came back or were changed, and the error that ended it. Of `insert_many` the first row's values."""

COMMANDS: Final = frozenset(
    {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "LOCK", "NOTIFY"}
)
"""First words of what is run around statements: transactions and messages."""


def is_command(sql: str) -> bool:
    """Tell whether this is no statement but what stands around statements."""
    return sql.partition(" ")[0] in COMMANDS


def tell(
    observers: list[Observer],
    sql: str,
    params: Params,
    started: float,
    *,
    rows: int = 0,
    error: BaseException | None = None,
) -> None:
    """Tell all observers of what began at `started` and has just ended."""
    seconds = perf_counter() - started
    for observer in observers:
        observer(sql, params, started, seconds, rows, error)


def read(
    observers: list[Observer], sql: str, params: Params, run: Callable[..., Soon[list[Row]]]
) -> Soon[list[Row]]:
    """Run a read and tell of it."""
    started = perf_counter()
    try:
        found = run(sql, params)
    except BaseException as err:
        tell(observers, sql, params, started, error=err)
        raise
    if not isinstance(found, list):
        return _awaited(observers, sql, params, started, found, len)
    seconds = perf_counter() - started
    count = len(found)
    for observer in observers:
        observer(sql, params, started, seconds, count, None)
    return found


def write(
    observers: list[Observer], sql: str, params: Params, run: Callable[..., Soon[Result]]
) -> Soon[Result]:
    """Run a change and tell of it."""
    started = perf_counter()
    try:
        result = run(sql, params)
    except BaseException as err:
        tell(observers, sql, params, started, error=err)
        raise
    if not isinstance(result, Result):
        return _awaited(observers, sql, params, started, result, _touched)
    tell(observers, sql, params, started, rows=_touched(result))
    return result


def _touched(result: Result) -> int:
    return result.changed or len(result.rows)


async def _awaited(  # noqa: PLR0917  as `read` and `write` know it
    observers: list[Observer],
    sql: str,
    params: Params,
    started: float,
    call: Awaitable[T],
    count: Callable[[T], int],
) -> T:
    try:
        answer = await call
    except BaseException as err:
        tell(observers, sql, params, started, error=err)
        raise
    tell(observers, sql, params, started, rows=count(answer))
    return answer


async def write_many(
    observers: list[Observer],
    sql: str,
    rows: Sequence[Params],
    run: Callable[[], Soon[int]],
) -> int:
    """Run one change for each of `rows`, which is one statement, and tell of it."""
    started, first = perf_counter(), rows[0] if rows else ()
    try:
        changed = await arrived(run())
    except BaseException as err:
        tell(observers, sql, first, started, error=err)
        raise
    tell(observers, sql, first, started, rows=changed)
    return changed


async def command(observers: list[Observer], words: str, call: Awaitable[T]) -> T:
    """Wait for what stands around statements, such as COMMIT, and tell of it."""
    started = perf_counter()
    try:
        result = await call
    except BaseException as err:
        tell(observers, words, (), started, error=err)
        raise
    tell(observers, words, (), started)
    return result


async def stream(
    observers: list[Observer],
    sql: str,
    params: Params,
    chunks: AsyncGenerator[list[Row], None],
) -> AsyncGenerator[list[Row], None]:
    """Pass on the chunks and tell of them as one statement, without the reader's own time.

    Whoever stops reading in the middle makes no error of it.
    """
    first = started = perf_counter()
    seconds, count, error = 0.0, 0, None
    try:
        async with aclosing(chunks):
            async for rows in chunks:
                seconds += perf_counter() - started
                count += len(rows)
                yield rows
                started = perf_counter()
        seconds += perf_counter() - started
    except GeneratorExit:
        raise
    except BaseException as err:
        seconds += perf_counter() - started
        error = err
        raise
    finally:
        for observer in observers:
            observer(sql, params, first, seconds, count, error)


class Ran:
    """One statement that has run, as observers are told of it."""

    __slots__ = ("error", "on_thread", "params", "rows", "seconds", "sql")

    def __init__(  # noqa: PLR0917  as observers are called
        self,
        sql: str,
        params: Any,
        started: float,
        seconds: float,
        rows: int,
        error: BaseException | None,
    ) -> None:
        """Take what an observer is given, in the same task."""
        self.sql = sql
        self.params: Params = params
        self.seconds = seconds
        self.rows = rows
        self.error = error
        self.on_thread = went_to_thread(started)

    def __repr__(self) -> str:
        """Return time, rows and text, without the values."""
        wrong = f", {type(self.error).__name__}" if self.error is not None else ""
        return f"<{self.seconds * 1000:.2f} ms, {self.rows} rows{wrong}: {self.sql}>"
