r"""For development: what one request, or one job, asked the database, readable in a terminal.

    reports = Reports(engine)
    engine.observers.append(reports.observe)
    with reports.gather() as ran:
        await work()
    print("\n".join(await reports.lines(ran)))

Every statement with its time, its rows and the database's plan, which is asked for once per shape
and by itself; what came often (an N+1?) and what reads a whole table is said at the end. Gathered
is what the task of the block runs, and the tasks that it starts.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from www.db.seen import Ran, is_command
from www.db.seen.counters import shape_of
from www.db.seen.plan import Plan, plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.db.drivers.base import Params
    from www.db.engine import Engine

OFTEN: Final = 3
STATEMENTS_MOST: Final = 500
PLANS_MOST: Final = 1_000
_gathering: ContextVar[list[Ran] | None] = ContextVar("gathering", default=None)


class Reports:
    """Gathers statements and writes about them; keeps the plans that it has seen."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine that is asked for plans."""
        self._engine = engine
        self._plans: dict[str, Plan] = {}

    @contextmanager
    def gather(self) -> Iterator[list[Ran]]:
        """Gather what runs in the block, the first few hundred statements."""
        ran: list[Ran] = []
        token = _gathering.set(ran)
        try:
            yield ran
        finally:
            _gathering.reset(token)

    def observe(  # noqa: PLR0917  as observers are called
        self,
        sql: str,
        params: Params,
        started: float,
        seconds: float,
        rows: int,
        error: BaseException | None,
    ) -> None:
        """Keep what ran, if anybody gathers."""
        ran = _gathering.get()
        if ran is not None and len(ran) < STATEMENTS_MOST:
            ran.append(Ran(sql, params, started, seconds, rows, error))

    async def lines(self, ran: Sequence[Ran]) -> list[str]:
        """Return the report: the sum, each statement with its plan, and what looks wrong."""
        statements = [each for each in ran if not is_command(each.sql)]
        seconds = sum(each.seconds for each in ran)
        noun = "statement" if len(statements) == 1 else "statements"
        lines = [f"{len(statements)} {noun}, {seconds * 1000:.2f} ms in the database"]
        shapes = Counter(shape_of(each.sql) for each in statements)
        scans: dict[str, str] = {}
        number = 0
        shown: set[str] = set()
        for each in ran:
            if is_command(each.sql):
                lines.append(f"      {_figures(each)}  {each.sql}")
                continue
            number += 1
            shape, plan = shape_of(each.sql), await self._plan(each)
            lines.append(f"{number:4}. {_figures(each)}  {shape}")
            if shape not in shown:
                lines += [f"{'':31}| {step}" for step in plan.steps]
                scans |= dict.fromkeys(plan.scans, shape)
            shown.add(shape)
        often = ((count, shape) for shape, count in shapes.items() if count >= OFTEN)
        lines += [f"   !! {count} times the same (N+1?): {shape}" for count, shape in often]
        lines += [f"   !! reads all of it: {step}  <-  {shape}" for step, shape in scans.items()]
        return lines

    async def _plan(self, ran: Ran) -> Plan:
        shape = shape_of(ran.sql)
        plan = self._plans.get(shape)
        if plan is None:
            engine = self._engine
            plan = await plan_of(engine.driver, engine.dialect, ran.sql, ran.params)
            if len(self._plans) >= PLANS_MOST:
                self._plans.clear()
            if plan.steps:  # none may be an error that passes, such as a busy database
                self._plans[shape] = plan
        return plan


def _figures(ran: Ran) -> str:
    rows = "row " if ran.rows == 1 else "rows"
    wrong = f" {type(ran.error).__name__}" if ran.error is not None else ""
    thread = " thread" if ran.on_thread else ""
    return f"{ran.seconds * 1000:8.2f} ms {ran.rows:6} {rows}{thread}{wrong}"
