"""Functions over several rows: aggregates, and the same (and ranks) over a window of rows."""

from __future__ import annotations

import copy
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, TypeVar

from www.db.decimals import MOST_DIGITS
from www.db.errors import StatementError
from www.db.expression import Bound, Expression, Literal, Ordering, ordering
from www.db.types import INTEGER, REAL, TEXT, ColumnType, decimal_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db.compile import Compiler

T = TypeVar("T")


class Aggregate(Expression[T]):
    """A function of a group of rows, or with `over` of the rows around each."""

    __slots__ = ("arguments", "condition", "name", "order", "target", "window")
    scope = "rows"

    def __init__(
        self,
        name: str,
        arguments: tuple[Expression[Any], ...],
        kind: ColumnType,
        *,
        target: str = "",
        order: tuple[Ordering, ...] = (),
    ) -> None:
        """Take a name that both databases know; `target` is what the result is cast to."""
        self.name = name
        self.arguments = arguments
        self.type = kind
        self.target = target
        self.order = order
        self.condition: Expression[bool | None] | None = None
        self.window: tuple[tuple[Expression[Any], ...], tuple[Ordering, ...]] | None = None

    def filter(self, condition: Expression[bool | None]) -> Self:
        """Look only at the rows that meet the condition."""
        twin = copy.copy(self)
        twin.condition = condition
        return twin

    def over(
        self,
        *,
        partition_by: Expression[Any] | Sequence[Expression[Any]] = (),
        order_by: Expression[Any] | Ordering | Sequence[Expression[Any] | Ordering] = (),
    ) -> Self:
        """Leave every row as it is, and look at those with the same `partition_by` values.

        With `order_by` an aggregate goes from the first of them to this row (and its equals).
        """
        twin = copy.copy(self)
        groups = (partition_by,) if isinstance(partition_by, Expression) else tuple(partition_by)
        terms = (order_by,) if isinstance(order_by, Expression | Ordering) else tuple(order_by)
        twin.window = (groups, tuple(ordering(term) for term in terms))
        return twin

    def sql(self, out: Compiler) -> None:
        """Append the call with what stands behind it."""
        name = self.name
        if self.arguments and self.arguments[0].type.python is Decimal:
            name = out.dialect.exact_names.get(name, name)
        out.text(f"CAST({name}(" if self.target else f"{name}(")
        out.list(self.arguments, ", ")
        if self.order:
            out.text(" ORDER BY ")
            out.list(self.order, ", ")
        out.text(")")
        if self.condition is not None:
            out.text(" FILTER (WHERE ")
            self.condition.sql(out)
            out.text(")")
        if self.window is not None:
            self._write_window(out, *self.window)
        if self.target:
            out.text(f" AS {self.target})")

    def _write_window(
        self, out: Compiler, groups: tuple[Expression[Any], ...], order: tuple[Ordering, ...]
    ) -> None:
        out.text(" OVER (")
        if groups:
            out.text("PARTITION BY ")
            out.list(groups, ", ")
        if order:
            out.text(" ORDER BY ")
            out.list(order, ", ")
        out.text(")")


class ExactMean(Aggregate[T]):
    """The mean of Decimals: their exact sum as a float, divided by their number."""

    __slots__ = ()

    def sql(self, out: Compiler) -> None:
        """Append one aggregate, or two: PostgreSQL's own rounds to 16 digits first."""
        if "avg" in out.dialect.exact_names:
            super().sql(out)
            return
        for before, name in (("(CAST(", "sum"), (" AS DOUBLE PRECISION) / nullif(", "count")):
            out.text(before)
            part = Aggregate[Any](name, self.arguments, self.type)
            part.condition, part.window = self.condition, self.window
            part.sql(out)
        out.text(", 0))")


class Ranking(Aggregate[T]):
    """A function that only makes sense over a window."""

    __slots__ = ()

    def sql(self, out: Compiler) -> None:
        """Append the call; without a window it is refused."""
        if self.window is None or not self.window[1]:
            raise StatementError(f"{self.name}() needs .over(order_by=...)")
        super().sql(out)


def count(what: Expression[Any] | None = None, *, distinct: bool = False) -> Aggregate[int]:
    """`count(*)`, or how often `what` is not null; `distinct` counts equal values once."""
    if distinct:
        if what is None:
            raise StatementError("count(distinct=True) needs a column: count(Blog.author_id, ...)")
        what = what._written("DISTINCT ", "", what.type)  # noqa: SLF001 - a part of expressions
    return Aggregate("count", (Literal("*", INTEGER) if what is None else what,), INTEGER)


def total(what: Expression[T | None]) -> Aggregate[T | None]:
    """`sum(what)`; None where there is no row. Of Decimals it is exact."""
    _require_number("total", what)
    # PostgreSQL sums integers to NUMERIC.
    target = "BIGINT" if what.type.storage is int else ""
    if what.type.digits is not None:  # a sum may have more digits, as many of them behind the point
        return Aggregate("sum", (what,), decimal_type(MOST_DIGITS, what.type.digits[1]))
    return Aggregate("sum", (what,), what.type, target=target)


def average(what: Expression[float | Decimal | None]) -> Aggregate[float | None]:
    """The mean as a float; None where there is no row."""
    _require_number("average", what)
    if what.type.python is Decimal:
        return ExactMean("avg", (what,), REAL)
    if what.type.python is timedelta:
        raise StatementError(f"average({what!r}): divide total() by count() in Python")
    return Aggregate("avg", (what,), REAL, target="DOUBLE PRECISION")


def _require_number(function: str, what: Expression[Any]) -> None:
    if what.type.storage not in {int, float} and what.type.python is not Decimal:
        raise StatementError(f"{function}({what!r}): a {what.type.name} is no number")


def largest(what: Expression[T | None]) -> Aggregate[T | None]:
    """`max(what)`; None where there is no row."""
    return Aggregate("max", (_comparable(what, "largest"),), what.type)


def smallest(what: Expression[T | None]) -> Aggregate[T | None]:
    """`min(what)`; None where there is no row."""
    return Aggregate("min", (_comparable(what, "smallest"),), what.type)


def _comparable(what: Expression[T], verb: str) -> Expression[T]:
    if what.type.name in {"bytes", "uuid", "bool", "json"}:  # PostgreSQL has no max of them
        message = f"{verb}({what!r}) of {what.type.name} is not there on every database: "
        raise StatementError(message + "order by it and take the first")
    return what


def string_agg(
    what: Expression[str | None],
    separator: str,
    *,
    order_by: Expression[Any] | Ordering | None = None,
) -> Aggregate[str | None]:
    """Texts one behind the other with `separator` between them; None where there is no row."""
    order = () if order_by is None else (ordering(order_by),)
    between: Expression[str] = Bound(TEXT.encode(separator), TEXT)
    return Aggregate("string_agg", (what, between), TEXT, order=order)


def row_number() -> Ranking[int]:
    """1, 2, 3 ... in the order of the window."""
    return Ranking("row_number", (), INTEGER)


def rank() -> Ranking[int]:
    """Like row_number, but equals share a number and leave a gap."""
    return Ranking("rank", (), INTEGER)


def dense_rank() -> Ranking[int]:
    """Like rank, without gaps."""
    return Ranking("dense_rank", (), INTEGER)


def lag(what: Expression[T | None], rows: int = 1) -> Ranking[T | None]:
    """The value of `what` so many rows before this one in the window."""
    return Ranking("lag", (what, Literal(str(int(rows)), INTEGER)), what.type)


def lead(what: Expression[T | None], rows: int = 1) -> Ranking[T | None]:
    """The value of `what` so many rows behind this one in the window."""
    return Ranking("lead", (what, Literal(str(int(rows)), INTEGER)), what.type)
