"""Many rows with few statements, all of them or none.

In two ways that mean the same: PostgreSQL takes arrays, which saves round trips; SQLite, which has
none, takes a statement for each row, or a hundred rows of one INSERT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from www.db import plans
from www.db.bulk import arrays, each
from www.db.errors import RowNotFound, StatementError, VersionConflict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from www.db.table import Table
    from www.db.verbs import Verbs


TableT = TypeVar("TableT", bound="Table")


async def insert(verbs: Verbs, rows: Sequence[Table], *, fill: bool) -> None:
    """Insert rows with the same columns; `fill` in what the database chose."""
    if verbs.dialect.arrays and rows[0]:
        await arrays.insert(verbs, rows, fill=fill)
    elif fill:
        await each.insert_filled(verbs, rows)
    else:
        await each.insert(verbs, rows)


async def update(verbs: Verbs, rows: Sequence[Table]) -> None:
    """Write what was assigned to each of the rows; one that is not as it was read is an error."""
    info = rows[0].info
    plans.require_keys(rows)
    groups = _assigned(rows)
    write = arrays.update if verbs.dialect.arrays else each.update
    async with verbs.transaction() as conn:
        for keys, group in groups.items():
            if await write(conn, keys, group) == len(group):
                continue
            if info.guard:
                message = f"a row of {info.name} was changed by somebody else; none is written"
                raise VersionConflict(message)
            raise RowNotFound(f"a row of {info.name} is gone or came twice; none is written")
    for keys, group in groups.items():
        for row in group:
            row.mark_written()
            for column in info.generated:  # nobody knows them now
                dict.pop(row, column.attribute, None)
        if verbs.written is not None:
            verbs.written += [(row, keys) for row in group]


def _assigned(rows: Sequence[Table]) -> dict[tuple[str, ...], list[Table]]:
    """Return the rows that have changed, by what was assigned in whatever order."""
    by_order: dict[tuple[str, ...], list[Table]] = {}
    for row in rows:
        by_order.setdefault(row.changed_keys(), []).append(row)
    by_order.pop((), None)
    groups: dict[tuple[str, ...], list[Table]] = {}
    for keys, group in by_order.items():
        groups.setdefault(tuple(sorted(keys)), []).extend(group)
    return groups


async def delete(verbs: Verbs, rows: Sequence[Table]) -> int:
    """Delete the rows; those that are gone already do not count."""
    plans.require_keys(rows)
    if verbs.dialect.arrays:
        return await arrays.delete(verbs, rows)
    return await each.delete(verbs, rows)


def of_one_table(rows: Iterable[TableT], verb: str) -> list[TableT]:
    """Return the rows as a list; a StatementError where they are not rows of one table."""
    found = rows if isinstance(rows, list) else list(rows)
    kinds: set[type] = set(map(type, found))
    if wrong := next((kind for kind in kinds if not hasattr(kind, "info")), None):
        message = f"{verb}() takes rows of a table, such as Blog(title='Hello'), not a"
        raise StatementError(f"{message} {wrong.__name__}")
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise StatementError(f"{verb}() takes rows of one table, got {names}: call it for each")
    return found
