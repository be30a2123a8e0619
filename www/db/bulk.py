"""Many rows with few statements: see `www.db.statements.many`.

Unlike an executemany these tell how many rows were touched, so the version guard holds, and what
the database chose. SQLite takes VALUES, some rows at a time. PostgreSQL takes an array per column:
one text to prepare and one round trip for 1,000 rows, twice as fast as asyncpg's executemany.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from www.db import plans
from www.db.errors import RowNotFound, StatementError, VersionConflict
from www.db.hydrate import tuples
from www.db.statements.many import DeleteMany, InsertMany, UpdateMany

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Sequence

    from www.db.drivers.base import Params, Result
    from www.db.plans import Plan
    from www.db.statements.many import Many
    from www.db.table import Table
    from www.db.verbs import Verbs

SIZES = (64, 8, 1)  # of VALUES: few, so that there are few texts to prepare
SHORT_ROWS = 8
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


async def insert_each(conn: Verbs, rows: Sequence[Table]) -> None:
    """Insert rows one by one and fill in what the database chose: all of them or none."""
    missing = rows[0].info.columns.keys() - rows[0].keys()
    try:
        async with conn.transaction() as inner:
            for row in rows:
                await inner.insert(row)
    except BaseException:
        for row in rows:
            for key in missing:
                dict.pop(row, key, None)
        raise


async def update(conn: Verbs, rows: Sequence[Table]) -> list[Table]:
    """Write what was assigned to each of the rows, and return those with something assigned.

    A row that is not as it was read is an error.
    """
    assigned: dict[tuple[str, ...], list[Table]] = {}
    for row in _of_one_table(rows, "update_many"):
        assigned.setdefault(row.changed_keys(), []).append(row)
    assigned.pop((), None)
    groups: dict[tuple[str, ...], list[Table]] = {}
    for keys, group in assigned.items():  # one statement, in whatever order they were assigned
        groups.setdefault(tuple(sorted(keys)), []).extend(group)
    for keys, group in groups.items():
        info = group[0].info
        columns = (*(info.columns[key] for key in keys), *info.primary_key, *info.guard)
        node = UpdateMany(info=info, columns=columns, written=len(keys))
        if await _changed(conn, ("update", keys), node, group) == len(group):
            continue
        if info.guard:
            message = f"a row of {info.name} was changed by somebody else; none is written"
            raise VersionConflict(message)
        raise RowNotFound(f"a row of {info.name} is gone or came twice; none is written")
    return [row for group in groups.values() for row in group]


async def delete(conn: Verbs, rows: Sequence[Table]) -> int:
    """Delete the rows; those that are gone already do not count."""
    info = _of_one_table(rows, "delete_many")[0].info
    node = DeleteMany(info=info, columns=info.primary_key)
    if conn.dialect.arrays:
        return await _changed(conn, ("delete",), node, rows)
    async with conn.transaction() as inner:
        return await _changed(inner, ("delete",), node, rows)


def mark_updated(rows: Sequence[Table]) -> None:
    """Count the versions of the rows that were written, and forget their changes."""
    for row in rows:
        for column in row.info.guard:
            dict.__setitem__(row, column.attribute, row[column.attribute] + 1)
        for column in row.info.generated:  # nobody knows them now
            dict.pop(row, column.attribute, None)
        row.mark_stored()


def _of_one_table(rows: Sequence[Table], verb: str) -> Sequence[Table]:
    kinds = {row.info.row for row in rows}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise StatementError(f"{verb}() takes rows of one table, got {names}: call it for each")
    return rows


async def _changed(conn: Verbs, kind: tuple[Any, ...], node: Many, rows: Sequence[Table]) -> int:
    if conn.dialect.arrays:
        return sum([result.changed for result in await _arrays(conn, kind, node, rows)])
    return sum([await _values(conn, kind, node, some) for some in _cut(rows)])


async def _arrays(
    conn: Verbs, kind: tuple[Any, ...], node: Many, rows: Sequence[Table]
) -> list[Result]:
    """Write arrays; one statement needs no transaction around it."""
    plan = plans.kept(node.info, (conn.dialect.name, kind, "arrays"), conn.dialect, node)
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


async def _values(conn: Verbs, kind: tuple[Any, ...], node: Many, rows: Sequence[Table]) -> int:
    node = replace(node, rows=len(rows))
    plan = plans.kept(node.info, (conn.dialect.name, kind, len(rows)), conn.dialect, node)
    params: list[Any] = []
    short = len(rows) <= SHORT_ROWS
    for row in rows:
        values = plan.params(row)
        short = short and plan.is_short(values)
        params += values
    return (await conn._written(plan.text, params, short=short)).changed  # noqa: SLF001


def _cut(rows: Sequence[Table]) -> Iterator[Sequence[Table]]:
    start = 0
    for size in SIZES:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size
