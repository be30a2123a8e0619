"""SQL functions of one row that both databases know, as expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from www.db.errors import StatementError
from www.db.expression import Bound, Call, Expression, Nested
from www.db.types import DATE, DATETIME, INTEGER, TEXT, column_type

if TYPE_CHECKING:
    from datetime import date, datetime

    from www.db.compile import Compiler, Node
    from www.db.types import ColumnType

T = TypeVar("T")
TextT = TypeVar("TextT", str, "str | None")
DatePart = Literal["year", "month", "day", "hour", "minute", "second"]


class Function(Call[T]):
    """`name(arguments)`, of a name that both databases know."""

    __slots__ = ()

    def sql(self, out: Compiler) -> None:
        """Append the call."""
        out.text(self.name + "(")
        out.list(self.arguments, ", ")
        out.text(")")


def coalesce(what: Expression[T | None], instead: T | Expression[T]) -> Expression[T]:
    """The value of `what`, or `instead` where that is null."""
    return Function("coalesce", (what, what.lift(instead)), what.type.free or what.type)


def lower(what: Expression[TextT]) -> Expression[TextT]:
    """`lower(what)`; only the letters of ASCII are folded."""
    return Function("lower", (what,), TEXT)


def upper(what: Expression[str]) -> Expression[str]:
    """`upper(what)`; only the letters of ASCII are folded."""
    return Function("upper", (what,), TEXT)


def length(what: Expression[Any]) -> Expression[int]:
    """`length(what)` in characters or bytes."""
    return Function("length", (what,), INTEGER)


class Clock(Expression[T]):
    """The time of the statement."""

    __slots__ = ()
    scope = "moment"

    def sql(self, out: Compiler) -> None:
        """Append the database's clock."""
        out.dialect.clock(out, self.type.name)


def now() -> Expression[datetime]:
    """The moment at which the statement runs, in UTC, to the millisecond."""
    return _clock(DATETIME)


def today() -> Expression[date]:
    """The day on which the statement runs, in UTC."""
    return _clock(DATE)


def _clock(kind: ColumnType) -> Clock[Any]:
    clock: Clock[Any] = Clock()
    clock.type = kind
    return clock


def exists(select: Node) -> Expression[bool]:
    """`EXISTS (select)`."""
    return Nested(select, before="EXISTS ")


def value(of: T) -> Expression[T]:
    """A Python value as an expression, to select it or to begin an expression with it."""
    kind = column_type(type(of))
    return Bound(kind.encode(of), kind)


class Case(Expression[T]):
    """`CASE WHEN condition THEN value ... ELSE value END`."""

    __slots__ = ("otherwise", "pairs")

    def __init__(
        self,
        pairs: tuple[tuple[Expression[bool | None], Expression[T]], ...],
        otherwise: Expression[T] | None,
    ) -> None:
        """Take at least one pair."""
        self.pairs = pairs
        self.otherwise = otherwise
        self.type = pairs[0][1].type.free or pairs[0][1].type

    def sql(self, out: Compiler) -> None:
        """Append the cases."""
        out.text("CASE")
        for condition, then in self.pairs:
            out.text(" WHEN ")
            condition.sql(out)
            out.text(" THEN ")
            then.sql(out)
        if self.otherwise is not None:
            out.text(" ELSE ")
            self.otherwise.sql(out)
        out.text(" END")


@overload
def case(
    *pairs: tuple[Expression[bool | None], T | Expression[T]], otherwise: T | Expression[T]
) -> Expression[T]: ...
@overload
def case(*pairs: tuple[Expression[bool | None], Expression[T]]) -> Expression[T | None]: ...
@overload
def case(*pairs: tuple[Expression[bool | None], T]) -> Expression[T | None]: ...
def case(*pairs: tuple[Expression[bool | None], Any], otherwise: Any = None) -> Expression[Any]:
    """The value of the first pair whose condition holds, or `otherwise`.

    case((Blog.views > 1000, "much"), (Blog.views > 10, "some"), otherwise="little")
    """
    if not pairs:
        raise StatementError("case() needs pairs: case((Blog.views > 10, 'some'), ...)")
    first = pairs[0][1]
    model: Expression[Any] = first if isinstance(first, Expression) else value(first)
    lifted = tuple((condition, model.lift(then)) for condition, then in pairs)
    return Case(lifted, None if otherwise is None else model.lift(otherwise))


class PartOfDate(Expression[int]):
    """A number out of a date or time, in UTC."""

    __slots__ = ("inner", "part")

    def __init__(self, part: DatePart, inner: Expression[Any]) -> None:
        """Take one of the parts that DatePart names."""
        self.part = part
        self.inner = inner
        self.type = INTEGER

    def sql(self, out: Compiler) -> None:
        """Append the function of the database."""
        out.dialect.date_part(out, self.part, self.inner)


def date_part(part: DatePart, what: Expression[date | None]) -> Expression[int]:
    """The year, month, day, hour, minute or second of a datetime (in UTC) or date."""
    if part not in {"year", "month", "day", "hour", "minute", "second"}:
        raise StatementError(f"date_part({part!r}): take year, month, day, hour, minute or second")
    if what.type.name not in {"datetime", "date"}:
        raise StatementError(f"date_part({part!r}, {what!r}): that is neither datetime nor date")
    return PartOfDate(part, what)
