"""The verbs that Engine and Connection share: the same words with and without a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from www.db.compile import Compiled, Dialect, compile_node
from www.db.errors import RowNotFound, StatementError, VersionConflict
from www.db.statements import Delete, Insert, Select, Update
from www.db.statements.page import Keyset, Page
from www.db.statements.select import Count
from www.db.table import Table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from www.db.drivers.base import Result, Row
    from www.db.statements.base import Statement

R = TypeVar("R")
TableT = TypeVar("TableT", bound=Table)
Change = Insert[R] | Update[R] | Delete[R]
# SQLite takes 32,766 bound values in one statement; a tenth of that keeps statements small.
BOUND_VALUES_MOST = 3_000


class Verbs:
    """Runs statements through `_read` and `_write`, which the heirs provide."""

    dialect: Dialect

    async def _read(self, compiled: Compiled) -> list[Row]:
        raise NotImplementedError

    async def _write(self, compiled: Compiled, *, short: bool) -> Result:
        raise NotImplementedError

    async def all(self, statement: Select[R] | Insert[R] | Update[R]) -> list[R]:
        """Return every row; of a change, what its `returning` names."""
        make = statement.factory(self.dialect)
        return [make(values) for values in await self._rows(statement)]

    async def first(self, select: Select[R]) -> R | None:
        """Return the first row or None."""
        rows = await self.all(select.limit(1))
        return rows[0] if rows else None

    async def one(self, select: Select[R]) -> R:
        """Return the first row; none is a RowNotFound."""
        if (row := await self.first(select)) is None:
            raise RowNotFound(f"no row of {select.info.name} meets the conditions")
        return row

    async def get(self, table: type[TableT], *key: Any) -> TableT | None:
        """Return the row with that primary key or None."""
        columns = table.info.primary_key
        if len(columns) != len(key):
            names = ", ".join(column.attribute for column in columns)
            raise StatementError(f"the primary key of {table.__name__} is ({names}), got {key}")
        conditions = (column == value for column, value in zip(columns, key, strict=True))
        return await self.first(table.select().where(*conditions))

    async def scalars(self, select: Select[Any]) -> list[Any]:
        """Return the first selected column of every row."""
        decode = self.dialect.decoder(select.outputs()[0].type)
        rows = await self._rows(select)
        if decode is None:
            return [values[0] for values in rows]
        return [None if values[0] is None else decode(values[0]) for values in rows]

    async def scalar(self, select: Select[Any]) -> Any:
        """Return the first selected column of the first row; None if there is no row."""
        values = await self.scalars(select.limit(1))
        return values[0] if values else None

    async def count(self, select: Select[Any]) -> int:
        """Return how many rows `select` has."""
        rows = await self._read(compile_node(Count(select), self.dialect))
        return int(rows[0][0])

    async def exists(self, select: Select[Any]) -> bool:
        """Tell whether `select` has a row."""
        return bool(await self._rows(select.limit(1)))

    async def page(self, select: Select[R], *, after: str | None = None, size: int) -> Page[R]:
        """Return `size` rows behind the cursor `after`; a bad cursor is an InvalidCursor."""
        keyset = Keyset(select, after, size, self.dialect)
        return keyset.page(await self._rows(keyset.select))

    async def run(self, change: Change[Any]) -> int:
        """Run a change and return how many rows it touched."""
        compiled = compile_node(change, self.dialect)
        return (await self._write(compiled, short=change.is_short())).changed

    async def insert(self, row: TableT) -> TableT:
        """Insert `row` and fill in what the database chose, such as its id."""
        statement = type(row).insert(row)
        statement = statement.returning(*statement.missing()) if statement.missing() else statement
        for made in await self.all(statement):
            dict.update(row, made)
        row.mark_stored()
        return row

    async def insert_many(self, rows: Sequence[TableT]) -> int:
        """Insert rows of one table in as few statements as fit; returns how many."""
        if not rows:
            return 0
        most = max(1, BOUND_VALUES_MOST // max(1, len(rows[0])))
        for start in range(0, len(rows), most):
            await self.run(type(rows[0]).insert(*rows[start : start + most]))
        return len(rows)

    async def update(self, row: Table) -> None:
        """Write the columns assigned since `row` was read; a version column guards them.

        Raises VersionConflict if somebody else was quicker, RowNotFound if the row is gone.
        """
        changes = row.changed()
        if not changes:
            return
        guard = row.info.guard
        conditions = [column == row[column.attribute] for column in (*row.info.primary_key, *guard)]
        changes |= {column.attribute: row[column.attribute] + 1 for column in guard}
        statement = Update(row.info, changes).where(*conditions)
        if not await self.run(statement):
            if guard:
                raise VersionConflict(f"the row of {row.info.name} was changed by somebody else")
            raise RowNotFound(f"the row of {row.info.name} is gone")
        dict.update(row, changes)
        row.mark_stored()

    async def delete(self, row: Table) -> bool:
        """Delete `row`; False if it was gone already."""
        conditions = (column == row[column.attribute] for column in row.info.primary_key)
        return bool(await self.run(Delete(row.info).where(*conditions)))

    async def explain(self, select: Select[Any]) -> list[str]:
        """Return the database's plan for `select`, a step a line."""
        compiled = compile_node(select, self.dialect)
        rows = await self._read(Compiled(self.dialect.explain + compiled.text, compiled.params))
        return [str(row[-1]) for row in rows]

    async def _rows(self, statement: Statement[Any]) -> list[Row]:
        compiled = compile_node(statement, self.dialect)
        if isinstance(statement, Select):
            return await self._read(compiled)
        return (await self._write(compiled, short=statement.is_short())).rows


async def rows_of(
    chunks: AsyncIterator[list[Row]], select: Select[R], dialect: Dialect
) -> AsyncIterator[R]:
    """Make rows of a stream of chunks."""
    make = select.factory(dialect)
    async for chunk in chunks:
        for values in chunk:
            yield make(values)
