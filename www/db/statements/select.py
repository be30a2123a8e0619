"""SELECT: columns or whole rows, joined, filtered, ordered, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, cast

from www.db.compile import quoted
from www.db.errors import StatementError
from www.db.expression import Expression, Label, all_of
from www.db.statements.base import Conditional, Statement, write_outputs
from www.db.statements.query import C_co, Query
from www.db.statements.related import Related, Relation, relation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db.column import Column
    from www.db.compile import Compiler
    from www.db.metadata import TableInfo

R = TypeVar("R")
JoinKind = Literal[" JOIN ", " LEFT JOIN "]
Join = tuple[JoinKind, "TableInfo[Any]", Expression[bool | None]]


class Select(Conditional[R], Query[R, C_co]):
    """Rows of one table, with columns of joined ones beside them."""

    _joins: tuple[Join, ...] = ()
    _group: tuple[Expression[Any], ...] = ()
    _having: tuple[Expression[bool | None], ...] = ()
    _distinct = False
    _skips = False
    related: tuple[Relation, ...] = ()

    def __init__(self, info: TableInfo[R], what: tuple[Expression[Any], ...]) -> None:
        """Select `what`, or every column of the table."""
        self.info = info
        self._what: tuple[Expression[Any], ...] = what or info.whole
        for output in cast("tuple[object, ...]", what):
            if not isinstance(output, Expression):
                name = info.row.__name__
                message = f"select() takes columns such as {name}.{next(iter(info.columns))}"
                raise StatementError(f"{message}, got {output!r}")

    def outputs(self) -> tuple[Expression[Any], ...]:
        """Return the selected expressions."""
        return self._what

    def add(self, *what: Expression[Any]) -> Select[R]:
        """Select more beside what is selected."""
        return cast("Select[R]", self._but(_what=self._what + what))

    def join(self, table: Any, on: Expression[bool | None] | None = None) -> Self:
        """Join rows of `table`; without `on`, by the one foreign key between it and this table.

        Where there is none to this table, by the one to the tables that were joined before.
        """
        return self._joined(" JOIN ", table, on)

    def left_join(self, table: Any, on: Expression[bool | None] | None = None) -> Self:
        """Like join, but keep rows that have no partner."""
        return self._joined(" LEFT JOIN ", table, on)

    def _joined(self, kind: JoinKind, table: Any, on: Expression[bool | None] | None) -> Self:
        other: TableInfo[Any] = table.info
        if other.called in {self.info.called, *(info.called for _, info, _ in self._joins)}:
            message = f"{other.called} is in this select already: join an alias of it, "
            raise StatementError(f"{message}{other.row.__name__}.alias('other')")
        condition = self._foreign_key(other) if on is None else on
        return self._but(_joins=(*self._joins, (kind, other, condition)))

    def _foreign_key(self, other: TableInfo[Any]) -> Expression[bool | None]:
        """Find the foreign key to the table itself, else to what was joined before."""
        joined = [info for _, info, _ in self._joins]
        if self._joins and not foreign_keys(self.info, other):
            found = [key for info in joined for key in foreign_keys(info, other)]
            if len(found) == 1:
                return found[0]
        return foreign_key_between(self.info, other)

    def group_by(self, *terms: Expression[Any]) -> Self:
        """One row per distinct values of `terms`."""
        return self._but(_group=terms)

    def having(self, *conditions: Expression[bool | None]) -> Self:
        """Keep only groups that meet every condition."""
        return self._but(_having=self._having + conditions)

    def distinct(self) -> Self:
        """Drop rows that repeat."""
        return self._but(_distinct=True)

    def for_update(self, *, skip_locked: bool = False) -> Self:
        """Keep the rows from other transactions until this one ends; it needs a transaction.

        `skip_locked` passes over rows that others keep: several workers take jobs that way. On
        SQLite a transaction that changes something is alone, so there is nothing to do.
        """
        return self._but(locks=True, _skips=skip_locked)

    def with_related(
        self,
        what: Column[Any] | Related[Any],
        select: Select[Any] | None = None,
        *,
        key: str = "",
    ) -> Self:
        """Read the rows of another table that belong to these, in one more query for all.

        `what` is the foreign key's column (or a Related that knows it): one of another table that
        refers here gives a list per row, under that table's name; one of this table gives the row
        that it refers to (or None), under the column's name without `_id`. `select` says which
        columns, conditions and order there, and may have with_related itself.

            Blog.select().with_related(Comment.blog_id, Comment.select().order_by(Comment.id))
        """
        make = (lambda info: Select(info, ())) if select is None else (lambda _: select)
        return self._but(related=(*self.related, relation(self.info, what, make, key)))

    def is_limited(self) -> bool:
        """Tell whether this leaves out rows by their number."""
        return self._limit is not None or self._offset is not None

    def keeps(self, columns: Sequence[Column[Any]]) -> bool:
        """Tell whether `distinct` and `group_by` leave rows apart that differ in `columns`."""
        looked_at = [self._group] if self._group else []
        looked_at += [self.outputs()] if self._distinct else []
        return all(
            any(term is column for term in terms) for terms in looked_at for column in columns
        )

    def may_lack(self, column: Column[Any]) -> bool:
        """Tell whether rows may have no value of `column`: it is nullable, or left joined."""
        outer = {info.called for kind, info, _ in self._joins if kind == " LEFT JOIN "}
        return column.nullable or column.table in outer

    def is_grouped(self) -> bool:
        """Tell whether a row of the result may stand for several of the table."""
        return bool(self._group) or self._distinct

    def write(self, out: Compiler, *, named: bool) -> None:
        """Append the whole select."""
        if self._with:
            self._write_with(out)
        if out.scopes is not None:
            out.scopes.append({self.info.called, *(info.called for _, info, _ in self._joins)})
        if self._what is self.info.whole and self.info.head and not (self._distinct or named):
            out.text(self.info.head)
        else:
            out.text("SELECT DISTINCT " if self._distinct else "SELECT ")
            write_outputs(out, self._what, named=named)
            out.text(" FROM ")
            write_source(out, self.info)
        for number, (kind, info, condition) in enumerate(self._joins):
            out.text(kind)
            write_source(out, info)
            out.text(" ON ")
            if out.scopes is None:
                condition.sql(out)
            else:
                self._write_on(out, number)
            if kind == " LEFT JOIN ":
                out.outer += (info.called,)
        self.write_where(out)
        self._write_groups(out)
        self._write_end(out)
        if self.locks and out.dialect.locks_rows:
            out.text(f" FOR UPDATE OF {quoted(self.info.called)}")
            out.text(" SKIP LOCKED" if self._skips else "")
        if out.scopes is not None:
            out.scopes.pop()

    def _write_on(self, out: Compiler, number: int) -> None:
        """Append the condition of a join; it sees what stands in front of it."""
        assert out.scopes is not None  # else nobody looks
        whole = out.scopes[-1]
        front = self._joins[: number + 1]
        out.scopes[-1] = {self.info.called, *(info.called for _, info, _ in front)}
        front[-1][2].sql(out)
        out.scopes[-1] = whole

    def _write_groups(self, out: Compiler) -> None:
        if self._group:
            out.text(" GROUP BY ")
            out.list(self._group, ", ")
        if self._having:
            out.text(" HAVING ")
            for index, condition in enumerate(self._having):
                out.text(" AND " if index else "")
                condition.sql(out)


class Count(Statement[R]):
    """`SELECT count(*) FROM (select) AS "counted"`."""

    def __init__(self, select: Query[R]) -> None:
        """Count what `select` would return."""
        if not isinstance(select, Query):
            raise StatementError(f"count() takes a select, got {select!r}")
        self.info = select.info
        self._select = select

    def sql(self, out: Compiler) -> None:
        """Append the count around the select."""
        out.text("SELECT count(*) FROM (")
        self._select.sql(out)
        out.text(') AS "counted"')


def foreign_key_between(left: TableInfo[Any], right: TableInfo[Any]) -> Expression[bool | None]:
    """Return the join condition of the one foreign key between two tables, in either direction."""
    found = foreign_keys(left, right)
    if len(found) != 1:
        message = f"{len(found)} foreign keys join {left.called} and {right.called}: say on=..."
        raise StatementError(message)
    return found[0]


def foreign_keys(left: TableInfo[Any], right: TableInfo[Any]) -> list[Expression[bool | None]]:
    """Return the join condition of every foreign key between two tables, in either direction."""
    return _foreign_keys(left, right) + _foreign_keys(right, left)


def _foreign_keys(left: TableInfo[Any], right: TableInfo[Any]) -> list[Expression[bool | None]]:
    if right.body is not None or left.body is not None:
        return []
    return [
        all_of(tuple(a == right.columns[b.attribute] for a, b in zip(here, there, strict=True)))
        for here, there in left.references()
        if there[0].table == right.name
    ]


def write_source(out: Compiler, info: TableInfo[Any]) -> None:
    """Append what stands behind FROM or JOIN."""
    if info.body is None:
        out.text(info.source)
    elif info.is_cte:
        if info.name not in out.ctes:
            message = f"{info.name} is used, but not written: add .with_({info.name})"
            raise StatementError(message)
        out.text(info.source)
    else:
        own = out.scopes.pop() if out.scopes else None  # it does not see what stands beside it
        out.text("(")
        info.body.write(out, named=True)
        out.text(f") AS {quoted(info.called)}")
        if out.scopes is not None and own is not None:
            out.scopes.append(own)


def hidden(columns: tuple[Expression[Any], ...]) -> tuple[Expression[Any], ...]:
    """Label expressions that are read for the machinery and not for the caller."""
    return tuple(Label(column, f"\0{index}") for index, column in enumerate(columns))
