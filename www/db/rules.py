"""What an expression in a schema may be: it looks at its own row and at nothing else.

Of a generated column, an index, a check, a server default; found when the class is made, with a
message that names class and column. Other mistakes are found by `www.db.definitions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from www.db.column import MISSING, Column
from www.db.compile import NAME
from www.db.errors import BadValue, DefinitionError
from www.db.expression import Expression, Label, Ordering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from www.db.metadata import TableInfo
    from www.db.types import ColumnType

_SCOPES = {
    "rows": "it looks at other rows",
    "moment": "it changes with time",
}


def check(cls: type, info: TableInfo[Any]) -> None:
    """Raise a DefinitionError for the first thing that is wrong with columns, indexes, checks."""
    for column in info.columns.values():
        where = f"{cls.__name__}.{column.attribute}"
        for problem in _of_column(cls, info, column):
            raise DefinitionError(f"{where}: {problem}")
    named: list[tuple[str, tuple[Any, ...]]] = [
        *((index.full_name(info.name), (*index.terms, index.where)) for index in info.indexes),
        *((check.name, (check.condition,)) for check in info.checks),
    ]
    for name, parts in named:
        for problem in _of_named(cls, info, name, parts):
            raise DefinitionError(f"{cls.__name__}.{name}: {problem}")


def _of_column(cls: type, info: TableInfo[Any], column: Column[Any]) -> Iterator[str]:
    if info.full_text and column.is_filled():
        yield "a full text table holds words only: no server_default, not generated"
    if not column.stored and column.generated is None:
        yield "stored=False is for generated columns"
    if column.generated is not None:
        yield from _of_generated(cls, info, column)
    elif column.server_default is not MISSING:
        yield from _of_server_default(cls, info, column)


def _of_server_default(cls: type, info: TableInfo[Any], column: Column[Any]) -> Iterator[str]:
    given = column.server_default
    if column.default is not MISSING:
        yield "default and server_default are one too many: the row brings a value, or the database"
    if column.autoincrement:
        yield "autoincrement gives it its value: no server_default"
    if given is None:
        yield "server_default=None says nothing: nullable=True does"
    elif callable(given):
        yield "the database cannot call a function: default=... is called when a row is made"
    elif isinstance(given, Expression):
        yield from _of_value(cls, info, given, "server_default", clock=True)
        if any(isinstance(node, Column) for node in inside(given)):
            yield "a server_default knows no other column: generated=... does"
        yield from _of_type(column, given, "server_default")
    else:
        try:
            column.type.encode(given)
        except BadValue as err:
            yield f"server_default: {err}"


def _of_generated(cls: type, info: TableInfo[Any], column: Column[Any]) -> Iterator[str]:
    if not isinstance(column.generated, Expression):
        yield f"generated takes an expression over other columns, got {column.generated!r}"
        return
    for word in ("primary_key", "autoincrement", "version", "max_length"):
        if getattr(column, word):
            yield f"a generated column cannot have {word}"
    for word in ("default", "server_default"):
        if getattr(column, word) is not MISSING:
            yield f"a generated column has no {word}: nobody writes it"
    if "set null" in {column.on_delete, column.on_update}:
        yield "a generated column cannot be set to null"
    yield from _of_value(cls, info, column.generated, "generated")
    for node in inside(column.generated):
        if isinstance(node, Column) and info.columns[node.attribute].generated is not None:
            yield f"it is generated from {node.attribute}, which is generated itself"
    yield from _of_type(column, column.generated, "generated")


def _of_named(cls: type, info: TableInfo[Any], name: str, parts: tuple[Any, ...]) -> Iterator[str]:
    if not NAME.match(name):
        yield f"{name!r} is no name for an index or a check: a-z, 0-9 and _, at most 63"
    if not parts or parts[0] is None:
        yield "an index needs a column"
    for part in parts:
        if part is not None and not isinstance(part, Expression | Ordering):
            yield f"takes columns and expressions, got {part!r}"
        yield from _of_value(cls, info, part, "it")


def _of_value(
    cls: type, info: TableInfo[Any], value: object, word: str, *, clock: bool = False
) -> Iterator[str]:
    known = {base.info.name for base in cls.__mro__ if hasattr(base, "info")} | {info.name, ""}
    for node in inside(value):
        if isinstance(node, Column):
            if node.table not in known or node.attribute not in info.columns:
                yield f"{word} looks at {node!r}, which is no column of this table"
        elif isinstance(node, Label):
            yield f"{word} has a label, which belongs into a select"
        elif (why := _SCOPES.get(getattr(node, "scope", ""))) and not (
            clock and node.scope == "moment"
        ):
            yield f"{word} cannot be this expression: {why}"


def _of_type(column: Column[Any], given: Expression[Any], word: str) -> Iterator[str]:
    if _form(column.type) != _form(given.type):
        yield f"{word} is a {given.type.name}, the column a {column.type.name}"


def _form(kind: ColumnType) -> tuple[type, str]:
    """What the databases make of a type; how many digits a Decimal has is not part of it."""
    return kind.storage, kind.native.sql.partition("(")[0] if kind.native else ""


def inside(value: object) -> Iterator[Any]:
    """Yield the nodes of an expression, from the outside in."""
    if isinstance(value, tuple):
        for item in value:
            yield from inside(item)
    elif isinstance(value, Expression | Ordering):
        yield value
        if isinstance(value, Column):
            return
        for kind in type(value).__mro__:
            for slot in vars(kind).get("__slots__", ()):
                yield from inside(getattr(value, slot, None))
