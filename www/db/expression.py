"""Values that stand for SQL expressions: columns compared, combined, counted, ordered.

Every value that meets an expression is bound with the expression's own type, so that a wrong one
fails here, with a message, and not in the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from www.db.errors import StatementError
from www.db.types import BOOLEAN, TEXT, ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from www.db.compile import Compiler, Node

T = TypeVar("T")


class Expression(Generic[T]):
    """Anything that has a value in SQL; `T` is the Python type of that value."""

    __slots__ = ("type",)
    type: ColumnType

    def sql(self, out: Compiler) -> None:
        """Append this expression to `out`."""
        raise NotImplementedError

    @property
    def key(self) -> str | None:
        """The key under which this stands in a result row; None if it needs a label."""
        return None

    # Comparisons. `==` returns an expression, therefore expressions hash by identity.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Expression[bool]:  # type: ignore[override]
        """`column == value`; None means IS NULL."""
        return self.is_(None) if other is None else Binary(self, " = ", self.lift(other))

    def __ne__(self, other: object) -> Expression[bool]:  # type: ignore[override]
        """`column != value`; None means IS NOT NULL."""
        return self.is_not(None) if other is None else Binary(self, " <> ", self.lift(other))

    def __lt__(self, other: object) -> Expression[bool]:
        """`column < value`."""
        return Binary(self, " < ", self.lift(other))

    def __le__(self, other: object) -> Expression[bool]:
        """`column <= value`."""
        return Binary(self, " <= ", self.lift(other))

    def __gt__(self, other: object) -> Expression[bool]:
        """`column > value`."""
        return Binary(self, " > ", self.lift(other))

    def __ge__(self, other: object) -> Expression[bool]:
        """`column >= value`."""
        return Binary(self, " >= ", self.lift(other))

    def is_(self, value: None) -> Expression[bool]:  # noqa: ARG002 - only None can be asked for
        """`column IS NULL`."""
        return Postfix(self, " IS NULL")

    def is_not(self, value: None) -> Expression[bool]:  # noqa: ARG002 - only None can be asked for
        """`column IS NOT NULL`."""
        return Postfix(self, " IS NOT NULL")

    def in_(self, values: Iterable[Any] | Node) -> Expression[bool]:
        """`column IN (...)`: values, or a select of one column. No values match nothing."""
        if hasattr(values, "sql"):
            return Binary(self, " IN ", Nested(values))
        items = tuple(self.lift(value) for value in values)
        return Binary(self, " IN ", Tuple(items)) if items else Literal("(1 = 0)", BOOLEAN)

    def not_in(self, values: Iterable[Any] | Node) -> Expression[bool]:
        """`NOT column IN (...)`."""
        return ~self.in_(values)

    def between(self, low: object, high: object) -> Expression[bool]:
        """`column >= low AND column <= high`."""
        return (self >= low) & (self <= high)

    # LIKE looks at case on every database. ilike does not, for the letters of ASCII; for those of
    # other scripts store a folded column beside the text.
    def contains(self, part: str) -> Expression[bool]:
        """Find `part` anywhere in the text; `%` and `_` in it are plain characters."""
        return self._like(f"%{_like_escaped(part)}%")

    def startswith(self, part: str) -> Expression[bool]:
        """Find text that begins with `part`."""
        return self._like(f"{_like_escaped(part)}%")

    def like(self, pattern: str) -> Expression[bool]:
        r"""`column LIKE pattern`, where `%` and `_` are wild and a backslash escapes."""
        return self._like(pattern)

    def ilike(self, pattern: str) -> Expression[bool]:
        """Like `like`, but the letters of ASCII match in either case."""
        return Function("lower", (self,), TEXT)._like(ascii_lower(pattern))  # noqa: SLF001

    def _like(self, pattern: str) -> Expression[bool]:
        return Binary(self, " LIKE ", Escaped(Bound(TEXT.encode(pattern), TEXT)))

    # Logic and arithmetic.
    def __and__(self, other: Expression[bool]) -> Expression[bool]:
        """Both hold; use parentheses around the comparisons."""
        return Logic(" AND ", (self, other))

    def __or__(self, other: Expression[bool]) -> Expression[bool]:
        """At least one holds."""
        return Logic(" OR ", (self, other))

    def __invert__(self) -> Expression[bool]:
        """It does not hold."""
        return Prefix("NOT ", self)

    def __bool__(self) -> bool:
        """Refuse `and`, `or`, `not` and chained comparisons, which Python cannot hand over."""
        raise StatementError("an SQL expression has no truth value in Python: use & | ~ instead")

    def __add__(self, other: object) -> Expression[T]:
        """`column + value`."""
        return Binary(self, " + ", self.lift(other), self.type)

    def __sub__(self, other: object) -> Expression[T]:
        """`column - value`."""
        return Binary(self, " - ", self.lift(other), self.type)

    def __mul__(self, other: object) -> Expression[T]:
        """`column * value`."""
        return Binary(self, " * ", self.lift(other), self.type)

    # Order and names.
    def desc(self) -> Ordering:
        """Order from large to small."""
        return Ordering(self, descending=True)

    def asc(self) -> Ordering:
        """Order from small to large."""
        return Ordering(self, descending=False)

    def label(self, name: str) -> Label[T]:
        """Give the expression a key in the result row."""
        return Label(self, name)

    def lift(self, value: object) -> Expression[Any]:
        """Return `value` as an expression: bound with this one's type unless it is one already."""
        if isinstance(value, Expression):
            return value
        return Bound(self.type.encode(value), self.type)


class Bound(Expression[T]):
    """A value, already encoded for the database."""

    __slots__ = ("value",)

    def __init__(self, value: Any, kind: ColumnType) -> None:
        """Take the encoded value."""
        self.value = value
        self.type = kind

    def sql(self, out: Compiler) -> None:
        """Append a placeholder."""
        out.bind(self.value, self.type)


class Binary(Expression[T]):
    """`left operator right` in parentheses."""

    __slots__ = ("left", "operator", "right")

    def __init__(
        self,
        left: Expression[Any],
        operator: str,
        right: Expression[Any],
        kind: ColumnType = BOOLEAN,
    ) -> None:
        """Take an operator with its spaces."""
        self.left = left
        self.operator = operator
        self.right = right
        self.type = kind

    def sql(self, out: Compiler) -> None:
        """Append both sides."""
        out.text("(")
        self.left.sql(out)
        out.text(self.operator)
        self.right.sql(out)
        out.text(")")


class Logic(Expression[bool]):
    """Conditions joined by AND or OR."""

    __slots__ = ("conditions", "operator")

    def __init__(self, operator: str, conditions: tuple[Expression[Any], ...]) -> None:
        """Take at least one condition."""
        self.operator = operator
        self.conditions = conditions
        self.type = BOOLEAN

    def sql(self, out: Compiler) -> None:
        """Append the conditions."""
        out.text("(")
        out.list(self.conditions, self.operator)
        out.text(")")


class Prefix(Expression[bool]):
    """`NOT x`."""

    __slots__ = ("inner", "operator")

    def __init__(self, operator: str, inner: Expression[Any]) -> None:
        """Take the operator with its space."""
        self.operator = operator
        self.inner = inner
        self.type = BOOLEAN

    def sql(self, out: Compiler) -> None:
        """Append operator and operand."""
        out.text("(" + self.operator)
        self.inner.sql(out)
        out.text(")")


class Postfix(Expression[bool]):
    """`x IS NULL`."""

    __slots__ = ("inner", "operator")

    def __init__(self, inner: Expression[Any], operator: str) -> None:
        """Take the operator with its space."""
        self.inner = inner
        self.operator = operator
        self.type = BOOLEAN

    def sql(self, out: Compiler) -> None:
        """Append operand and operator."""
        self.inner.sql(out)
        out.text(self.operator)


class Escaped(Expression[str]):
    r"""The right side of a LIKE: the pattern and its escape character."""

    __slots__ = ("pattern",)

    def __init__(self, pattern: Expression[str]) -> None:
        """Take the bound pattern."""
        self.pattern = pattern
        self.type = TEXT

    def sql(self, out: Compiler) -> None:
        """Append the pattern with `ESCAPE`."""
        self.pattern.sql(out)
        out.text(" ESCAPE '\\'")


class Tuple(Expression[Any]):
    """`(a, b, c)`: the right side of IN, or a row value."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Expression[Any], ...]) -> None:
        """Take at least one item."""
        self.items = items
        self.type = BOOLEAN

    def sql(self, out: Compiler) -> None:
        """Append the items in parentheses."""
        out.text("(")
        out.list(self.items, ", ")
        out.text(")")


class Nested(Expression[Any]):
    """A select in parentheses: the right side of IN, a scalar, or `EXISTS`."""

    __slots__ = ("before", "select")

    def __init__(self, select: Any, kind: ColumnType = BOOLEAN, before: str = "") -> None:
        """Take a select statement."""
        self.select = select
        self.before = before
        self.type = kind

    def sql(self, out: Compiler) -> None:
        """Append the select."""
        out.text(self.before + "(")
        self.select.sql(out)
        out.text(")")


class Function(Expression[T]):
    """`name(arguments)`."""

    __slots__ = ("arguments", "name")

    def __init__(self, name: str, arguments: tuple[Expression[Any], ...], kind: ColumnType) -> None:
        """Take a name that both databases know."""
        self.name = name
        self.arguments = arguments
        self.type = kind

    def sql(self, out: Compiler) -> None:
        """Append the call."""
        out.text(self.name + "(")
        out.list(self.arguments, ", ")
        out.text(")")


class Cast(Expression[T]):
    """`CAST(x AS type)`: PostgreSQL sums integers to NUMERIC."""

    __slots__ = ("inner", "target")

    def __init__(self, inner: Expression[Any], target: str, kind: ColumnType) -> None:
        """Take the name of a type that both databases know."""
        self.inner = inner
        self.target = target
        self.type = kind

    def sql(self, out: Compiler) -> None:
        """Append the cast."""
        out.text("CAST(")
        self.inner.sql(out)
        out.text(f" AS {self.target})")


class Literal(Expression[T]):
    """SQL text that this package wrote itself, such as `*` or `1`."""

    __slots__ = ("fragment",)

    def __init__(self, fragment: str, kind: ColumnType) -> None:
        """Take the text."""
        self.fragment = fragment
        self.type = kind

    def sql(self, out: Compiler) -> None:
        """Append the text."""
        out.text(self.fragment)


class Label(Expression[T]):
    """An expression with a key of its own in the result row."""

    __slots__ = ("inner", "name")

    def __init__(self, inner: Expression[T], name: str) -> None:
        """Take the expression and the key."""
        self.inner = inner
        self.name = name
        self.type = inner.type

    @property
    def key(self) -> str:
        """The key that was given."""
        return self.name

    def sql(self, out: Compiler) -> None:
        """Append the expression alone: the label belongs to the select list."""
        self.inner.sql(out)


class Ordering:
    """One term of ORDER BY or of an index."""

    __slots__ = ("descending", "expression")

    def __init__(self, expression: Expression[Any], *, descending: bool) -> None:
        """Take what to order by, and the direction."""
        self.expression = expression
        self.descending = descending

    def sql(self, out: Compiler) -> None:
        """Append the term."""
        self.expression.sql(out)
        if self.descending:
            out.text(" DESC")
        if out.dialect.places_nulls and out.may_be_null(self.expression):
            out.text(" NULLS LAST" if self.descending else " NULLS FIRST")


def ordering(term: Expression[Any] | Ordering) -> Ordering:
    """Read a bare expression as ascending."""
    return term if isinstance(term, Ordering) else term.asc()


def all_of(conditions: tuple[Expression[bool], ...]) -> Expression[bool]:
    """Join conditions by AND."""
    return conditions[0] if len(conditions) == 1 else Logic(" AND ", conditions)


def any_of(conditions: tuple[Expression[bool], ...]) -> Expression[bool]:
    """Join conditions by OR."""
    return conditions[0] if len(conditions) == 1 else Logic(" OR ", conditions)


def ascii_lower(text: str) -> str:
    """Fold what SQLite's `lower` and PostgreSQL's under COLLATE "C" fold."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _like_escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
