"""One contestant in one process: the eleven tests, timed and checked.

`python -m bench.orm.contest LIBRARY VARIANT DATABASE ADDRESS ROWS TASKS` prints rows/s as JSON.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import sys
from datetime import datetime
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from bench.orm.inspector import Inspector
from bench.orm.libraries import CONTESTANTS, Library, load
from bench.orm.model import (
    DEFAULTS,
    LEVELS,
    SMALL_ROWS,
    Target,
    Variant,
    columns,
    entries,
    keys_to_get,
    small_queries,
)

if TYPE_CHECKING:
    from collections.abc import Callable

WARM_UP_ROWS, REPEATS = 150, 4


class Contest:
    """Runs the tests A to K over one library."""

    def __init__(self, name: str, target: Target, variant: Variant) -> None:
        """Take what to run and where."""
        self.library: Library = load(name)
        self.raw = CONTESTANTS[name].kind == "raw"
        self.text_dicts = CONTESTANTS[name].text_dicts
        self.target, self.variant = target, variant
        self.inspector = Inspector(target)
        self.figures: dict[str, float] = {}

    async def open(self) -> None:
        """Connect and create the tables."""
        await _result(self.library.open(self.target, self.variant))
        self.inspector.same_indexes(self.variant)

    async def close(self) -> None:
        """Disconnect."""
        await _result(self.library.close())
        self.inspector.close()

    async def all_tests(self, rows: int) -> dict[str, float]:
        """Run A to K on an empty table, which K leaves empty again."""
        self.figures = {}
        await self._inserts(rows)
        await self._reads(rows)
        await self._changes()
        return self.figures

    async def _inserts(self, rows: int) -> None:
        library = self.library
        for test, method in (
            ("A", library.insert_single),
            ("B", library.insert_batch),
            ("C", library.insert_bulk),
        ):
            given = entries(test, rows)
            await self._timed(test, rows, method, given)
            self.inspector.after_inserts(test, rows)

    async def _reads(self, rows: int) -> None:
        library, total = self.library, 3 * rows
        await self._large("D", library.filter_large, total)
        queries = small_queries(total)
        found = await self._timed("E", len(queries) * SMALL_ROWS, library.filter_small, queries)
        for (level, _), part in zip(queries, found, strict=True):
            self._check("E", part, SMALL_ROWS, level)
        ids = keys_to_get(self.inspector.ids(), 2 * rows)
        got = await self._timed("F", len(ids), library.get, ids)
        if [self._value(row, "id") for row in got] != ids:
            raise AssertionError("F: these are not the rows that were asked for")
        await self._large("G", library.filter_dicts, total)
        await self._large("H", library.filter_tuples, total)

    async def _large(self, test: str, method: Callable[[int], Any], total: int) -> None:
        last: dict[int, Any] = {}

        async def query(levels: list[int]) -> list[int]:
            counts = []
            for level in levels:
                last[level] = rows = await _result(method(level))
                counts.append(len(rows))
            return counts

        levels = list(LEVELS) * REPEATS
        counts = await self._timed(test, total * REPEATS, query, levels)
        if sum(counts) != total * REPEATS:
            raise AssertionError(f"{test}: {sum(counts)} rows came back, {total * REPEATS} exist")
        for level, rows in last.items():
            self._check(test, rows, total // len(LEVELS), level)

    async def _changes(self) -> None:
        library, inspector = self.library, self.inspector
        for test, method, added in (
            ("I", library.update_whole, " Update"),
            ("J", library.update_part, ""),
        ):
            before = inspector.state()
            levels = [level + 1 for level, _ in before]
            rows = list(await _result(library.load()))
            await self._timed(test, len(rows), method, rows, levels)
            inspector.after_updates(test, before, levels, added)
        rows = list(await _result(library.load()))
        await self._timed("K", len(rows), library.delete, rows)
        if left := inspector.ids():
            raise AssertionError(f"K: {len(left)} rows are left")

    async def _timed(
        self, test: str, count: int, method: Callable[..., Any], *given: list[Any]
    ) -> list[Any]:
        """Run `method` on equal parts of `given` in as many tasks as there are."""
        size = -(-len(given[0]) // self.target.tasks)
        starts = range(0, len(given[0]), size)
        parts = [[values[start : start + size] for values in given] for start in starts]
        gc.collect()
        started = perf_counter()
        if len(parts) == 1:
            found = [await _result(method(*parts[0]))]
        else:
            found = list(await asyncio.gather(*(method(*part) for part in parts)))
        self.figures[test] = count / (perf_counter() - started)
        return [item for part in found for item in part or ()]

    def _value(self, row: Any, name: str) -> Any:
        if isinstance(row, dict):
            return row[name]
        if self.raw:
            return row[("id", *columns(self.variant)).index(name)]
        return getattr(row, name)

    def _check(self, test: str, rows: Any, count: int, level: int) -> None:
        """Look at the number of rows and the values of the first."""
        row = rows[0]
        if len(rows) != count:
            raise AssertionError(f"{test}: {len(rows)} rows instead of {count}")
        if test == "H":
            fine = level in tuple(row) and any(str(value).startswith("Insert") for value in row)
        else:
            fine = self._value(row, "level") == level
            fine = fine and str(self._value(row, "text")).startswith("Insert from")
        typed = test in "DE" or (test == "G" and not self.text_dicts)
        if not fine or (typed and not self.raw and not self._typed(row)):
            raise AssertionError(f"{test}: not the values that were stored: {row!r:.300}")

    def _typed(self, row: Any) -> bool:
        fine = isinstance(self._value(row, "timestamp"), datetime)
        if self.variant == "wide":
            found = self._value(row, "col_json1")
            fine = fine and self._value(row, "col_decimal3") == Decimal("2.2")
            # Piccolo gives JSON as text unless it is asked for each query.
            fine = fine and (json.loads(found) if isinstance(found, str) else found) == JSON
            fine = fine and self._value(row, "col_text4") is None
        return fine


JSON = DEFAULTS["json"]


async def _result(made: Any) -> Any:
    return await made if inspect.isawaitable(made) else made


async def main(arguments: list[str]) -> None:
    """Warm up on few rows, then measure."""
    name, variant, database, address, rows, tasks = arguments
    asynchronous = CONTESTANTS[name].asynchronous
    target = Target(
        database=cast("Any", database),
        address=address,
        durability=CONTESTANTS[name].durability,
        tasks=int(tasks) if asynchronous else 1,
    )
    contest = Contest(name, target, cast("Variant", variant))
    await contest.open()
    try:
        await contest.all_tests(min(WARM_UP_ROWS, int(rows)))
        figures = await contest.all_tests(int(rows))
    finally:
        await contest.close()
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1:]))
