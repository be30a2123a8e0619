"""Many rows of PostgreSQL: see `www.db.statements.many`.

An array per column is one text to prepare and one round trip for 1,000 rows: an update takes 2.6 us
a row, by asyncpg's executemany 4.5. Unlike that it tells how many rows were touched, so the version
guard holds, and what the database chose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from www.db import plans
from www.db.hydrate import tuples
from www.db.statements.many import DeleteMany, InsertMany, UpdateMany

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Sequence

    from www.db.connection import Connection
    from www.db.drivers.base import Params, Result
    from www.db.plans import Plan
    from www.db.statements.many import Many
    from www.db.table import Table
    from www.db.verbs import Verbs

ARRAY_ROWS, ARRAY_LENGTH = 1_000, 1_000_000  # of one statement; characters or bytes


async def insert(conn: Verbs, rows: Sequence[Table], *, fill: bool) -> None:
    """Insert rows as arrays; `fill` in what the database chose."""
    info = rows[0].info
    keys = info.given(tuple(rows[0]))
    missing = [column for key, column in info.columns.items() if key not in keys] if fill else []
    columns = tuple([info.columns[key] for key in keys])
    node = InsertMany(info=info, columns=columns, generated=tuple(missing))
    results = await _arrays(conn, ("insert", keys, fill), node, rows)
    if missing:
        # In the order of `rows`: unnest() is read from its start, and each new row told at once.
        made = [row for result in results for row in result.rows]
        for row, values in zip(rows, tuples(info, node.generated, conn.dialect)(made), strict=True):
            for column, value in zip(missing, values, strict=True):
                dict.__setitem__(row, column.attribute, value)


async def update(conn: Connection, keys: tuple[str, ...], rows: Sequence[Table]) -> int:
    """Write `keys` of the rows; return how many were as they had been read, each once."""
    info = rows[0].info
    plans.require_key_kept(info, keys)
    columns = (*(info.columns[key] for key in keys), *info.primary_key, *info.guard)
    node = UpdateMany(info=info, columns=columns, written=len(keys))
    return sum([result.changed for result in await _arrays(conn, ("update", keys), node, rows)])


async def delete(verbs: Verbs, rows: Sequence[Table]) -> int:
    """Delete the rows."""
    info = rows[0].info
    node = DeleteMany(info=info, columns=info.primary_key)
    return sum([result.changed for result in await _arrays(verbs, ("delete",), node, rows)])


async def _arrays(
    conn: Verbs, kind: tuple[Any, ...], node: Many, rows: Sequence[Table]
) -> list[Result]:
    """Write arrays; one statement needs no transaction around it."""
    plan = plans.kept(node.info, (conn.dialect.name, kind), conn.dialect, node)
    parts = list(_parts(plan, [plan.params(row) for row in rows]))
    if len(parts) == 1 or conn.in_transaction:
        return [await _write(conn, plan, part) for part in parts]
    async with conn.transaction() as inner:
        return [await _write(inner, plan, part) for part in parts]


def _write(conn: Verbs, plan: Plan, params: Params) -> Awaitable[Result]:
    return conn._written(plan.text, params, short=False)  # noqa: SLF001 - a part of the verbs


def _parts(plan: Plan, rows: list[tuple[Any, ...]]) -> Iterator[Params]:
    """Cut encoded rows into statements of a bounded size, each as one tuple per column."""
    start = length = 0
    for at, row in enumerate(rows if plan.unbounded else ()):
        size = sum([len(row[place] or "") for place in plan.unbounded])
        if at > start and (length + size > ARRAY_LENGTH or at - start == ARRAY_ROWS):
            yield tuple(zip(*rows[start:at], strict=True))
            start, length = at, 0
        length += size
    for first in range(start, len(rows), ARRAY_ROWS):
        yield tuple(zip(*rows[first : first + ARRAY_ROWS], strict=True))
