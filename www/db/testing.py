"""For tests: what runs inside a block, and the promise that it is so many statements.

    async with assert_statements(engine, 2) as seen:
        await engine.all(Blog.select().with_related(Blog.comments))
    assert "JOIN" not in seen[0].sql

Counted is what this task runs, and the tasks that it starts inside the block; with `everywhere`
whatever runs on the engine, as a server's answers do. BEGIN, COMMIT and the like stand in
`seen.commands`, and statements that failed or were cancelled count like any other.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Self, overload

from www.db.seen import Ran, is_command
from www.db.seen.plan import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextvars import Token
    from types import TracebackType

    from www.db.drivers.base import Params
    from www.db.engine import Engine

_watching: ContextVar[tuple[Statements, ...]] = ContextVar("watching", default=())


class Statements:
    """The statements of a block, in the order in which they ended.

    Each has `sql` and `params`, `seconds`, `rows`, `error` and `on_thread`.
    """

    def __init__(self, engine: Engine, *, everywhere: bool = False) -> None:
        """Take the engine; recording begins with the block."""
        self.commands: list[Ran] = []
        self._engine = engine
        self._everywhere = everywhere
        self._ran: list[Ran] = []
        self._token: Token[tuple[Statements, ...]] | None = None

    @property
    def sql(self) -> list[str]:
        """The texts alone."""
        return [ran.sql for ran in self._ran]

    def clear(self) -> None:
        """Forget what was recorded until now."""
        self._ran.clear()
        self.commands.clear()

    def __len__(self) -> int:
        """Return how many statements ran."""
        return len(self._ran)

    def __iter__(self) -> Iterator[Ran]:
        """Go through them."""
        return iter(self._ran)

    @overload
    def __getitem__(self, at: int) -> Ran: ...
    @overload
    def __getitem__(self, at: slice) -> list[Ran]: ...
    def __getitem__(self, at: int | slice) -> Ran | list[Ran]:
        """Return one of them, or some."""
        return self._ran[at]

    def __enter__(self) -> Self:
        """Begin to record."""
        self._token = _watching.set((*_watching.get(), self))
        self._engine.observers.append(self._observe)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop recording; what was recorded stays."""
        self._engine.observers.remove(self._observe)
        if self._token is not None:
            _watching.reset(self._token)

    async def __aenter__(self) -> Self:
        """Begin to record."""
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop recording; what was recorded stays."""
        self.__exit__(kind, error, trace)

    def _observe(  # noqa: PLR0917  as observers are called
        self,
        sql: str,
        params: Params,
        started: float,
        seconds: float,
        rows: int,
        error: BaseException | None,
    ) -> None:
        if self._everywhere or any(other is self for other in _watching.get()):
            ran = Ran(sql, params, started, seconds, rows, error)
            (self.commands if is_command(sql) else self._ran).append(ran)


class _Asserted(Statements):
    """Statements whose number is known beforehand."""

    def __init__(self, engine: Engine, number: int, *, everywhere: bool = False) -> None:
        super().__init__(engine, everywhere=everywhere)
        self._number = number

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is None and len(self) != self._number:
            raise AssertionError(self._told([()] * len(self)))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(AssertionError, error, trace)  # it would say so without the plans
        if kind is None and len(self) != self._number:
            engine = self._engine
            plans = [await plan_of(engine.driver, engine.dialect, r.sql, r.params) for r in self]
            raise AssertionError(self._told([plan.steps for plan in plans]))

    def _told(self, plans: Sequence[tuple[str, ...]]) -> str:
        lines = [f"{len(self)} statements ran instead of {self._number}:"]
        for number, (ran, steps) in enumerate(zip(self, plans, strict=True), 1):
            wrong = f", {type(ran.error).__name__}" if ran.error is not None else ""
            lines.append(f"{number:3}. {ran.seconds * 1000:.2f} ms, {ran.rows} rows{wrong}")
            lines.append(f"     {ran.sql}")
            lines += [f"       | {step}" for step in steps]
        return "\n".join(lines)


def statements(engine: Engine, *, everywhere: bool = False) -> Statements:
    """Record what runs in the block, without a promise."""
    return Statements(engine, everywhere=everywhere)


def assert_statements(engine: Engine, number: int, *, everywhere: bool = False) -> Statements:
    """Record what runs in the block; an AssertionError unless it is `number` statements.

    `with` and `async with` both do; the error of `async with` also shows the database's plans.
    """
    return _Asserted(engine, number, everywhere=everywhere)
