"""From statement values to SQL text and parameters, in one walk.

Every node appends ready fragments and its bound values in the order of the text; nothing is looked
up twice, so that the walk costs about what building a cache key for it would.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from www.db.errors import StatementError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from www.db.expression import Expression
    from www.db.metadata import TableInfo
    from www.db.types import ColumnType

Terms = tuple[tuple[str, ...], ...]
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")
SEEN_MOST = 2_000
_COLUMN = re.compile(r'"([a-z0-9_]+)"\."([a-z0-9_]+)"\Z')
_seen: set[int] = set()  # hashes of texts whose columns were looked at


class Dialect(Protocol):
    """What differs between databases, as far as statements are concerned."""

    name: str
    no_limit: str  # in front of OFFSET where there is no LIMIT
    explain: str  # in front of a select
    tells_rowid: bool  # the driver knows the number of the last inserted row without RETURNING
    places_nulls: bool  # ORDER BY says where nulls go; SQLite has them below every value

    # What a function of Decimals is called; what is missing is the database's own.
    exact_names: Mapping[str, str]
    locks_rows: bool  # FOR UPDATE; SQLite has one writer instead
    arrays: bool  # many rows go as one array per column, else as a statement for each

    def compiler(self) -> Compiler:
        """Return what collects one statement."""
        ...

    def encoder(self, kind: ColumnType) -> Callable[[Any], Any]:
        """Return what turns a Python value into what the driver takes, or raises BadValue."""
        ...

    def decoder(self, kind: ColumnType) -> Callable[[Any], Any] | None:
        """Return what turns the driver's value into Python's; None if nothing is to be done."""
        ...

    def stored(self, kind: ColumnType, value: Any) -> Any:
        """Turn the driver's value into the form that `kind.encode` gives, as cursors hold it."""
        ...

    def date_part(self, out: Compiler, part: str, inner: Expression[Any]) -> None:
        """Append the number of the year, month ... of a date or time in UTC."""
        ...

    def clock(self, out: Compiler, kind: str) -> None:
        """Append the time (`datetime`, in milliseconds) or day (`date`) of the statement."""
        ...

    def json_path(self, out: Compiler, base: Node, path: tuple[str | int, ...]) -> None:
        """Append the JSON at `path` in `base`, null if there is none."""
        ...

    def json_value(
        self, out: Compiler, base: Node, path: tuple[str | int, ...], kind: ColumnType
    ) -> None:
        """Append the value at `path` in `base` if it is an int, float, str or bool as `kind`."""
        ...

    def full_text_match(
        self, out: Compiler, info: TableInfo[Any], terms: Terms, *, prefix: bool
    ) -> None:
        """Append the condition that a row of `info` holds every term."""
        ...

    def full_text_rank(
        self, out: Compiler, info: TableInfo[Any], weights: tuple[float, ...]
    ) -> None:
        """Append the expression that orders hits, the best first when ascending."""
        ...


class Node(Protocol):
    """Whatever can write itself as SQL."""

    def sql(self, out: Compiler) -> None:
        """Append text and parameters to `out`."""
        ...


class Compiled(NamedTuple):
    """SQL text and the values to bind, in order."""

    text: str
    params: tuple[Any, ...]


class Compiler:
    """Collects the fragments of one statement."""

    __slots__ = ("_parts", "ctes", "dialect", "outer", "params", "prepares", "scopes", "text")

    def __init__(self, dialect: Dialect) -> None:
        """Start empty."""
        self.dialect = dialect
        self.prepares = False  # values may be missing: they are told when it runs
        self._parts: list[str] = []
        # Appends a fragment as it is: never a value, never a name that is not a column's.
        self.text = self._parts.append
        self.params: list[Any] = []
        self.outer: tuple[str, ...] = ()  # tables whose rows may be missing: of left joins
        self.ctes: tuple[str, ...] = ()  # selects that WITH has named
        # The tables that each statement reads, the inner ones last; None: nobody looks at them.
        self.scopes: list[set[str]] | None = None

    def bind(self, value: Any, kind: ColumnType) -> None:  # noqa: ARG002 - other dialects need it
        """Append a placeholder and keep the value, which `kind` has encoded."""
        self.params.append(value)
        self._parts.append("?")

    def may_be_null(self, expression: Any) -> bool:
        """Tell whether `expression` (a column or any other) has no value in some rows."""
        table = getattr(expression, "table", None)
        return getattr(expression, "nullable", True) or table in self.outer

    def list(self, nodes: tuple[Node, ...], between: str) -> None:
        """Append nodes with `between` in the gaps."""
        for index, node in enumerate(nodes):
            if index:
                self._parts.append(between)
            node.sql(self)

    def look_at_columns(self) -> None:
        """Refuse columns of tables that the statement does not read."""
        self.scopes = []
        self.text = self._column_or_text

    def _column_or_text(self, fragment: str) -> None:
        if match := _COLUMN.match(fragment):
            self.require(match[1], f"{match[1]}.{match[2]} is a column of a table")
        self._parts.append(fragment)

    def require(self, table: str, what: str) -> None:
        """Refuse `what` belongs to `table`, unless that is read here or around."""
        if self.scopes and not any(table in scope for scope in self.scopes):
            known = " and ".join(sorted(self.scopes[-1]))
            message = f"{what} that this statement does not read: it reads {known or 'none'}"
            raise StatementError(f"{message}, join {table} to it")

    def done(self) -> Compiled:
        """Join what was collected."""
        return Compiled("".join(self._parts), tuple(self.params))


def compile_node(node: Node, dialect: Dialect, *, prepares: bool = False) -> Compiled:
    """Write `node` for `dialect`; a column of a table that it does not read is a StatementError."""
    out = dialect.compiler()
    out.prepares = prepares
    node.sql(out)
    compiled = out.done()
    if (shape := hash(compiled.text)) not in _seen:
        # Once per text, which costs 0.1 us; every time, it would be like writing it twice.
        out = dialect.compiler()
        out.prepares = prepares
        out.look_at_columns()
        node.sql(out)
        if len(_seen) >= SEEN_MOST:
            _seen.clear()
        _seen.add(shape)
    return compiled


def quoted(name: str) -> str:
    """Quote an identifier, as both databases do."""
    return '"' + name.replace('"', '""') + '"'


def checked_name(name: str, what: str) -> str:
    """Return a name that may stand in SQL text, or say what is wrong with it."""
    if not NAME.match(name):
        message = f"{name!r} cannot be {what}: write a-z, 0-9 and _, at most 63, no digit first"
        raise StatementError(message)
    return name
