"""The verbs that Engine and Connection share: the same words with and without a transaction."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from www.db import loading, plans, seen
from www.db.compile import Compiled, Dialect, compile_node
from www.db.drivers.base import Result
from www.db.errors import RowNotFound, StatementError, VersionConflict
from www.db.hydrate import maker, tuples
from www.db.statements import Delete, Insert, Select, Update
from www.db.statements.page import Keyset, Page
from www.db.statements.query import Query
from www.db.statements.select import Count
from www.db.table import Table

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable
    from contextlib import AbstractAsyncContextManager

    from www.db.connection import Connection
    from www.db.drivers.base import Params, Row, Soon
    from www.db.metadata import Maker, TableInfo
    from www.db.prepared import Prepared
    from www.db.seen import Observer
    from www.db.statements.base import Statement

STREAM_CHUNK_ROWS = 500
R = TypeVar("R")
T = TypeVar("T")
TupleT = TypeVar("TupleT", bound=tuple[Any, ...])
TableT = TypeVar("TableT", bound=Table)
_NESTED = "(SELECT"  # which may take as long as it likes
Change = Insert[R] | Update[R] | Delete[R]


class StoredRow(NamedTuple, Generic[TableT]):
    """The values of a row as the database gives them: `Verbs.stored`."""

    values: Row


class Verbs:
    """Runs statements through `_read` and `_write`, which the heirs provide."""

    in_transaction = False
    dialect: Dialect
    observers: list[Observer]
    written: list[tuple[Table, tuple[str, ...]]] | None = None  # what `repeat` may have to undo

    def _read(self, sql: str, params: Params) -> Soon[list[Row]]:
        raise NotImplementedError

    def _write(self, sql: str, params: Params, *, short: bool) -> Soon[Result]:
        raise NotImplementedError

    def _stream(self, sql: str, params: Params, chunk: int) -> AsyncGenerator[list[Row], None]:
        raise NotImplementedError

    def _names(self, sql: str) -> tuple[str, ...]:  # noqa: ARG002 - the heirs' use it
        """Return the names of the columns that `sql` gives, if its rows do not know them."""
        raise StatementError("raw() on a file of SQLite: use the engine itself")

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """Open a transaction, or a part of this one."""
        raise StatementError("a replica cannot change anything: use the engine itself")

    async def all(self, statement: Query[R] | Change[R]) -> list[R]:
        """Return every row; of a change, what its `returning` names."""
        if isinstance(statement, Select) and statement.related:
            return await loading.with_related(self, statement)
        if not (outputs := statement.outputs()):
            raise StatementError("this change gives no rows: say returning(...), or take run()")
        make = maker(statement.info, outputs, self.dialect)
        found = self._rows(statement)
        return make(found if isinstance(found, list) else await found)

    async def tuples(self, query: Query[Any, TupleT]) -> list[TupleT]:
        """Return every row as a tuple of its values: the quickest way to read many."""
        make: Maker[Any] = tuples(query.info, query.outputs(), self.dialect)
        found = self._rows(query)
        return make(found if isinstance(found, list) else await found)

    async def raw(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Run SQL text, with `?` for each value (`??` is a question mark); return rows as dicts.

        The way out for what the statements cannot say. Values are bound; nothing is decoded: what
        SQLite stores as text, such as a datetime, comes back as text.
        """
        from www.db import raw  # its patterns take 5 ms to compile, and few programs need them

        text, params = raw.compiled(sql, values, self.dialect)
        if raw.reads_only(sql):
            found = self._read(text, params)
            rows = found if isinstance(found, list) else await found
        else:
            rows = (await self._written(text, params, short=False)).rows
        if not rows:
            return []
        keys = getattr(rows[0], "keys", None)  # asyncpg's rows know them
        names = self._names(text) if keys is None else tuple(keys())
        return [dict(zip(names, row, strict=True)) for row in rows]

    async def first(self, select: Query[R]) -> R | None:
        """Return the first row or None."""
        rows = await self.all(select.at_most(1))
        return rows[0] if rows else None

    async def one(self, select: Query[R]) -> R:
        """Return the first row; none is a RowNotFound."""
        if (row := await self.first(select)) is None:
            raise RowNotFound(f"no row of {select.info.name} meets the conditions")
        return row

    async def get(self, table: type[TableT], *key: Any) -> TableT | None:
        """Return the row with that primary key or None."""
        found = self._by_key(table, key)
        if not isinstance(found, list):
            found = await found
        rows: list[TableT] = maker(table.info, table.info.whole, self.dialect)(found)
        return rows[0] if rows else None

    async def stored(self, table: type[TableT], *key: Any) -> StoredRow[TableT] | None:
        """Return the row with that primary key as the database has it, or None.

        Two that are equal are the same row, unchanged, and to compare them costs less than to
        decode one: what was worked out from a row can be kept for as long as the row stays.
        """
        found = self._by_key(table, key)
        if not isinstance(found, list):
            found = await found
        return StoredRow(found[0]) if found else None

    def decoded(self, table: type[TableT], stored: StoredRow[TableT]) -> TableT:
        """Return the row of `table` that was `stored`."""
        row: TableT = maker(table.info, table.info.whole, self.dialect)([stored.values])[0]
        return row

    def _by_key(self, table: type[TableT], key: tuple[Any, ...]) -> Soon[list[Row]]:
        info = table.info
        plan = plans.get(info, self.dialect)
        return self._read(plan.text, plan.key(info, key))

    async def prepared(self, prepared: Prepared[R], **values: Any) -> list[R]:
        """Return every row of a select that was written once, for these values."""
        written = prepared.written(self.dialect)
        found = self._read(written.text, written.params(values))
        return written.make(found if isinstance(found, list) else await found)

    async def scalars(self, select: Query[Any, tuple[T, *tuple[Any, ...]]]) -> list[T]:
        """Return the first selected column of every row."""
        decode = self.dialect.decoder(select.outputs()[0].type)
        answer = self._rows(select)
        rows = answer if isinstance(answer, list) else await answer
        if decode is None:
            return [values[0] for values in rows]
        found: list[Any] = [None if values[0] is None else decode(values[0]) for values in rows]
        return found

    async def scalar(self, select: Query[Any, tuple[T, *tuple[Any, ...]]]) -> T | None:
        """Return the first selected column of the first row; None if there is no row."""
        values = await self.scalars(select.at_most(1))
        return values[0] if values else None

    async def count(self, select: Query[Any]) -> int:
        """Return how many rows `select` has."""
        found = self._read(*compile_node(Count(select), self.dialect))
        return int((found if isinstance(found, list) else await found)[0][0])

    async def exists(self, select: Query[Any]) -> bool:
        """Tell whether `select` has a row."""
        found = self._rows(select.at_most(1))
        return bool(found if isinstance(found, list) else await found)

    async def page(self, select: Select[R], *, after: str | None = None, size: int) -> Page[R]:
        """Return `size` rows behind the cursor `after`; a bad cursor is an InvalidCursor."""
        keyset = Keyset(select, after, size, self.dialect)
        extended, places = loading.prepared(keyset.select)
        found = self._rows(extended)
        rows = found if isinstance(found, list) else await found
        page = keyset.page(rows)
        if select.related:
            await loading.fill(self, select.related, page.rows, rows, places)
        return page

    async def stream(
        self, select: Query[R], chunk: int = STREAM_CHUNK_ROWS
    ) -> AsyncGenerator[R, None]:
        """Yield the rows one by one, as they are when it begins; memory holds one chunk of them.

        In a transaction other statements may run between two rows.
        """
        if chunk < 1:
            raise StatementError(f"stream(chunk=...) takes a number of rows from 1, got {chunk!r}")
        if isinstance(select, Select) and select.related:
            raise StatementError("stream() reads no related rows: take page() or all()")
        make = maker(select.info, select.outputs(), self.dialect)
        text, params = self._compiled(select)
        stream = self._stream(text, params, chunk)
        if self.observers:
            stream = seen.stream(self.observers, text, params, stream)
        async with aclosing(stream) as chunks:
            async for rows in chunks:
                for row in make(rows):
                    yield row

    async def run(self, change: Change[Any]) -> int:
        """Run a change and return how many rows it touched."""
        if isinstance(change, Query):
            raise StatementError("run() takes a change: a select gives rows, take all()")
        text, params = compile_node(change, self.dialect)
        short = change.is_short() and _NESTED not in text
        return (await self._written(text, params, short=short)).changed

    async def insert(self, row: TableT) -> TableT:
        """Insert `row` and fill in what the database chose, such as its id."""
        info = _info_of(row)
        plan = plans.insert(info, tuple(row), self.dialect)
        params = plan.params(row)
        result = self._write(plan.text, params, short=plan.prompt or plan.is_short(params))
        if not isinstance(result, Result):
            result = await result
        if plan.generated:
            if result.rows:
                for (key, decode), value in zip(plan.fills, result.rows[0], strict=True):
                    made = value if decode is None or value is None else decode(value)
                    dict.__setitem__(row, key, made)
            else:
                dict.__setitem__(row, plan.generated[0].attribute, result.row_id)
        row.mark_stored()
        return row

    async def insert_many(self, rows: Iterable[TableT], *, fill: bool = False) -> int:
        """Insert rows of one table with the same columns: all of them or none. Returns how many.

        With `fill`, what the database chose (ids, say) is filled in, as `insert` does.
        """
        from www.db import bulk

        if not (rows := bulk.of_one_table(rows, "insert_many")):
            return 0
        columns = len(rows[0])
        for row in rows:
            if len(row) != columns:
                message = f"the rows of one insert must have the same columns: {list(row)}"
                raise StatementError(message)
        await bulk.insert(self, rows, fill=fill)
        for row in rows if fill else ():
            row.mark_stored()
        return len(rows)

    async def update(self, row: Table) -> None:
        """Write the columns assigned since `row` was read; a version column guards them.

        Raises VersionConflict if somebody else was quicker, RowNotFound if the row is gone,
        StatementError if it was never inserted.
        """
        info = _info_of(row)
        keys = row.changed_keys()
        if not keys:
            plans.require_keys([row])
            return
        plan = plans.update(info, keys, self.dialect)
        params = plan.params(row)
        result = self._write(plan.text, params, short=plan.prompt or plan.is_short(params))
        if not isinstance(result, Result):
            result = await result
        if not result.changed:
            if info.guard:
                raise VersionConflict(f"the row of {info.name} was changed by somebody else")
            raise RowNotFound(f"the row of {info.name} is gone")
        if plan.generated:
            dict.update(row, maker(info, plan.generated, self.dialect)(result.rows)[0])
        row.mark_written()
        if self.written is not None:
            self.written.append((row, keys))

    async def update_many(self, rows: Iterable[Table]) -> None:
        """Like `update` for many rows of one table, in few statements: all of them or none.

        Raises VersionConflict or RowNotFound as `update` does.
        """
        from www.db import bulk

        if rows := bulk.of_one_table(rows, "update_many"):
            await bulk.update(self, rows)

    async def delete_many(self, rows: Iterable[Table]) -> int:
        """Delete rows of one table, in few statements. Returns how many there still were."""
        from www.db import bulk

        rows = bulk.of_one_table(rows, "delete_many")
        return await bulk.delete(self, rows) if rows else 0

    async def delete(self, row: Table) -> bool:
        """Delete `row`; False if it was gone already. A StatementError if it was never inserted."""
        plan = plans.delete(_info_of(row), self.dialect)
        params = plan.params(row)
        short = plan.prompt or plan.is_short(params)
        return bool((await self._written(plan.text, params, short=short)).changed)

    async def explain(self, select: Query[Any]) -> list[str]:
        """Return the database's plan for `select`, a step a line."""
        text, params = compile_node(select, self.dialect)
        found = self._read(self.dialect.explain + text, params)
        return [str(row[-1]) for row in (found if isinstance(found, list) else await found)]

    def _rows(self, statement: Statement[Any]) -> Soon[list[Row]]:
        text, params = self._compiled(statement)
        if isinstance(statement, Query):
            return self._read(text, params)
        return self._returned(text, params, short=statement.is_short() and _NESTED not in text)

    def _compiled(self, statement: Statement[Any]) -> Compiled:
        if statement.locks and not self.in_transaction:
            message = "for_update() outside of a transaction keeps nothing: "
            raise StatementError(message + "`async with engine.transaction() as conn`")
        return compile_node(statement, self.dialect)

    async def _returned(self, text: str, params: Params, *, short: bool) -> list[Row]:
        return (await self._written(text, params, short=short)).rows

    async def _written(self, text: str, params: Params, *, short: bool) -> Result:
        result = self._write(text, params, short=short)
        return result if isinstance(result, Result) else await result


def _info_of(row: Table) -> TableInfo[Any]:
    try:
        return row.info
    except AttributeError:
        message = "this verb takes a row of a table, such as Blog(title='Hello'), not a"
        raise StatementError(f"{message} {type(row).__name__}") from None
