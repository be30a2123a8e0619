"""SELECT: columns or whole rows, joined, filtered, ordered, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from www.db.column import Column
from www.db.compile import quoted
from www.db.errors import StatementError
from www.db.expression import Expression, Label, Nested, Ordering, ordering
from www.db.statements.base import Conditional, write_outputs
from www.db.types import INTEGER

if TYPE_CHECKING:
    from www.db.compile import Compiler
    from www.db.metadata import TableInfo

R = TypeVar("R")
JoinKind = Literal[" JOIN ", " LEFT JOIN "]
Join = tuple[JoinKind, str, Expression[bool]]


class Select(Conditional[R]):
    """Rows of one table, with columns of joined ones beside them."""

    _joins: tuple[Join, ...] = ()
    _group: tuple[Expression[Any], ...] = ()
    _having: tuple[Expression[bool], ...] = ()
    _order: tuple[Ordering, ...] = ()
    _limit: int | None = None
    _offset: int | None = None
    _distinct = False

    def __init__(self, info: TableInfo[R], what: tuple[Expression[Any], ...]) -> None:
        """Select `what`, or every column of the table."""
        self.info = info
        self._what: tuple[Expression[Any], ...] = what or info.whole

    def outputs(self) -> tuple[Expression[Any], ...]:
        """Return the selected expressions."""
        return self._what

    def order(self) -> tuple[Ordering, ...]:
        """Return the terms of ORDER BY."""
        return self._order

    def add(self, *what: Expression[Any]) -> Self:
        """Select more beside what is selected."""
        return self._but(_what=self._what + what)

    def join(self, table: Any, on: Expression[bool] | None = None) -> Self:
        """Join rows of `table`; without `on` the one foreign key between the two tables is used."""
        return self._joined(" JOIN ", table, on)

    def left_join(self, table: Any, on: Expression[bool] | None = None) -> Self:
        """Like join, but keep rows that have no partner."""
        return self._joined(" LEFT JOIN ", table, on)

    def _joined(self, kind: JoinKind, table: Any, on: Expression[bool] | None) -> Self:
        other: TableInfo[Any] = table.info
        condition = on if on is not None else foreign_key_between(self.info, other)
        return self._but(_joins=(*self._joins, (kind, other.name, condition)))

    def order_by(self, *terms: Expression[Any] | Ordering) -> Self:
        """Order by columns or `column.desc()`; a second call replaces the first."""
        return self._but(_order=tuple(ordering(term) for term in terms))

    def group_by(self, *terms: Expression[Any]) -> Self:
        """One row per distinct values of `terms`."""
        return self._but(_group=terms)

    def having(self, *conditions: Expression[bool]) -> Self:
        """Keep only groups that meet every condition."""
        return self._but(_having=self._having + conditions)

    def limit(self, rows: int) -> Self:
        """Return at most `rows` rows."""
        return self._but(_limit=_count("limit", rows))

    def offset(self, rows: int) -> Self:
        """Skip `rows` rows; what is skipped is read all the same, so prefer `page`."""
        return self._but(_offset=_count("offset", rows))

    def distinct(self) -> Self:
        """Drop rows that repeat."""
        return self._but(_distinct=True)

    def as_scalar(self) -> Expression[Any]:
        """Return this select of one column as a value within another statement."""
        return Nested(self, self._what[0].type)

    def sql(self, out: Compiler) -> None:
        """Append the whole select."""
        if self._what is self.info.whole and not self._distinct:
            out.text(self.info.head)
        else:
            out.text("SELECT DISTINCT " if self._distinct else "SELECT ")
            write_outputs(out, self._what)
            out.text(" FROM " + quoted(self.info.name))
        for kind, name, condition in self._joins:
            out.text(kind + quoted(name) + " ON ")
            condition.sql(out)
            if kind == " LEFT JOIN ":
                out.outer += (name,)
        self.write_where(out)
        self._write_groups(out)
        if self._order:
            out.text(" ORDER BY ")
            out.list(self._order, ", ")
        self._write_limit(out)

    def _write_limit(self, out: Compiler) -> None:
        if self._limit is not None:
            out.text(" LIMIT ")
            out.bind(self._limit, INTEGER)
        if self._offset is not None:
            out.text(" OFFSET " if self._limit is not None else out.dialect.no_limit + " OFFSET ")
            out.bind(self._offset, INTEGER)

    def _write_groups(self, out: Compiler) -> None:
        if self._group:
            out.text(" GROUP BY ")
            out.list(self._group, ", ")
        if self._having:
            out.text(" HAVING ")
            for index, condition in enumerate(self._having):
                out.text(" AND " if index else "")
                condition.sql(out)


class Count(Conditional[R]):
    """`SELECT count(*) FROM (select) AS "counted"`."""

    def __init__(self, select: Select[R]) -> None:
        """Count what `select` would return."""
        self.info = select.info
        self._select = select

    def sql(self, out: Compiler) -> None:
        """Append the count around the select."""
        out.text("SELECT count(*) FROM (")
        self._select.sql(out)
        out.text(') AS "counted"')


def foreign_key_between(left: TableInfo[Any], right: TableInfo[Any]) -> Expression[bool]:
    """Return the join condition of the one foreign key between two tables, in either direction."""
    found = [(c, c.target()) for c in left.columns.values() if c.references]
    found = [pair for pair in found if pair[1].table == right.name]
    back = [(c, c.target()) for c in right.columns.values() if c.references]
    found += [pair for pair in back if pair[1].table == left.name and left is not right]
    if len(found) != 1:
        message = f"{len(found)} foreign keys join {left.name} and {right.name}: say on=..."
        raise StatementError(message)
    column, target = found[0]
    return column == target


def _count(word: str, rows: object) -> int:
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
        raise StatementError(f"{word}() takes a number of rows from 0, got {rows!r}")
    return min(rows, 2**62)


def hidden(columns: tuple[Expression[Any], ...]) -> tuple[Expression[Any], ...]:
    """Label expressions that are read for the machinery and not for the caller."""
    return tuple(Label(column, f"\0{index}") for index, column in enumerate(columns))


def is_column_of(expression: Expression[Any], info: TableInfo[Any]) -> bool:
    """Tell whether `expression` is a plain column of that table."""
    return isinstance(expression, Column) and expression.table == info.name
