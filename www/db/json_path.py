"""What stands inside a JSON column: `Blog.extra["tags"][0]`, to compare, select and convert.

A comparison looks at the type: `Blog.extra["size"] > 3` finds numbers only, `== "3"` texts only.
Whatever is missing, or of another type, is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from www.db.errors import StatementError
from www.db.expression import Bound, Expression
from www.db.types import BOOLEAN, INTEGER, JSON, REAL, TEXT, ColumnType

if TYPE_CHECKING:
    from www.db.compile import Compiler
    from www.db.expression import Ordering

T = TypeVar("T")
Key = str | int
_KINDS: Final[dict[type, ColumnType]] = {int: INTEGER, float: REAL, str: TEXT, bool: BOOLEAN}


class JsonPath(Expression[Any]):
    """A place in a JSON value; null where there is nothing."""

    __slots__ = ("base", "path")

    def __init__(self, base: Expression[Any], path: tuple[Key, ...]) -> None:
        """Take keys of objects and places in arrays, which count from 0."""
        for key in path:
            if isinstance(key, bool) or not isinstance(key, Key):
                raise StatementError(f"{base!r}[{key!r}]: take a key (str) or a place (int)")
            if isinstance(key, str) and (not key.isprintable() or '"' in key or "\\" in key):
                raise StatementError(f"{base!r}[{key!r}]: a key with these characters is not found")
            if isinstance(key, int) and key < 0:
                raise StatementError(f"{base!r}[{key}]: places count from 0")
        self.base = base
        self.path = path
        self.type = JSON

    def __getitem__(self, key: Key) -> JsonPath:
        """Go one step deeper."""
        return JsonPath(self.base, (*self.path, key))

    def as_type(self, python: type[T]) -> Expression[T]:
        """The value if it is an int, float, str or bool as asked for; else null."""
        if (kind := _KINDS.get(python)) is None:
            raise StatementError(f"{self!r}.as_type({python!r}): take int, float, str or bool")
        return JsonValue(self, kind)

    def beside(self, kind: ColumnType) -> Expression[Any]:
        """Take the other side's type."""
        return self.as_type(kind.python)

    def sql(self, out: Compiler) -> None:
        """Append what gives the JSON found there."""
        out.dialect.json_path(out, self.base, self.path)

    def _with(self, operator: str, other: object, kind: ColumnType) -> Expression[Any]:
        if kind is not BOOLEAN:
            self._untyped(operator.strip())
        python = other.type.python if isinstance(other, Expression) else type(other)
        if python is int and operator not in {" = ", " <> "}:
            # 5.5 is larger than 5. As a float, so that both are compared alike.
            real: Expression[float] = self.as_type(float)
            number = other if isinstance(other, Expression) else Bound(float(str(other)), REAL)
            return real._with(operator, number, kind)  # noqa: SLF001 - one family
        return self.as_type(python)._with(operator, other, kind)  # noqa: SLF001

    def _among(self, values: Any) -> Expression[bool]:
        if hasattr(type(values), "sql"):
            self._untyped("in_")
        items = tuple(self._listed(values))
        python = type(items[0]) if items else int
        return self.as_type(python)._among(items)  # noqa: SLF001

    def _like(self, pattern: str) -> Expression[bool]:
        return self.as_type(str)._like(pattern)  # noqa: SLF001

    def _ordered(self, *, descending: bool) -> Ordering:  # noqa: ARG002
        self._untyped("order_by")

    def _untyped(self, what: str) -> NoReturn:
        raise StatementError(f"{self!r}: {what} needs a type, such as .as_type(int)")

    def __repr__(self) -> str:
        """Show the column and the path."""
        return repr(self.base) + "".join(f"[{key!r}]" for key in self.path)


class JsonValue(Expression[T]):
    """What stands at a path, if it has the type."""

    __slots__ = ("found",)

    def __init__(self, found: JsonPath, kind: ColumnType) -> None:
        """Take the path and the type."""
        self.found = found
        self.type = kind

    def sql(self, out: Compiler) -> None:
        """Append the value, or null if it is of another type."""
        out.dialect.json_value(out, self.found.base, self.found.path, self.type)
