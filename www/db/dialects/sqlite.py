"""The SQL of SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from www.db.compile import Compiler, Terms, quoted
from www.db.types import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from www.db.metadata import TableInfo
    from www.db.types import ColumnType


class SQLiteDialect:
    """Encoded values go to the driver as they are; full text is FTS5's."""

    __slots__ = ()
    name = "sqlite"
    no_limit = " LIMIT -1"
    explain = "EXPLAIN QUERY PLAN "
    places_nulls = False
    tells_rowid = True

    def compiler(self) -> Compiler:
        """Return a plain compiler: it writes `?`."""
        return Compiler(self)

    def encoder(self, kind: ColumnType) -> Callable[[Any], Any]:
        """Return the type's own `encode`."""
        return kind.encode

    def decoder(self, kind: ColumnType) -> Callable[[Any], Any] | None:
        """Return the type's own `decode`."""
        return kind.decode

    def stored(self, kind: ColumnType, value: Any) -> Any:  # noqa: ARG002 - it is that already
        """Return `value`: the driver gives what was stored."""
        return value

    def full_text_match(
        self, out: Compiler, info: TableInfo[Any], terms: Terms, *, prefix: bool
    ) -> None:
        """Append `table MATCH ?`; in FTS5's strings only the doubled quote is special."""
        written = ['"' + " ".join(term).replace('"', '""') + '"' for term in terms]
        out.text(f"{quoted(info.name)} MATCH ")
        out.bind(" ".join(written) + (" *" if prefix else ""), TEXT)

    def full_text_rank(
        self, out: Compiler, info: TableInfo[Any], weights: tuple[float, ...]
    ) -> None:
        """Append BM25; FTS5 counts better hits further below zero."""
        out.text(f"bm25({', '.join([quoted(info.name), *(repr(float(w)) for w in weights)])})")
