"""Selects whose text is written once: what each request asks anew is only their values.

To build and write a select with a join takes three times as long as to run it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from www.db.compile import compile_node
from www.db.errors import BadValue, StatementError
from www.db.expression import Bound, Expression
from www.db.hydrate import maker
from www.db.statements.select import Select
from www.db.types import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from www.db.compile import Compiler, Dialect
    from www.db.metadata import Maker
    from www.db.statements.query import Query
    from www.db.types import ColumnType

R = TypeVar("R")


class Prepared(Generic[R]):
    """A select with `given("name")` where values go that `Verbs.prepared` is told.

    by_author = Prepared(Book.select().where(Book.author_id == given("author")).limit(10))
    books = await engine.prepared(by_author, author=7)
    """

    def __init__(self, query: Query[R]) -> None:
        """Take the select; it is written when it runs for the first time."""
        if isinstance(query, Select) and (query.related or query.locks):
            raise StatementError("Prepared() takes no with_related() and no for_update()")
        self._query = query
        self._written: dict[str, _Written[R]] = {}  # by the dialect's name

    def written(self, dialect: Dialect) -> _Written[R]:
        """Return its text, what binds its values, and what makes its rows."""
        if (known := self._written.get(dialect.name)) is not None:
            return known
        text, params = compile_node(self._query, dialect, prepares=True)
        binders = tuple(
            _Binder(value.name, dialect.encoder(value.type), None)
            if isinstance(value, _Place)
            else _Binder("", None, value)
            for value in params
        )
        names = frozenset(binder.name for binder in binders if binder.encode is not None)
        make = maker(self._query.info, self._query.outputs(), dialect)
        made = self._written[dialect.name] = _Written(text, binders, names, make)
        return made


class _Binder(NamedTuple):
    """Where one parameter comes from: a value by its name, or always the same."""

    name: str
    encode: Callable[[Any], Any] | None
    fixed: Any


class _Written(NamedTuple, Generic[R]):
    text: str
    binders: tuple[_Binder, ...]
    names: frozenset[str]
    make: Maker[R]

    def params(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the encoded values in the order of the text. Raises StatementError, BadValue."""
        if values.keys() != self.names:
            known, told = sorted(self.names), sorted(values)
            raise StatementError(f"this prepared select takes values for {known}, got {told}")
        try:
            return tuple(
                [
                    fixed if encode is None else encode(values[name])
                    for name, encode, fixed in self.binders
                ]
            )
        except BadValue:
            for name, encode, _ in self.binders:
                _checked(name, encode, values)
            raise


def _checked(name: str, encode: Callable[[Any], Any] | None, values: Mapping[str, Any]) -> None:
    """Say which value it is that cannot be encoded."""
    try:
        if encode is not None:
            encode(values[name])
    except BadValue as err:
        raise BadValue(f"{name}: {err}") from err


class _Place(Bound[Any]):
    """Where a value goes; its type is that of what it is compared with."""

    __slots__ = ("name",)

    def __init__(self, name: str, kind: ColumnType) -> None:
        super().__init__(None, kind)
        self.name = name

    def beside(self, kind: ColumnType) -> Expression[Any]:
        """Take the type of what this is written next to."""
        return _Place(self.name, kind.free or kind)

    def sql(self, out: Compiler) -> None:
        """Append a placeholder, and this instead of its value."""
        if not out.prepares:
            raise StatementError(f"given({self.name!r}) stands in a select that is not Prepared()")
        out.bind(None, self.type)
        out.params[-1] = self


def given(name: str) -> Any:
    """Mark where a prepared select takes the value of that name."""
    return _Place(name, TEXT)
