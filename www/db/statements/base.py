"""What the verbs share: conditions, output columns, and how a result row becomes a Table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from www.db.column import Column
from www.db.compile import quoted
from www.db.errors import DatabaseError, StatementError
from www.db.expression import Binary, Bound, Expression, all_of

if TYPE_CHECKING:
    from www.db.compile import Compiler
    from www.db.metadata import TableInfo

R = TypeVar("R")


class Statement(Generic[R]):
    """A value that describes one statement about `info`'s table."""

    info: TableInfo[R]
    locks = False  # a select that keeps its rows from others

    def sql(self, out: Compiler) -> None:
        """Append the statement to `out`."""
        raise NotImplementedError

    def outputs(self) -> tuple[Expression[Any], ...]:
        """Return what comes back, column by column; nothing for a plain change."""
        return ()

    def __repr__(self) -> str:
        """Show the SQL, as SQLite has it, with a `?` for each value."""
        from www.db.dialects.sqlite import SQLiteDialect

        out = SQLiteDialect().compiler()
        out.prepares = True
        try:
            self.sql(out)
        except DatabaseError as err:
            return f"<{type(self).__name__} of {self.info.name}: {err}>"
        return f"<{out.done().text}>"

    def is_short(self) -> bool:
        """Tell whether this is short by construction, so that it may run on the loop's thread."""
        return False

    def _but(self, **changes: Any) -> Self:
        # 0.4 us; copy.copy() of a class with __slots__ takes 5.
        twin = object.__new__(type(self))
        state = twin.__dict__
        state.update(self.__dict__)
        state.update(changes)
        return twin


class Conditional(Statement[R]):
    """A statement with a WHERE."""

    conditions: tuple[Expression[bool | None], ...] = ()

    def where(self, *conditions: Expression[bool | None]) -> Self:
        """Keep only rows that meet every condition; calls add up."""
        twin = self._but(conditions=self.conditions + conditions)
        for condition in cast("tuple[object, ...]", conditions):
            if not isinstance(condition, Expression):
                message = f"where() takes conditions such as Blog.id == 1, got {condition!r}"
                raise StatementError(message)
            if condition.type.python is not bool:
                message = f"where() takes conditions, and {condition!r} is {condition.type.name}"
                raise StatementError(f"{message}: compare it, as in {condition!r} == 1")
        return twin

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
        keyed = all(column.attribute in given for column in self.info.primary_key)
        return keyed and len(given) == len(self.conditions)


def write_outputs(
    out: Compiler, outputs: tuple[Expression[Any], ...], *, named: bool = False
) -> None:
    """Append the select list or the RETURNING list; `named` where others will use the keys."""
    if not named:
        out.list(outputs, ", ")
        return
    for index, output in enumerate(outputs):
        if index:
            out.text(", ")
        output.sql(out)
        if output.key is not None:
            out.text(" AS " + quoted(output.key))
