"""Values that stand for SQL expressions: columns compared, combined, counted, ordered.

Every value that meets an expression is bound with the expression's own type, so that a wrong one
fails here, with a message, and not in the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from www.db.compile import checked_name
from www.db.errors import BadValue, StatementError
from www.db.operators import Operators, converts
from www.db.types import BOOLEAN, DECIMAL, REAL, TEXT, ColumnType, family

if TYPE_CHECKING:
    import builtins

    from www.db.compile import Compiler

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Expression(Operators[T_co]):
    """Anything that has a value in SQL; `T_co` is the Python type of that value."""

    __slots__ = ("type",)
    type: ColumnType
    scope: ClassVar[str] = "row"  # what the value depends on; a schema holds only what a row says

    def sql(self, out: Compiler) -> None:
        """Append this expression to `out`."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """Show the SQL, as SQLite has it, with a `?` for each value."""
        from www.db.dialects.sqlite import SQLiteDialect

        out = SQLiteDialect().compiler()
        out.prepares = True
        self.sql(out)
        return f"<{out.done().text}>"

    @property
    def key(self) -> str | None:
        """The key under which this stands in a result row; None if it needs a label."""
        return None

    def label(self, name: str) -> Label[T_co]:
        """Give the expression a key in the result row."""
        return Label(self, checked_name(name, "a label"))

    def __getitem__(
        self: Expression[dict[Any, Any] | list[Any] | None], key: str | int
    ) -> Expression[Any]:
        """Look into JSON: `Blog.extra["tags"][0]`."""
        if self.type.storage is not str or self.type.name != "json":
            raise StatementError(f"{self!r}[{key!r}]: only JSON has something inside")
        from www.db.json_path import JsonPath  # which is an Expression itself

        return JsonPath(self, (key,))

    __iter__ = None  # __getitem__ alone would make it iterable, without end

    def lift(self, value: object) -> Expression[Any]:
        """Return `value` as an expression: bound with this one's type unless it is one already."""
        if isinstance(value, Expression):
            return value.beside(self.type)
        kind = self.type.free or self.type
        try:
            return Bound(kind.encode(value), kind)
        except BadValue as err:
            raise self._wrong(err) from err

    def _wrong(self, err: BadValue) -> BadValue:
        """Say of what the value was to be, where that has a name."""
        return err

    def beside(self, kind: ColumnType) -> Expression[Any]:
        """Return this as it is written next to a `kind`: an int beside a Decimal becomes one.

        What the databases would not compare, or not alike, is a StatementError.
        """
        if self.type is kind or family(self.type) == family(kind):
            return self
        if self.type.python is int and kind.python is Decimal:
            return self.as_type(Decimal)
        message = f"{self!r} is {self.type.name}, what it stands beside {kind.name}"
        if converts(self.type, kind.python):
            message += f": .as_type({kind.python.__name__}) converts it"
        elif converts(kind, self.type.python):
            message += f": .as_type({self.type.python.__name__}) converts that"
        raise StatementError(message)

    def _exact(self, sign: str, other: object) -> Expression[Any]:
        left = self.beside(DECIMAL)
        if sign == "abs":
            return Exact(sign, (left,), DECIMAL)
        return Exact(sign, (left, left.lift(other)), DECIMAL)

    def _exactly(self, python: builtins.type[Any]) -> Expression[Any]:
        if python is float:
            return Exact("float", (self,), REAL)
        return Exact("numeric", (self,), DECIMAL)

    def _with(self, operator: str, other: object, kind: ColumnType) -> Expression[Any]:
        return Binary(self, operator, self.lift(other), kind)

    def _written(self, before: str, after: str, kind: ColumnType) -> Expression[Any]:
        return Written(before, self, after, kind)

    def _among(self, values: Any) -> Expression[bool]:
        if hasattr(type(values), "outputs"):
            return Binary(self, " IN ", Nested(self._one_column(values)))
        items = tuple(self.lift(value) for value in self._listed(values))
        return Binary(self, " IN ", Tuple(items)) if items else Literal("(1 = 0)", BOOLEAN)

    def _listed(self, values: Any) -> Iterable[Any]:
        if isinstance(values, str | bytes | Mapping | type) or not isinstance(values, Iterable):
            message = "in_() takes a list of values, or a select of one column"
            raise StatementError(f"{self!r}: {message}, got {values!r:.80}")
        return values

    def _one_column(self, select: Any) -> Any:
        outputs = select.outputs()
        if len(outputs) != 1:
            names = [output.key for output in outputs]
            raise StatementError(f"{self!r}: in_() takes a select of one column, not of {names}")
        outputs[0].beside(self.type)
        return select

    def _like(self, pattern: str) -> Expression[bool]:
        if self.type.storage is not str or self.type.native is not None:
            raise StatementError(f"{self!r} is {self.type.name}: only text is like a pattern")
        if len(pattern) - len(pattern.rstrip("\\")) & 1:
            raise BadValue(f"{pattern!r:.80}: the backslash at the end escapes nothing, write two")
        bound: Expression[str] = Bound(TEXT.encode(pattern), TEXT)
        return Binary(self, " LIKE ", Written("", bound, " ESCAPE '\\'", TEXT))

    def _logic(self, operator: str, other: Expression[bool | None]) -> Expression[bool]:
        if self.type is not BOOLEAN or getattr(other, "type", None) is not BOOLEAN:
            _require_conditions("&" if operator == " AND " else "|", self, other)
        return Logic(operator, (self, other))

    def _ordered(self, *, descending: bool) -> Ordering:
        return Ordering(self, descending=descending)


def _require_conditions(sign: str, *sides: object) -> None:
    for side in sides:
        if not isinstance(side, Expression) or side.type.python is not bool:
            message = f"{sign} joins conditions, and {side!r} is none"
            raise StatementError(f"{message}: write (a == 1) {sign} (b == 2), in parentheses")


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


class Call(Expression[T]):
    """What has a name and arguments."""

    __slots__ = ("arguments", "name")

    def __init__(self, name: str, arguments: tuple[Expression[Any], ...], kind: ColumnType) -> None:
        """Take a name that the heir knows how to write, and the type of the result."""
        self.name = name
        self.arguments = arguments
        self.type = kind


class Exact(Call[T]):
    """What is counted with Decimals: `+`, `-`, `*`, `abs`; or a conversion: `numeric`, `float`."""

    __slots__ = ()

    def sql(self, out: Compiler) -> None:
        """Append the database's operator, or the function that stands for it."""
        function = out.dialect.exact_names.get(self.name)
        casts = {"numeric": "NUMERIC", "float": "DOUBLE PRECISION"}
        before, after = "(", ")"
        if function is not None:
            before = f"{function}("
        elif self.name == "abs":
            before = "abs("
        elif self.name in casts:
            before, after = "CAST(", f" AS {casts[self.name]})"
        out.text(before)
        out.list(self.arguments, ", " if function else f" {self.name} ")
        out.text(after)


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


class Written(Expression[T]):
    """An expression between two pieces of SQL text that this package wrote itself."""

    __slots__ = ("after", "before", "inner")

    def __init__(self, before: str, inner: Expression[Any], after: str, kind: ColumnType) -> None:
        """Take the pieces, with parentheses where they are needed."""
        self.before = before
        self.inner = inner
        self.after = after
        self.type = kind

    def sql(self, out: Compiler) -> None:
        """Append all three."""
        out.text(self.before)
        self.inner.sql(out)
        out.text(self.after)


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
    scope = "rows"

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


class Label(Expression[T_co]):
    """An expression with a key of its own in the result row."""

    __slots__ = ("inner", "name")

    def __init__(self, inner: Expression[T_co], name: str) -> None:
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
    if isinstance(term, Ordering):
        return term
    if not isinstance(term, Expression):
        raise StatementError(f"order by a column or column.desc(), not by {term!r}")
    return term.asc()


def all_of(conditions: tuple[Expression[bool | None], ...]) -> Expression[bool | None]:
    """Join conditions by AND."""
    return conditions[0] if len(conditions) == 1 else Logic(" AND ", conditions)


def any_of(conditions: tuple[Expression[bool | None], ...]) -> Expression[bool | None]:
    """Join conditions by OR."""
    return conditions[0] if len(conditions) == 1 else Logic(" OR ", conditions)
