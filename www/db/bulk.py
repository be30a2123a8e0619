"""Updates and deletes of many rows with few statements: a join with VALUES, some rows at a time.

Unlike an executemany it says how many rows it touched, so the version guard holds; and PostgreSQL
needs one round trip for 64 rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from www.db import plans
from www.db.compile import quoted
from www.db.errors import RowNotFound, StatementError, VersionConflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.db.column import Column
    from www.db.compile import Compiler
    from www.db.metadata import TableInfo
    from www.db.table import Table
    from www.db.verbs import Verbs

SIZES = (64, 8, 1)  # few, so that there are few texts to prepare
SHORT_ROWS = 8


async def update(conn: Verbs, rows: Sequence[Table]) -> None:
    """Write what was assigned to each of the rows; one that is not as it was read is an error."""
    groups: dict[tuple[str, ...], list[Table]] = {}
    for row in _of_one_table(rows, "update_many"):
        if keys := row.changed_keys():
            groups.setdefault(tuple(sorted(keys)), []).append(row)
    for keys, group in groups.items():
        info = group[0].info
        columns = (*(info.columns[key] for key in keys), *info.primary_key, *info.guard)
        for some in _cut(group):
            write = _Updating(info, columns, len(keys), len(some))
            if await _run(conn, info, ("update", keys), write, some) == len(some):
                continue
            if info.guard:
                message = f"a row of {info.name} was changed by somebody else; none is written"
                raise VersionConflict(message)
            raise RowNotFound(f"a row of {info.name} is gone or came twice; none is written")


async def delete(conn: Verbs, rows: Sequence[Table]) -> int:
    """Delete the rows; those that are gone already do not count."""
    info = _of_one_table(rows, "delete_many")[0].info
    deleted = 0
    for some in _cut(rows):
        deleted += await _run(conn, info, ("delete",), _Deleting(info, len(some)), some)
    return deleted


def mark_updated(rows: Sequence[Table]) -> None:
    """Count the versions of the rows that were written, and forget their changes."""
    for row in rows:
        if row.changed_keys():
            for column in row.info.guard:
                dict.__setitem__(row, column.attribute, row[column.attribute] + 1)
            row.mark_stored()


def _of_one_table(rows: Sequence[Table], verb: str) -> Sequence[Table]:
    kinds = {row.info.row for row in rows}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise StatementError(f"{verb}() takes rows of one table, got {names}: call it for each")
    return rows


def _cut(rows: Sequence[Table]) -> Iterator[Sequence[Table]]:
    start = 0
    for size in SIZES:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


async def _run(
    conn: Verbs,
    info: TableInfo[Any],
    kind: tuple[Any, ...],
    write: _Many,
    rows: Sequence[Table],
) -> int:
    plan = plans.kept(info, (conn.dialect.name, kind, len(rows)), conn.dialect, write)
    params: list[Any] = []
    short = len(rows) <= SHORT_ROWS
    for row in rows:
        values = plan.params(row)
        short = short and plan.is_short(values)
        params += values
    return (await conn._write(plan.text, params, short=short)).changed  # noqa: SLF001


class _Many:
    """A statement about several rows that are known by `columns`."""

    def __init__(self, info: TableInfo[Any], columns: tuple[Column[Any], ...], rows: int) -> None:
        self.info = info
        self.columns = columns
        self.rows = rows

    def sql(self, out: Compiler) -> None:
        raise NotImplementedError

    def _values(self, out: Compiler) -> None:
        out.text("(VALUES ")
        for row in range(self.rows):
            out.text(", (" if row else "(")
            for index, column in enumerate(self.columns):
                out.text(", " if index else "")
                out.bind(None, column.type)
            out.text(")")
        out.text(")")


class _Updating(_Many):
    def __init__(
        self, info: TableInfo[Any], columns: tuple[Column[Any], ...], written: int, rows: int
    ) -> None:
        super().__init__(info, columns, rows)
        self.written = written

    def sql(self, out: Compiler) -> None:
        given = [f'"given"."column{number + 1}"' for number in range(len(self.columns))]
        pairs = list(zip(self.columns, given, strict=True))
        sets = [f"{quoted(column.name)} = {value}" for column, value in pairs[: self.written]]
        sets += [f"{quoted(c.name)} = {c.qualified} + 1" for c in self.info.guard]
        out.text(f"UPDATE {quoted(self.info.name)} SET {', '.join(sets)} FROM ")
        self._values(out)
        known = [f"{column.qualified} = {value}" for column, value in pairs[self.written :]]
        out.text(f' AS "given" WHERE {" AND ".join(known)}')


class _Deleting(_Many):
    def __init__(self, info: TableInfo[Any], rows: int) -> None:
        super().__init__(info, info.primary_key, rows)

    def sql(self, out: Compiler) -> None:
        names = ", ".join(column.qualified for column in self.columns)
        out.text(f"DELETE FROM {quoted(self.info.name)} WHERE ({names}) IN ")
        self._values(out)
