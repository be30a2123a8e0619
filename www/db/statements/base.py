"""What the verbs share: conditions, output columns, and how a result row becomes a Table."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from www.db.column import Column
from www.db.errors import StatementError
from www.db.expression import Binary, Bound, Expression, all_of

if TYPE_CHECKING:
    from www.db.compile import Compiler, Dialect
    from www.db.metadata import TableInfo

R = TypeVar("R")
RowFactory = Callable[[tuple[Any, ...]], R]


class Statement(Generic[R]):
    """A value that describes one statement about `info`'s table."""

    __slots__ = ("info",)
    info: TableInfo[R]

    def sql(self, out: Compiler) -> None:
        """Append the statement to `out`."""
        raise NotImplementedError

    def outputs(self) -> tuple[Expression[Any], ...]:
        """Return what comes back, column by column; nothing for a plain change."""
        return ()

    def is_short(self) -> bool:
        """Tell whether this is short by construction, so that it may run on the loop's thread."""
        return False

    def factory(self, dialect: Dialect) -> RowFactory[R]:
        """Return the function that makes a row of a tuple from the driver of `dialect`."""
        return row_factory(self.info.row, self.outputs(), dialect)

    def _but(self, **changes: Any) -> Self:
        twin = copy.copy(self)
        for name, value in changes.items():
            setattr(twin, name, value)
        return twin


class Conditional(Statement[R]):
    """A statement with a WHERE."""

    __slots__ = ("conditions",)
    conditions: tuple[Expression[bool], ...]

    def where(self, *conditions: Expression[bool]) -> Self:
        """Keep only rows that meet every condition; calls add up."""
        for condition in cast("tuple[object, ...]", conditions):
            if not isinstance(condition, Expression):
                message = f"where() takes conditions such as Blog.id == 1, got {condition!r}"
                raise StatementError(message)
        return self._but(conditions=self.conditions + conditions)

    def write_where(self, out: Compiler) -> None:
        """Append ` WHERE ...` if there are conditions."""
        if self.conditions:
            out.text(" WHERE ")
            all_of(self.conditions).sql(out)

    def names_one_row(self) -> bool:
        """Tell whether the conditions give every column of the primary key a value."""
        given = {
            condition.left.attribute
            for condition in self.conditions
            if isinstance(condition, Binary)
            and condition.operator == " = "
            and isinstance(condition.left, Column)
            and isinstance(condition.right, Bound)
        }
        return bool(given) and all(column.attribute in given for column in self.info.primary_key)


def write_outputs(out: Compiler, outputs: tuple[Expression[Any], ...]) -> None:
    """Append the select list or the RETURNING list."""
    out.list(outputs, ", ")


def row_factory(
    row: type[R], outputs: tuple[Expression[Any], ...], dialect: Dialect
) -> RowFactory[R]:
    """Make the function that turns a tuple of the driver into a `row` (a dict with attributes)."""
    keys: list[str] = []
    for output in outputs:
        if output.key is None:
            raise StatementError("an expression in select() needs a key: .label('name')")
        keys.append(output.key)
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise StatementError(f"two selected columns are called {twice!r}: use .label() for one")
    decoders = [
        (key, decode)
        for key, output in zip(keys, outputs, strict=True)
        if (decode := dialect.decoder(output.type))
    ]
    names = tuple(keys)
    new = row.__new__
    fill: Callable[..., None] = dict.update  # past Table.__setitem__, which records changes

    def plain(values: tuple[Any, ...]) -> R:
        made = new(row)
        fill(made, zip(names, values, strict=True))
        return made

    def decoded(values: tuple[Any, ...]) -> R:
        mapping = dict(zip(names, values, strict=True))
        for key, decode in decoders:
            if (value := mapping[key]) is not None:
                mapping[key] = decode(value)
        made = new(row)
        fill(made, mapping)
        return made

    return decoded if decoders else plain
