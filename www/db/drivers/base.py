"""What the engine asks of a driver; one folder beside this file per database."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from contextvars import ContextVar
from time import perf_counter
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    NamedTuple,
    Protocol,
    TypeAlias,
    TypeVar,
    runtime_checkable,
)

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

T = TypeVar("T")
Row = tuple[Any, ...]
Params = Sequence[Any]
# What is at hand is handed over, what is not is awaited: SQLite answers most statements at once,
# and a coroutine around the answer would only cost time.
Soon: TypeAlias = T | Awaitable[T]


async def arrived(answer: Soon[T]) -> T:
    """Wait for an answer that is not at hand."""
    if isinstance(answer, Awaitable):
        given: T = await answer  # pyright cannot tell which of the two T is
        return given
    return answer


def is_address(database: str | Path) -> bool:
    """Tell whether `database` is on a server."""
    return str(database).startswith(("postgresql://", "postgres://"))


Isolation = Literal["read committed", "repeatable read", "serializable"]
_thread_at: ContextVar[float] = ContextVar("thread_at", default=0.0)


def note_thread() -> None:
    """Note that the statement that runs in this task goes to a thread now."""
    _thread_at.set(perf_counter())


def went_to_thread(started: float) -> bool:
    """Tell whether one of this task's statements has gone to a thread since `started`."""
    return _thread_at.get() >= started


class Result(NamedTuple):
    """The rows that came back and how many rows were changed.

    `row_id` is the number of the row inserted last, from drivers that know it without RETURNING.
    """

    rows: list[Row]
    changed: int
    row_id: int = 0


@runtime_checkable
class Naming(Protocol):
    """A driver or session whose rows do not know the names of their columns themselves."""

    def names(self, sql: str) -> tuple[str, ...]:
        """Return the names of the columns that `sql` gives, without running it."""
        ...


class Activity(NamedTuple):
    """What a driver does now, and what it has done since it was opened, by name.

    `group_sizes` counts commits by how many changes shared them, where changes do that.
    """

    now: dict[str, int]
    ever: dict[str, int]
    group_sizes: Sequence[int] = ()


class Session(Protocol):
    """One open transaction."""

    def read(self, sql: str, params: Params) -> Soon[list[Row]]:
        """Run a statement that changes nothing."""
        ...

    def write(self, sql: str, params: Params, *, short: bool) -> Soon[Result]:
        """Run a statement that changes rows; `short` ones take well under a millisecond."""
        ...

    def write_many(self, sql: str, rows: Sequence[Params], *, short: bool) -> Soon[int]:
        """Run one change for each of `rows`; return how many rows were changed."""
        ...

    def stream(self, sql: str, params: Params, chunk: int) -> AsyncGenerator[list[Row], None]:
        """Yield the rows of one statement as they are now; others may run meanwhile."""
        ...

    async def copy_in(self, table: str, columns: Sequence[str], rows: Sequence[Params]) -> None:
        """Add rows in the quickest way there is; values as the driver takes them."""
        ...

    async def lock(self, name: str) -> None:
        """Wait until no other transaction holds `name`, and hold it until this one ends."""
        ...

    async def notify(self, channel: str, payload: str) -> None:
        """Tell everybody who listens, when the transaction commits."""
        ...

    async def commit(self) -> None:
        """Make the changes last; whoever is told so finds them after a crash."""
        ...

    async def rollback(self) -> None:
        """Undo everything; never raises."""
        ...


class Driver(Protocol):
    """One database, open between `open` and `close`."""

    async def open(self) -> None:
        """Connect, or raise ConnectionLost with what to do."""
        ...

    async def close(self) -> None:
        """Finish what is running and disconnect."""
        ...

    def read(self, sql: str, params: Params) -> Soon[list[Row]]:
        """Run one statement that changes nothing, outside a transaction."""
        ...

    def read_copy(self, sql: str, params: Params, after: int) -> Soon[list[Row]]:
        """Like `read`, on a copy that holds all changes up to `after`, if there is one."""
        ...

    async def position(self) -> int:
        """Return how far the changes go, for `read_copy`."""
        ...

    def write(self, sql: str, params: Params, *, short: bool) -> Soon[Result]:
        """Run one statement that changes rows and commit it."""
        ...

    def stream(self, sql: str, params: Params, chunk: int) -> AsyncGenerator[list[Row], None]:
        """Yield the rows of one statement, `chunk` at a time, with flat memory."""
        ...

    def stream_copy(
        self, sql: str, params: Params, chunk: int, after: int
    ) -> AsyncGenerator[list[Row], None]:
        """Like `stream`, on a copy that holds all changes up to `after`, if there is one."""
        ...

    async def begin(self, *, read_only: bool, isolation: Isolation | None = None) -> Session:
        """Start a transaction, isolated at least as well as asked for."""
        ...

    def activity(self) -> Activity:
        """Return what it does and has done, for whoever watches; asks nobody."""
        ...

    def listen(self, channel: str) -> AbstractAsyncContextManager[AsyncIterator[str | None]]:
        """Receive what `notify` sends; None means that some of it may have been missed."""
        ...
