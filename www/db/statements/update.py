"""UPDATE: sets columns to values or expressions, of the rows that WHERE names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from www.db.compile import quoted
from www.db.errors import StatementError
from www.db.statements.assign import assignments, is_long, write_assignment
from www.db.statements.base import Conditional, write_outputs

if TYPE_CHECKING:
    from www.db.compile import Compiler
    from www.db.expression import Expression
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
        self._values = assignments(info, values)

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
        if out.scopes is not None:
            out.scopes.append({self.info.name})
        out.text(f"UPDATE {quoted(self.info.name)} SET ")
        for index, (column, value) in enumerate(self._values):
            out.text(", " if index else "")
            write_assignment(out, column, value)
        self.write_where(out)
        if self._returning:
            out.text(" RETURNING ")
            write_outputs(out, self._returning)
        if out.scopes is not None:
            out.scopes.pop()
