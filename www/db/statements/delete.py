"""DELETE of the rows that WHERE names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from www.db.compile import quoted
from www.db.errors import StatementError
from www.db.statements.base import Conditional, write_outputs

if TYPE_CHECKING:
    from www.db.compile import Compiler
    from www.db.expression import Expression
    from www.db.metadata import TableInfo

R = TypeVar("R")


class Delete(Conditional[R]):
    """Removes rows; a bare DELETE without where() is refused unless said so."""

    _all_rows = False
    _returning: tuple[Expression[Any], ...] = ()

    def __init__(self, info: TableInfo[R]) -> None:
        """Start without conditions."""
        self.info = info

    def outputs(self) -> tuple[Expression[Any], ...]:
        """Return what RETURNING names."""
        return self._returning

    def returning(self, *what: Expression[Any]) -> Self:
        """Return these columns of the deleted rows."""
        return self._but(_returning=what)

    def all_rows(self) -> Self:
        """Say that every row is meant."""
        return self._but(_all_rows=True)

    def sql(self, out: Compiler) -> None:
        """Append the whole delete."""
        if not self.conditions and not self._all_rows:
            message = f"delete of every row of {self.info.name}: add where() or all_rows()"
            raise StatementError(message)
        if out.scopes is not None:
            out.scopes.append({self.info.name})
        out.text(f"DELETE FROM {quoted(self.info.name)}")
        self.write_where(out)
        if self._returning:
            out.text(" RETURNING ")
            write_outputs(out, self._returning)
        if out.scopes is not None:
            out.scopes.pop()
