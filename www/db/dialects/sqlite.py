"""The SQL of SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from www.db.compile import Compiler, Terms, quoted
from www.db.types import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from www.db.compile import Node
    from www.db.expression import Expression
    from www.db.metadata import TableInfo
    from www.db.types import ColumnType


_PLACES: Final = {
    "year": "1, 4", "month": "6, 2", "day": "9, 2",
    "hour": "12, 2", "minute": "15, 2", "second": "18, 2",
}  # fmt: skip
_JSON_TYPES: Final[dict[type, tuple[str, ...]]] = {
    int: ("integer",), float: ("integer", "real"), str: ("text",),
}  # fmt: skip

_CLOCKS: Final = {
    "datetime": "strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')",
    "date": "date('now')",
}
_EXACT_NAMES: Final = {
    "+": "exact_add", "-": "exact_sub", "*": "exact_mul", "numeric": "exact",
    "float": "exact_float", "abs": "exact_abs", "fit": "exact_fit",
    "sum": "exact_sum", "avg": "exact_average",
}  # fmt: skip


def _json_path(path: tuple[str | int, ...]) -> str:
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f'."{key}"' for key in path)


class SQLiteDialect:
    """Encoded values go to the driver as they are; full text is FTS5's."""

    __slots__ = ()
    name = "sqlite"
    no_limit = " LIMIT -1"
    explain = "EXPLAIN QUERY PLAN "
    places_nulls = False
    tells_rowid = True
    locks_rows = False
    arrays = False
    exact_names: Mapping[str, str] = _EXACT_NAMES

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

    def date_part(self, out: Compiler, part: str, inner: Expression[Any]) -> None:
        """Append a piece of the text that a date or time is."""
        out.text("CAST(substr(")
        inner.sql(out)
        out.text(f", {_PLACES[part]}) AS INTEGER)")

    def clock(self, out: Compiler, kind: str) -> None:
        """Append the text that a time or day is stored as."""
        out.text(_CLOCKS[kind])

    def json_path(self, out: Compiler, base: Node, path: tuple[str | int, ...]) -> None:
        """Append `base -> path`."""
        base.sql(out)
        out.text(" -> ")
        out.bind(_json_path(path), TEXT)

    def json_value(
        self, out: Compiler, base: Node, path: tuple[str | int, ...], kind: ColumnType
    ) -> None:
        """Append a CASE of the type found."""
        out.text("CASE json_type(")
        base.sql(out)
        out.text(", ")
        out.bind(_json_path(path), TEXT)
        if kind.python is bool:
            out.text(") WHEN 'true' THEN 1 WHEN 'false' THEN 0 END")
            return
        out.text(")")
        for name in _JSON_TYPES[kind.python]:
            out.text(
                f" WHEN '{name}' THEN CAST(" if kind.python is float else f" WHEN '{name}' THEN ("
            )
            base.sql(out)
            out.text(" ->> ")
            out.bind(_json_path(path), TEXT)
            out.text(" AS REAL)" if kind.python is float else ")")
        out.text(" END")

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
