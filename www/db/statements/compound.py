"""UNION, UNION ALL, INTERSECT and EXCEPT of selects with the same columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from www.db.compile import quoted
from www.db.errors import StatementError
from www.db.expression import Expression, Literal, Ordering, ordering
from www.db.statements.query import C_co, Query
from www.db.types import family

if TYPE_CHECKING:
    from www.db.compile import Compiler

R = TypeVar("R")


class Compound(Query[R, C_co]):
    """Rows of several selects; keys and row class are those of the first."""

    def __init__(self, operator: str, parts: tuple[Query[Any], ...]) -> None:
        """Take an operator with its spaces, and at least two selects."""
        first = parts[0]
        if len(parts) < 2:
            raise StatementError(f"{operator.strip()} needs another select")
        self.info = first.info
        self._operator = operator
        self._parts = parts
        kinds = [_kind(output) for output in first.outputs()]
        for part in parts[1:]:
            if [_kind(output) for output in part.outputs()] != kinds:
                message = (
                    f"{operator.strip()} needs selects with the same columns: {first.output_keys()}"
                )
                raise StatementError(f"{message} and {part.output_keys()} differ in number or type")

    def outputs(self) -> tuple[Expression[Any], ...]:
        """Return the columns of the first select."""
        return self._parts[0].outputs()

    def order_by(self, *terms: Expression[Any] | Ordering) -> Self:
        """Order by selected columns; for anything else select from `as_table`."""
        return self._but(_order=tuple(self._own(ordering(term)) for term in terms))

    def _own(self, term: Ordering) -> Ordering:
        key = term.expression.key
        if key is None or key not in self.output_keys():
            message = f"{term.expression!r} is not selected: order by one of {self.output_keys()}"
            raise StatementError(message)
        name: Expression[Any] = Literal(quoted(key), term.expression.type)
        return Ordering(name, descending=term.descending)

    def write(self, out: Compiler, *, named: bool) -> None:  # noqa: ARG002 - order_by needs names
        """Append the selects with the operator between them."""
        if self._with:
            self._write_with(out)
        for index, part in enumerate(self._parts):
            out.text(self._operator if index else "")
            if part.is_open() and not isinstance(part, Compound):
                part.write(out, named=True)
            else:  # SQLite knows no parentheses here, and PostgreSQL lets INTERSECT bind tighter
                out.text("SELECT * FROM (")
                part.write(out, named=True)
                out.text(f') AS "part_{index}"')
        self._write_end(out)


def _kind(output: Expression[Any]) -> tuple[type, str]:
    return output.type.storage, family(output.type)
