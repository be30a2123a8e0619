"""What one can write with an expression: `==`, `&`, `+`, `in_`, `like`, `desc` and so on.

The words stand here, the nodes that they make in `www.db.expression`, which heirs these words; the
methods at the end of this class are what lies between.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar

from www.db.errors import StatementError
from www.db.types import BOOLEAN, INTEGER, REAL, TEXT, ColumnType

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable

    from www.db.compile import Node
    from www.db.expression import Expression, Label, Ordering

T_co = TypeVar("T_co", covariant=True)  # an expression only gives values
X = TypeVar("X")
_CASTS: Final[dict[tuple[type, type], tuple[str, str, ColumnType]]] = {
    (int, float): ("CAST(", " AS DOUBLE PRECISION)", REAL),
    (int, str): ("CAST(", " AS TEXT)", TEXT),
    (float, int): ("CAST(trunc(", ") AS BIGINT)", INTEGER),
    (bool, int): ("CAST(", " AS INTEGER)", INTEGER),
}
_EXACT_CASTS: Final = frozenset({(int, Decimal), (Decimal, float)})


class Operators(Generic[T_co]):
    """The operators and methods of every expression whose value is a `T_co`.

    They take such a value, or an expression that gives one or null: what can never be equal is
    found by the type checker.
    """

    __slots__ = ()
    type: ColumnType

    # Comparisons. `==` returns an expression, therefore expressions hash by identity.
    __hash__ = object.__hash__

    def __eq__(self, other: T_co | Expression[T_co | None] | None) -> Expression[bool]:  # type: ignore[override]
        """`column == value`; None means IS NULL."""
        return self.is_(None) if other is None else self._with(" = ", other, BOOLEAN)

    def __ne__(self, other: T_co | Expression[T_co | None] | None) -> Expression[bool]:  # type: ignore[override]
        """`column != value`; None means IS NOT NULL."""
        return self.is_not(None) if other is None else self._with(" <> ", other, BOOLEAN)

    def __lt__(self, other: T_co | Expression[T_co | None]) -> Expression[bool]:
        """`column < value`."""
        return self._with(" < ", other, BOOLEAN)

    def __le__(self, other: T_co | Expression[T_co | None]) -> Expression[bool]:
        """`column <= value`."""
        return self._with(" <= ", other, BOOLEAN)

    def __gt__(self, other: T_co | Expression[T_co | None]) -> Expression[bool]:
        """`column > value`."""
        return self._with(" > ", other, BOOLEAN)

    def __ge__(self, other: T_co | Expression[T_co | None]) -> Expression[bool]:
        """`column >= value`."""
        return self._with(" >= ", other, BOOLEAN)

    def is_(self, value: None) -> Expression[bool]:  # noqa: ARG002 - only None can be asked for
        """`column IS NULL`."""
        return self._written("", " IS NULL", BOOLEAN)

    def is_not(self, value: None) -> Expression[bool]:  # noqa: ARG002 - only None can be asked for
        """`column IS NOT NULL`."""
        return self._written("", " IS NOT NULL", BOOLEAN)

    def in_(self, values: Iterable[T_co | Expression[T_co | None]] | Node) -> Expression[bool]:
        """`column IN (...)`: values, or a select of one column. No values match nothing."""
        return self._among(values)

    def not_in(self, values: Iterable[T_co | Expression[T_co | None]] | Node) -> Expression[bool]:
        """`NOT column IN (...)`."""
        return ~self._among(values)

    def between(
        self, low: T_co | Expression[T_co | None], high: T_co | Expression[T_co | None]
    ) -> Expression[bool]:
        """`column >= low AND column <= high`."""
        return (self >= low) & (self <= high)

    # LIKE looks at case on every database. ilike does not, for the letters of ASCII; for those of
    # other scripts store a folded column beside the text.
    def contains(self: Operators[str | None], part: str) -> Expression[bool]:
        """Find `part` anywhere in the text; `%` and `_` in it are plain characters."""
        return self._like(f"%{_like_escaped(part)}%")

    def startswith(self: Operators[str | None], part: str) -> Expression[bool]:
        """Find text that begins with `part`."""
        return self._like(f"{_like_escaped(part)}%")

    def endswith(self: Operators[str | None], part: str) -> Expression[bool]:
        """Find text that ends with `part`."""
        return self._like(f"%{_like_escaped(part)}")

    def like(self: Operators[str | None], pattern: str) -> Expression[bool]:
        r"""`column LIKE pattern`, where `%` and `_` are wild and a backslash escapes."""
        return self._like(pattern)

    def ilike(self: Operators[str | None], pattern: str) -> Expression[bool]:
        """Like `like`, but the letters of ASCII match in either case."""
        return self._written("lower(", ")", TEXT)._like(ascii_lower(pattern))  # noqa: SLF001

    # Logic.
    def __and__(self: Operators[bool | None], other: Expression[bool | None]) -> Expression[bool]:
        """Both hold; use parentheses around the comparisons."""
        return self._logic(" AND ", other)

    def __or__(self: Operators[bool | None], other: Expression[bool | None]) -> Expression[bool]:
        """At least one holds."""
        return self._logic(" OR ", other)

    def __invert__(self: Operators[bool | None]) -> Expression[bool]:
        """It does not hold."""
        return self._written("(NOT ", ")", BOOLEAN)

    def __bool__(self) -> NoReturn:
        """Refuse `and`, `or`, `not` and chained comparisons, which Python cannot hand over."""
        raise StatementError("an SQL expression has no truth value in Python: use & | ~ instead")

    # Arithmetic, as Python has it: `/` gives a float, `%` has the sign of the divisor. What is
    # divided by zero is null on every database. Texts are joined by `+`.
    def __add__(self, other: T_co | Expression[T_co | None]) -> Expression[T_co]:
        """`column + value`; of texts one behind the other."""
        return self._computed("+", other)

    def __radd__(self, other: T_co | Expression[T_co | None]) -> Expression[T_co]:
        """`value + column`."""
        return self.lift(other) + self

    def __sub__(self, other: T_co | Expression[T_co | None]) -> Expression[T_co]:
        """`column - value`."""
        return self._computed("-", other)

    def __rsub__(self, other: T_co | Expression[T_co | None]) -> Expression[T_co]:
        """`value - column`."""
        return self.lift(other) - self

    def __mul__(self, other: T_co | Expression[T_co | None]) -> Expression[T_co]:
        """`column * value`."""
        return self._computed("*", other)

    def __rmul__(self, other: T_co | Expression[T_co | None]) -> Expression[T_co]:
        """`value * column`."""
        return self.lift(other) * self

    def __truediv__(
        self: Operators[float | Decimal | None],
        other: float | Decimal | Expression[float | Decimal | None],
    ) -> Expression[float]:
        """`column / value` as a float; null where the value is zero."""
        if self.type.python is Decimal:
            above, below = self.as_type(float), self.lift(other).as_type(float)
            return above._with(" / ", below._written("nullif(", ", 0.0)", REAL), REAL)
        divisor = self.lift(other)._written("nullif(", ", 0)", self.type)
        real = self._written("CAST(", " AS DOUBLE PRECISION)", REAL)
        return real._with(" / ", divisor, REAL)

    def __rtruediv__(
        self: Operators[float | Decimal | None],
        other: float | Decimal | Expression[float | Decimal | None],
    ) -> Expression[float]:
        """`value / column` as a float; null where the column is zero."""
        return self.lift(other) / self

    def __floordiv__(self, other: T_co | Expression[T_co | None]) -> Expression[T_co]:
        """How often `value` fits into the int, as Python counts: rounded down."""
        divisor = self.lift(other)
        unless_zero = divisor._written("nullif(", ", 0)", self.type)
        return (self - self % divisor)._with(" / ", unless_zero, self.type)

    def __rfloordiv__(self, other: T_co | Expression[T_co | None]) -> Expression[T_co]:
        """`value // column`."""
        return self.lift(other) // self

    def __rmod__(self, other: T_co | Expression[T_co | None]) -> Expression[T_co]:
        """`value % column`."""
        return self.lift(other) % self

    def __neg__(self) -> Expression[T_co]:
        """`-column`."""
        if self.type.python is Decimal:
            return self.lift(0) - self
        if self.type.storage not in {int, float}:
            raise StatementError(f"-{self!r}: that is no number")
        return self._written("(-", ")", self.type)

    def __abs__(self) -> Expression[T_co]:
        """`abs(column)`: the value without its sign."""
        if self.type.python is Decimal:
            return self._exact("abs", None)
        if self.type.storage not in {int, float}:
            raise StatementError(f"abs({self!r}): that is no number")
        return self._written("abs(", ")", self.type)

    def __mod__(self, other: T_co | Expression[T_co | None]) -> Expression[T_co]:
        """The rest of `column // value` for ints, with the sign of `value`."""
        if self.type.storage is not int:
            raise StatementError(f"{self!r} % {other!r}: only ints have a rest")
        divisor = self.lift(other)
        unless_zero = divisor._written("nullif(", ", 0)", self.type)
        rest = self._with(" % ", unless_zero, self.type)
        return (rest + divisor)._with(" % ", unless_zero, self.type)

    def as_type(self, python: builtins.type[X]) -> Expression[X]:
        """Convert int to float, str, Decimal; float to int (cut); bool to int; Decimal to float."""
        if (self.type.python, python) in _EXACT_CASTS:
            return self._exactly(python)
        words = _CASTS.get((self.type.python, python))
        if words is None:
            name = python.__name__
            message = f"{self!r}.as_type({name}): {self.type.name} is not converted in SQL alike"
            raise StatementError(f"{message} on every database, do it in Python")
        before, after, kind = words
        return self._written(before, after, kind)

    def _computed(self, sign: str, other: object) -> Expression[Any]:
        kind = self.type
        python = kind.python
        beside = getattr(other, "type", None)
        if Decimal in {python, type(other), getattr(beside, "python", None)}:
            return self._exact(sign, other)
        if kind.storage is str and kind.name != "json":
            if sign != "+" or not issubclass(python, str):
                raise StatementError(f"{self!r} {sign} ...: nothing is counted with a {kind.name}")
            return self._with(" || ", other, kind)
        if kind.storage is bytes or (python is timedelta and sign == "*"):
            raise StatementError(f"{self!r} {sign} ...: nothing is counted with a {kind.name}")
        return self._with(f" {sign} ", other, kind)

    # Order and names.
    def desc(self) -> Ordering:
        """Order from large to small."""
        return self._ordered(descending=True)

    def asc(self) -> Ordering:
        """Order from small to large."""
        return self._ordered(descending=False)

    # What www.db.expression provides.
    def lift(self, value: object) -> Expression[Any]:
        """Return `value` as an expression: bound with this one's type unless it is one already."""
        raise NotImplementedError

    def label(self, name: str) -> Label[T_co]:
        """Give the expression a key in the result row."""
        raise NotImplementedError

    def _exact(self, sign: str, other: object) -> Expression[Any]:
        raise NotImplementedError

    def _exactly(self, python: builtins.type[X]) -> Expression[X]:
        raise NotImplementedError

    def _with(self, operator: str, other: object, kind: ColumnType) -> Expression[Any]:
        raise NotImplementedError

    def _written(self, before: str, after: str, kind: ColumnType) -> Expression[Any]:
        raise NotImplementedError

    def _among(self, values: Any) -> Expression[bool]:
        raise NotImplementedError

    def _like(self, pattern: str) -> Expression[bool]:
        raise NotImplementedError

    def _logic(self, operator: str, other: Expression[bool | None]) -> Expression[bool]:
        raise NotImplementedError

    def _ordered(self, *, descending: bool) -> Ordering:
        raise NotImplementedError


def converts(kind: ColumnType, python: type) -> bool:
    """Tell whether `as_type` makes a `python` of a `kind`."""
    pair = (kind.python, python)
    return pair in _CASTS or pair in _EXACT_CASTS


def ascii_lower(text: str) -> str:
    """Fold what SQLite's `lower` and PostgreSQL's under COLLATE "C" fold."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _like_escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
