"""The statements behind the verbs for one row: written once per table and columns, then only bound.

`insert(row)`, `update(row)`, `delete(row)` and `get(table, key)` always have the same text for the
same columns, so building and compiling a statement each time would cost more than running it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from www.db.compile import compile_node
from www.db.errors import BadValue, StatementError
from www.db.expression import Bound, Literal
from www.db.statements import Delete, Insert, Select, Update
from www.db.statements.assign import SHORT_VALUE_BYTES, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from www.db.column import Column
    from www.db.compile import Dialect
    from www.db.expression import Expression
    from www.db.metadata import TableInfo
    from www.db.statements.base import Conditional
    from www.db.statements.many import Many
    from www.db.table import Table

R = TypeVar("R")
PLANS_MOST = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """SQL text, and the function that takes its parameters out of a row."""

    text: str
    columns: tuple[Column[Any], ...]
    read: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    read_key: Callable[..., tuple[Any, ...]]  # the same with the values themselves
    generated: tuple[Column[Any], ...] = ()  # filled by the database, and returned
    fills: tuple[tuple[str, Any], ...] = ()  # their keys, and what decodes their values
    unbounded: tuple[int, ...] = ()  # places of values that may be long
    cascades: bool = False  # rows of other tables may change with this one
    prompt: bool = field(init=False)  # no row at all can take a millisecond

    def __post_init__(self) -> None:
        """Write down what every run asks."""
        object.__setattr__(self, "prompt", not (self.unbounded or self.cascades))

    def params(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the encoded values; a BadValue names its column."""
        try:
            return self.read(row)
        except BadValue:
            for column in self.columns:
                encode(column, row[column.attribute])
            raise
        except KeyError as err:
            message = f"the row has no {err.args[0]!r}: select it, or insert the row first"
            raise StatementError(message) from err

    def key(self, info: TableInfo[Any], key: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the encoded values of a primary key; a BadValue names its column."""
        try:
            return self.read_key(*key)
        except (BadValue, TypeError):
            return self.params(key_of(info, key))

    def is_short(self, params: Sequence[Any]) -> bool:
        """Tell whether this cannot take a millisecond: no long value, no other rows."""
        if self.cascades:
            return False
        return not any(len(params[at] or "") > SHORT_VALUE_BYTES for at in self.unbounded)


def insert(info: TableInfo[Any], keys: tuple[str, ...], dialect: Dialect) -> Plan:
    """Return the plan that inserts one row with these columns."""
    if (plan := info.plans.get((dialect.name, "insert", keys))) is not None:
        return plan
    given = info.given(keys)
    statement = Insert(info, [dict.fromkeys(given)])
    generated = statement.missing()
    if generated and not (dialect.tells_rowid and _is_rowid(info, generated)):
        statement = statement.returning(*generated)
    columns = tuple(info.columns[key] for key in given)
    text = compile_node(statement, dialect).text
    return _keep(info, (dialect.name, "insert", keys), _plan(text, columns, dialect, generated))


def insert_many(
    info: TableInfo[Any], keys: tuple[str, ...], dialect: Dialect, rows: int = 1
) -> Plan:
    """Return the plan that inserts `rows` rows with these columns and tells nothing back."""
    key = (dialect.name, "insert many", keys, rows)
    if (plan := info.plans.get(key)) is not None:
        return plan
    given = info.given(keys)
    text = compile_node(Insert(info, [dict.fromkeys(given)] * rows), dialect).text
    columns = tuple(info.columns[key] for key in given)
    return _keep(info, key, _plan(text, columns, dialect))


def update(info: TableInfo[Any], keys: tuple[str, ...], dialect: Dialect) -> Plan:
    """Return the plan that writes `keys` of one row and counts its version, if that is the same."""
    if (plan := info.plans.get((dialect.name, "update", keys))) is not None:
        return plan
    require_key_kept(info, keys)
    values: dict[str, Any] = dict.fromkeys(keys)
    values |= {column.attribute: column + Literal("1", column.type) for column in info.guard}
    known = info.primary_key + info.guard
    statement = Update(info, values).where(*_equal(known)).returning(*info.generated)
    text = compile_node(statement, dialect).text
    columns = (*(info.columns[key] for key in keys), *known)
    plan = _plan(text, columns, dialect, info.generated)
    return _keep(info, (dialect.name, "update", keys), plan)


def require_keys(rows: Sequence[Table]) -> None:
    """Raise StatementError for a row without its key: it was never inserted."""
    for column in rows[0].info.primary_key:
        key = column.attribute
        if any(key not in row for row in rows):
            raise StatementError(f"the row has no {key!r}: select it, or insert the row first")


def require_key_kept(info: TableInfo[Any], keys: tuple[str, ...]) -> None:
    """Refuse to write the primary key of a row, by which the row is found."""
    for column in info.primary_key:
        if column.attribute in keys:
            table = info.row.__name__
            message = f"{table}.{column.attribute} was assigned: a stored row keeps its primary key"
            raise StatementError(f"{message}; {table}.update(...).where(...) changes it")


def delete(info: TableInfo[Any], dialect: Dialect) -> Plan:
    """Return the plan that deletes one row by its primary key."""
    if (plan := info.plans.get((dialect.name, "delete", ()))) is not None:
        return plan
    plan = _keyed(Delete(info), (dialect.name, "delete", ()), dialect)
    return _keep(info, (dialect.name, "delete", ()), replace(plan, cascades=_is_referred_to(info)))


def get(info: TableInfo[Any], dialect: Dialect) -> Plan:
    """Return the plan that reads one row by its primary key."""
    if (plan := info.plans.get((dialect.name, "get", ()))) is not None:
        return plan
    return _keyed(Select(info, ()), (dialect.name, "get", ()), dialect)


def kept(info: TableInfo[Any], key: tuple[Any, ...], dialect: Dialect, node: Many) -> Plan:
    """Return the plan for a statement about several rows, written once per `key`."""
    if (plan := info.plans.get(key)) is not None:
        return plan
    text = compile_node(node, dialect).text
    return _keep(info, key, _plan(text, node.columns, dialect, node.generated))


def _keyed(statement: Conditional[Any], key: tuple[Any, ...], dialect: Dialect) -> Plan:
    info = statement.info
    text = compile_node(statement.where(*_equal(info.primary_key)), dialect).text
    return _keep(info, key, _plan(text, info.primary_key, dialect))


def _equal(columns: tuple[Column[Any], ...]) -> list[Expression[bool]]:
    return [column == Bound(None, column.type) for column in columns]


def _is_rowid(info: TableInfo[Any], generated: tuple[Column[Any], ...]) -> bool:
    return (
        [column.attribute for column in generated]
        == [column.attribute for column in info.primary_key]
        and info.primary_key[0].type.storage is int
        and len(generated) == 1
    )


def _plan(
    text: str,
    columns: tuple[Column[Any], ...],
    dialect: Dialect,
    generated: tuple[Column[Any], ...] = (),
) -> Plan:
    read, read_key = _readers(columns, dialect)
    unbounded = tuple(
        [
            number
            for number, column in enumerate(columns)
            if column.type.storage in {str, bytes} and _may_be_long(column)
        ]
    )
    fills = tuple([(column.attribute, dialect.decoder(column.type)) for column in generated])
    return Plan(text, columns, read, read_key, generated, fills, unbounded)


def _readers(
    columns: tuple[Column[Any], ...], dialect: Dialect
) -> tuple[Callable[[Mapping[str, Any]], tuple[Any, ...]], Callable[..., tuple[Any, ...]]]:
    """Write the functions that encode values: out of a row, and as they are.

    Most values are stored as they are, and a call to learn that would cost 0.1 us each.
    """
    names: dict[str, Any] = {}
    values, stored, taken = "", "", ""
    for number, column in enumerate(columns):
        value = f"v{number}"
        encode = names[f"e{number}"] = dialect.encoder(column.type)
        plain = column.type.plain if encode is column.type.encode else ""
        values += f"{value}, "
        taken += f"{value} = row[{column.attribute!r}]; "
        stored += f"{value} if {plain.replace('$', value)} else " if plain else ""
        stored += f"None if {value} is None else e{number}({value}), "
    source = f"def read(row): {taken}return ({stored})\ndef read_key({values}): return ({stored})"
    exec(source, names)  # noqa: S102  it holds keys, written by repr, and conditions of our types
    return names["read"], names["read_key"]


def _may_be_long(column: Column[Any]) -> bool:
    if column.max_length is not None:
        return column.max_length > SHORT_VALUE_BYTES
    return column.type.python in {str, bytes, object}  # the rest, such as times, is short


def _is_referred_to(info: TableInfo[Any]) -> bool:
    """Look through every table class there is for one that refers to `info`."""
    tables = [base for base in info.row.__mro__ if hasattr(base, "info")]
    tables = [tables[-1], *_heirs(tables[-1].__base__ or object)]
    return any(info.name in table.info.parents() for table in tables)


def _heirs(cls: type[Any]) -> list[Any]:
    heirs = [heir for heir in cls.__subclasses__() if hasattr(heir, "info")]
    return [*heirs, *(below for heir in heirs for below in _heirs(heir))]


def _keep(info: TableInfo[Any], key: tuple[Any, ...], plan: Plan) -> Plan:
    if len(info.plans) >= PLANS_MOST:
        info.plans.clear()
    info.plans[key] = plan
    return plan


def key_of(info: TableInfo[Any], key: tuple[Any, ...]) -> dict[str, Any]:
    """Return the primary key as a mapping; a wrong number of values is a StatementError."""
    columns = info.primary_key
    if len(columns) != len(key):
        names = ", ".join(column.attribute for column in columns)
        raise StatementError(f"the primary key of {info.row.__name__} is ({names}), got {key}")
    return {column.attribute: value for column, value in zip(columns, key, strict=True)}
