"""UPDATE: sets columns to values or expressions, of the rows that WHERE names."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, TypeVar

from www.db.compile import quoted
from www.db.errors import StatementError
from www.db.expression import Expression, Fitted
from www.db.statements.base import Conditional, write_outputs
from www.db.statements.insert import encode, is_long

if TYPE_CHECKING:
    from www.db.column import Column
    from www.db.compile import Compiler
    from www.db.metadata import TableInfo

R = TypeVar("R")


class Update(Conditional[R]):
    """Changes of some columns; a bare UPDATE without where() is refused unless said so."""

    _all_rows = False
    _returning: tuple[Expression[Any], ...] = ()

    def __init__(self, info: TableInfo[R], values: dict[str, Any]) -> None:
        """Take new values or expressions by attribute."""
        if not values:
            raise StatementError(f"update() of {info.name} changes nothing: name a column")
        self.info = info
        self._values = tuple((info.writable(key), value) for key, value in values.items())

    def outputs(self) -> tuple[Expression[Any], ...]:
        """Return what RETURNING names."""
        return self._returning

    def is_short(self) -> bool:
        """A change of one row by its primary key is short, without a very long value."""
        return self.names_one_row() and not any(map(is_long, (value for _, value in self._values)))

    def all_rows(self) -> Self:
        """Say that every row is meant."""
        return self._but(_all_rows=True)

    def returning(self, *what: Expression[Any]) -> Self:
        """Return these columns of the changed rows."""
        return self._but(_returning=what)

    def sql(self, out: Compiler) -> None:
        """Append the whole update."""
        if not self.conditions and not self._all_rows:
            message = f"update of every row of {self.info.name}: add where() or all_rows()"
            raise StatementError(message)
        out.text(f"UPDATE {quoted(self.info.name)} SET ")
        for index, (column, value) in enumerate(self._values):
            out.text(", " if index else "")
            _write_assignment(out, column, value)
        self.write_where(out)
        if self._returning:
            out.text(" RETURNING ")
            write_outputs(out, self._returning)


def _write_assignment(out: Compiler, column: Column[Any], value: Any) -> None:
    out.text(quoted(column.name) + " = ")
    if isinstance(value, Expression):
        if Decimal in {column.type.python, value.type.python}:
            value = Fitted(value, column.type)
        value.sql(out)
    else:
        out.bind(encode(column, value), column.type)
