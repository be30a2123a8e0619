"""Rows of a table, some at a time, in the order of its key; and who is told how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from www.db.compile import quoted
from www.db.connection import Connection
from www.db.copying.values import Digest, compared, converted
from www.db.drivers.base import arrived
from www.db.errors import CopyError
from www.db.table import Table
from www.db.types import INTEGER

if TYPE_CHECKING:
    from www.db.column import Column
    from www.db.copying.values import Convert
    from www.db.metadata import TableInfo

T = TypeVar("T")
FIRST_ROWS, MOST_ROWS = 64, 4_000
PORTION_BYTES = 2 * 2**20  # more rows do not copy quicker, and several portions are in memory

Derive: TypeAlias = Callable[[Connection], AsyncIterator[Sequence[Table]]]
"""Makes the rows of a full text table anew, in the order of their keys: no database gives back the
words that were put in. It reads with the connection to the source."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a table holds: how many rows, and a checksum over all of them."""

    table: str
    rows: int
    checksum: str


class Watcher:
    """Is told how far the work is; this one takes no notice."""

    def begin(self, rows: int) -> None:
        """`rows` are to be dealt with in all; what is copied counts twice: it is read back."""

    def advance(self, rows: int) -> None:
        """Another `rows` have been."""

    def done(self, summary: Summary) -> None:
        """A table has been."""


class Portion:
    """Some rows, by columns, as the driver gave them."""

    __slots__ = ("_info", "_key_places", "columns", "rows", "values")

    def __init__(
        self, info: TableInfo[Any], columns: tuple[Column[Any], ...], rows: Sequence[Any]
    ) -> None:
        """Take at least one row."""
        self._info = info
        names = [column.name for column in columns]
        self._key_places = [names.index(column.name) for column in info.primary_key]
        self.columns = columns
        self.values: list[Sequence[Any]] = list(zip(*rows, strict=True))
        self.rows = len(rows)

    def key(self, number: int) -> tuple[Any, ...]:
        """Return the driver's values of a row's key."""
        return tuple(self.values[place][number] for place in self._key_places)

    def named(self, number: int) -> str:
        """Name a row by its key: `id=7`."""
        pairs = zip(self._info.primary_key, self.key(number), strict=True)
        return ", ".join(f"{column.name}={value!r:.80}" for column, value in pairs)

    def size_bytes(self) -> int:
        """Estimate what the values take, apart from those that are always small."""
        size = 64 * self.rows
        for values in self.values:
            first = next((value for value in values if value is not None), None)
            if isinstance(first, str | bytes):
                size += sum(map(len, filter(None, values)))
        return size

    def converted(
        self, converts: Sequence[Convert], values: Sequence[Sequence[Any]] | None = None
    ) -> list[Sequence[Any]]:
        """Convert each column of `values`; a CopyError names the row whose value is refused."""
        triples = zip(self.columns, converts, values or self.values, strict=True)
        return [
            converted(self._info, column, convert, some, self.named)
            for column, convert, some in triples
        ]


async def portions(
    conn: Connection, info: TableInfo[Any], columns: tuple[Column[Any], ...]
) -> AsyncIterator[Portion]:
    """Read a table in the order of its key; large rows come in smaller portions."""
    after: tuple[Any, ...] | None = None
    size = FIRST_ROWS
    while True:
        try:
            rows = await _read(conn, info, columns, after, size)
        except UnicodeDecodeError as err:  # SQLite takes any bytes for text
            if size > 1:
                size = 1
                continue
            where = "the first row" if after is None else f"the row behind {after[-1]!r:.80}"
            raise CopyError(f"table {info.name}, {where}: text that is not UTF-8") from err
        if not rows:
            return
        portion = Portion(info, columns, rows)
        yield portion
        if len(rows) < size:
            return
        after = portion.key(-1)
        fitting = PORTION_BYTES * portion.rows // portion.size_bytes()
        size = max(1, min(fitting, 2 * size, MOST_ROWS))


async def _read(
    conn: Connection,
    info: TableInfo[Any],
    columns: tuple[Column[Any], ...],
    after: tuple[Any, ...] | None,
    size: int,
) -> Sequence[Any]:
    out = conn.dialect.compiler()
    names = ", ".join(quoted(column.name) for column in columns)
    keys = ", ".join(quoted(column.name) for column in info.primary_key)
    out.text(f"SELECT {names} FROM {quoted(info.name)}")
    if after is not None:
        out.text(f" WHERE ({keys}) > (" if len(after) > 1 else f" WHERE {keys} > (")
        for number, (column, value) in enumerate(zip(info.primary_key, after, strict=True)):
            out.text(", " if number else "")
            out.bind(conn.dialect.stored(column.type, value), column.type)
        out.text(")")
    out.text(f" ORDER BY {keys} LIMIT ")
    out.bind(size, INTEGER)
    found = conn._read(*out.done())  # noqa: SLF001 - the driver's own values are wanted
    return await arrived(found)


async def ahead(source: AsyncIterator[T]) -> AsyncIterator[T]:
    """Yield what `source` yields, and let it make the next one meanwhile."""
    coming = asyncio.ensure_future(anext(source, None))
    try:
        while (item := await coming) is not None:
            coming = asyncio.ensure_future(anext(source, None))
            yield item
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await coming


def written_columns(info: TableInfo[Any]) -> tuple[Column[Any], ...]:
    """Return the columns that are copied: what the database makes of others, it makes there too."""
    return tuple(column for column in info.columns.values() if column.generated is None)


def shown_columns(info: TableInfo[Any]) -> tuple[Column[Any], ...]:
    """Return the columns that can be compared: of a full text table only the key can be read."""
    return info.primary_key if info.full_text else written_columns(info)


async def summarised(conn: Connection, info: TableInfo[Any], watcher: Watcher) -> Summary:
    """Read a whole table and return what is in it."""
    columns = shown_columns(info)
    converts = [compared(column.type, conn.dialect) for column in columns]
    digest = Digest()
    async for portion in ahead(portions(conn, info, columns)):
        digest.add(portion.converted(converts))
        watcher.advance(portion.rows)
    return Summary(info.name, digest.rows, digest.hex())
