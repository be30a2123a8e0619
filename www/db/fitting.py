"""Expressions on their way into a column: rounded to its scale, refused where they do not fit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from www.db.errors import StatementError
from www.db.expression import Expression
from www.db.types import may_hold

if TYPE_CHECKING:
    from www.db.compile import Compiler
    from www.db.types import ColumnType

T = TypeVar("T")


class Fitted(Expression[T]):
    """A Decimal on its way into a column: rounded to the column's scale, as an assignment does."""

    __slots__ = ("inner",)

    def __init__(self, inner: Expression[Any], kind: ColumnType) -> None:
        """Take what is assigned, and the type of the column."""
        self.inner = inner if inner.type is kind else inner.beside(kind)
        self.type = kind

    def sql(self, out: Compiler) -> None:
        """Append a cast; SQLite has a function for it."""
        function = out.dialect.exact_names.get("fit")
        if self.type.digits is None or self.inner.type is self.type:
            self.inner.sql(out)
            return
        precision, scale = self.type.digits
        out.text("CAST(" if function is None else f"{function}(")
        self.inner.sql(out)
        out.text(
            f" AS NUMERIC({precision}, {scale}))"
            if function is None
            else f", {precision}, {scale})"
        )


def assigned(column: ColumnType, value: Expression[Any], name: str) -> Expression[Any]:
    """Return `value` as it goes into a column; what does not fit there is a StatementError."""
    if Decimal in {column.python, value.type.python}:
        return Fitted(value, column)
    if value.type is not column and not may_hold(column, value.type):
        value = value.beside(column)  # of JSON what the column takes, else an error
        if not may_hold(column, value.type):
            message = f"{name} is {column.name}, {value!r} is {value.type.name}"
            raise StatementError(f"{message}: .as_type({column.python.__name__}) cuts it")
    return value
