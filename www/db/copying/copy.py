"""The copy itself: every table in one transaction, and read back before that commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from www.db.copying.places import count_rows, holding_rows, in_order
from www.db.copying.rows import (
    Portion,
    Summary,
    Watcher,
    ahead,
    portions,
    summarised,
    written_columns,
)
from www.db.copying.sides import newest_number, side
from www.db.copying.values import Digest, carried, compared, plain
from www.db.errors import BadValue, CopyError, DatabaseError, DefinitionError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from www.db.connection import Connection
    from www.db.copying.rows import Derive
    from www.db.metadata import TableInfo
    from www.db.table import Table

_SILENT = Watcher()


async def copy_tables(
    source: Connection,
    target: Connection,
    tables: Sequence[type[Table]],
    *,
    derived: Mapping[type[Table], Derive] | None = None,
    watcher: Watcher = _SILENT,
) -> list[Summary]:
    """Copy all rows with their keys; return what was copied, which the target holds just so.

    `source` is a read-only transaction, `target` one that nothing was done in, on a database with
    the same empty tables. `derived` makes the rows of full text tables. A CopyError says what is
    in the way; let it undo the target's transaction.
    """
    infos = in_order(tables)
    makers = _makers(infos, derived or {})
    there = side(target, infos)
    await there.prepare()
    await require_empty(target)
    counts = await count_rows(source, tables)
    watcher.begin(2 * sum(counts.values()))
    copied = []
    for info in infos:
        make = makers.get(info.name)
        copy = _Copy(source, target, info, watcher)
        copied.append(await (copy.rows() if make is None else copy.derived(make(source))))
        if make is None:
            await there.count_from(info, await newest_number(source, info))
    await there.finish()
    for summary, info in zip(copied, infos, strict=True):
        found = await summarised(target, info, watcher)
        if found != summary:
            raise CopyError(_differing(summary, found))
        watcher.done(found)
    return copied


async def require_empty(conn: Connection) -> None:
    """Raise a CopyError that names the tables that hold rows."""
    if names := await holding_rows(conn):
        message = f"the target is not empty, it has rows in {', '.join(names)}"
        raise CopyError(f"{message}: name a new, empty database")


def _makers(
    infos: Sequence[TableInfo[Any]], derived: Mapping[type[Table], Derive]
) -> dict[str, Derive]:
    makers = {table.info.name: make for table, make in derived.items()}
    for info in infos:
        if info.full_text and info.name not in makers:
            message = "no database gives back the words of a full text table"
            raise DefinitionError(f"{info.name}: {message}: say in `derived` how to make them")
    return makers


def _differing(summary: Summary, found: Summary) -> str:
    if found.rows != summary.rows:
        what = f"{summary.rows} rows were read and {found.rows} came back"
    else:
        what = "what came back differs from what was read"
    return f"table {summary.table}: {what}; nothing was kept"


class _Copy:
    """One table on its way."""

    def __init__(
        self, source: Connection, target: Connection, info: TableInfo[Any], watcher: Watcher
    ) -> None:
        self._source = source
        self._target = target
        self._info = info
        self._watcher = watcher

    async def rows(self) -> Summary:
        """Copy what the table holds."""
        info, here, there = self._info, self._source.dialect, self._target.dialect
        columns = written_columns(info)
        moves = [carried(column.type, here, there) for column in columns]
        # What goes into SQLite from elsewhere is in the form that is compared already, nearly.
        stored = here.name != there.name == "sqlite"
        checks = [
            plain(column.type) if stored else compared(column.type, here) for column in columns
        ]
        names = [column.name for column in columns]
        digest = Digest()
        async for portion in ahead(portions(self._source, info, columns)):
            moved = portion.converted(moves)
            digest.add(portion.converted(checks, moved if stored else portion.values))
            rows = list(zip(*moved, strict=True))
            await self._write(names, rows, portion)
            self._watcher.advance(portion.rows)
        return Summary(info.name, digest.rows, digest.hex())

    async def _write(
        self, names: Sequence[str], rows: Sequence[tuple[Any, ...]], portion: Portion
    ) -> None:
        """Write some rows; if they are refused, one after the other, to find which one it is."""
        try:
            async with self._target.transaction():
                await self._target.copy_in(self._info.name, names, rows)
        except (BadValue, IntegrityError) as err:
            for number, row in enumerate(rows):
                try:
                    await self._target.copy_in(self._info.name, names, [row])
                except DatabaseError as refused:
                    place = f"table {self._info.name}, row {portion.named(number)}"
                    raise CopyError(f"{place}: {refused}") from refused
            raise CopyError(f"table {self._info.name}: {err}") from err

    async def derived(self, made: AsyncIterator[Sequence[Table]]) -> Summary:
        """Write rows that were made anew, and sum up their keys."""
        keys = self._info.primary_key
        digest = Digest()
        async for rows in ahead(made):
            await self._target.insert_many(rows)
            digest.add([[key.type.encode(row[key.attribute]) for row in rows] for key in keys])
            self._watcher.advance(len(rows))
        return Summary(self._info.name, digest.rows, digest.hex())
