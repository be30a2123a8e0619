"""The SQL of PostgreSQL.

Every placeholder carries its type (`$1::int8`), so that nothing depends on what the server would
infer. An encoded value is turned into what the driver takes while the statement is written.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from www.db.compile import Compiler, Terms, quoted
from www.db.errors import StatementError
from www.db.types import TEXT, Native

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from www.db.compile import Dialect, Node
    from www.db.expression import Expression
    from www.db.metadata import TableInfo
    from www.db.types import ColumnType

_PLAIN: Final[dict[type, Native]] = {
    int: Native("BIGINT"),
    float: Native("DOUBLE PRECISION"),
    str: Native("TEXT"),
    bytes: Native("BYTEA"),
}


_JSON_VALUES: Final[dict[type, str]] = {
    int: "CASE jsonb_typeof(j) WHEN 'number' THEN CASE WHEN scale(j::NUMERIC) = 0 AND j::NUMERIC "
    "BETWEEN -9223372036854775808 AND 9223372036854775807 THEN j::BIGINT END END",
    float: "CASE jsonb_typeof(j) WHEN 'number' THEN j::DOUBLE PRECISION END",
    str: "CASE jsonb_typeof(j) WHEN 'string' THEN j #>> '{}' END",
    bool: "CASE jsonb_typeof(j) WHEN 'boolean' THEN j::BOOLEAN END",
}


_CLOCKS: Final = {
    "datetime": "date_trunc('milliseconds', statement_timestamp())",
    "date": "CAST(statement_timestamp() AT TIME ZONE 'UTC' AS DATE)",
}


def native(kind: ColumnType) -> Native:
    """Return how PostgreSQL has values of `kind`."""
    return kind.native or _PLAIN[kind.storage]


class PostgresCompiler(Compiler):
    """Writes numbered, typed placeholders and remembers what was searched for, to rank by it."""

    __slots__ = ("matches",)

    def __init__(self, dialect: Dialect) -> None:
        """Start empty."""
        super().__init__(dialect)
        self.matches: dict[str, list[str]] = {}

    def bind(self, value: Any, kind: ColumnType) -> None:
        """Append a placeholder and keep the value as the driver takes it."""
        form = kind.native or _PLAIN[kind.storage]
        if form.bind is not None and value is not None:
            value = form.bind(value)
        self.params.append(value)
        number = len(self.params)
        if form.before:
            self._parts.append(f"{form.before}${number}{form.after}")
        else:
            self._parts.append(f"${number}::{form.sql}")


class PostgresDialect:
    """Values go in their own types; full text is a tsvector per column, with weights A, B, C."""

    __slots__ = ()
    name = "postgres"
    no_limit = ""
    explain = "EXPLAIN "
    places_nulls = True
    tells_rowid = False
    locks_rows = True
    arrays = True
    exact_names: Mapping[str, str] = MappingProxyType({})  # NUMERIC has operators

    def compiler(self) -> Compiler:
        """Return a compiler that writes `$1`."""
        return PostgresCompiler(self)

    def encoder(self, kind: ColumnType) -> Callable[[Any], Any]:
        """Return the type's own `encode`, followed by what the driver wants instead."""
        bind, encode = native(kind).bind, kind.encode
        if bind is None:
            return encode
        return lambda value: bind(encode(value))

    def decoder(self, kind: ColumnType) -> Callable[[Any], Any] | None:
        """Return what is left to do behind the driver."""
        return kind.decode if kind.native is None else kind.native.fetch

    def stored(self, kind: ColumnType, value: Any) -> Any:
        """Return what SQLite would have stored."""
        if value is None or kind.native is None:
            return value
        return kind.encode(value if kind.native.fetch is None else kind.native.fetch(value))

    def date_part(self, out: Compiler, part: str, inner: Expression[Any]) -> None:
        """Append the server's date_part; with a zone, because an index takes no setting's."""
        zone = " AT TIME ZONE 'UTC'" if inner.type.name == "datetime" else ""
        out.text(f"CAST(trunc(date_part('{part}', ")
        inner.sql(out)
        out.text(f"{zone})) AS BIGINT)")

    def clock(self, out: Compiler, kind: str) -> None:
        """Append the time of the statement; the transaction's may be long past."""
        out.text(_CLOCKS[kind])

    def json_path(self, out: Compiler, base: Node, path: tuple[str | int, ...]) -> None:
        """Append `base #> ARRAY[path]`."""
        out.text("(")
        base.sql(out)
        out.text(" #> ARRAY[")
        for index, key in enumerate(path):
            out.text(", " if index else "")
            out.bind(str(key), TEXT)
        out.text("])")

    def json_value(
        self, out: Compiler, base: Node, path: tuple[str | int, ...], kind: ColumnType
    ) -> None:
        """Append a CASE of the type found, taken once: a SELECT without FROM."""
        out.text(f"(SELECT {_JSON_VALUES[kind.python]} FROM (SELECT ")
        self.json_path(out, base, path)
        out.text(" AS j) AS found)")

    def full_text_match(
        self, out: Compiler, info: TableInfo[Any], terms: Terms, *, prefix: bool
    ) -> None:
        """Append `words @@ query`, in which every token is quoted."""
        written = [_query(term, prefix=False) for term in terms[:-1]]
        written.append(_query(terms[-1], prefix=prefix))
        out.text(f"({words(info)} @@ ")
        out.bind(" & ".join(written), TEXT)
        out.text("::tsquery)")
        if isinstance(out, PostgresCompiler):
            query = f"${len(out.params)}::text::tsquery"
            out.matches.setdefault(info.name, []).append(query)

    def full_text_rank(
        self, out: Compiler, info: TableInfo[Any], weights: tuple[float, ...]
    ) -> None:
        """Append ts_rank below zero, so that smaller is better as with BM25."""
        queries = out.matches.get(info.name) if isinstance(out, PostgresCompiler) else None
        if not queries:
            raise StatementError("rank() needs a match() in front of it: order by it")
        first, second, third = (*weights, 1.0, 1.0, 1.0)[:3]
        most = max(*weights, 1.0)
        labels = [(weights or (1.0,))[-1], third, second, first]  # D, C, B, A
        numbers = ", ".join(repr(max(0.0, float(weight) / most)) for weight in labels)
        query = " && ".join(queries)
        # 1: divided by one and the logarithm of the text's length, as BM25 does in its way.
        out.text(f"(-ts_rank(ARRAY[{numbers}]::float4[], {words(info)}, {query}, 1))")


def words(info: TableInfo[Any]) -> str:
    """Return the expression over which a full text table is searched and indexed."""
    table = quoted(info.name)
    columns = (column for column in info.columns.values() if not column.primary_key)
    return "(" + " || ".join(f"{table}.{quoted(column.name)}" for column in columns) + ")"


def _query(term: tuple[str, ...], *, prefix: bool) -> str:
    tokens = ["'" + token.replace("\\", "\\\\").replace("'", "''") + "'" for token in term]
    star = ":*" if prefix else ""
    phrase = " <-> ".join(tokens) + star
    if len(tokens) == 1:
        return phrase
    # Words so far behind that they have no place of their own are found without their neighbours.
    far = " & ".join(f"{token}:D" for token in tokens[:-1]) + f" & {tokens[-1]}:{star[1:]}D"
    return f"(({phrase}) | ({far}))"
