"""Table: a dict that knows its columns; TableMetaClass reads them off the class.

A row is a dict, so it prints, compares and serialises as one; its columns are attributes as well.
Assigning remembers what changed. Mistakes in a table class are found when the class is made.
"""

from __future__ import annotations

import re
from keyword import iskeyword
from types import MethodType
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from www.db.column import Column
from www.db.compile import NAME
from www.db.definitions import check
from www.db.errors import DefinitionError, StatementError
from www.db.full_text import Match, Rank
from www.db.hydrate import builder
from www.db.metadata import Check, ForeignKey, Index, TableInfo
from www.db.statements import Delete, Insert, Select, Update
from www.db.statements.alias import Alias, renamed
from www.db.statements.insert import InsertFrom
from www.db.statements.related import Related
from www.db.statements.selecting import Selecting
from www.db.types import words_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from www.db.expression import Expression
    from www.db.statements import Query


class TableMetaClass(type):
    """Makes `cls.info` from the columns, indexes and checks of a class and of its mixins."""

    info: TableInfo[Any]

    def __new__(
        mcs,
        cls_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        name: str = "",
        full_text: bool = False,
    ) -> TableMetaClass:
        """Read the class body; `name` is the table's name, by default the plural of the class's."""
        if not any(isinstance(base, TableMetaClass) for base in bases):
            return super().__new__(mcs, cls_name, bases, namespace)
        table = name or _plural(cls_name)
        namespace.setdefault("__slots__", ())
        cls = super().__new__(mcs, cls_name, bases, namespace)
        columns = {
            key: column.bound_to(table)
            for key, column in _members(cls, Column).items()
            if _checked_name(cls, key, column)
        }
        for key in _members(cls, Related):
            _check_free(cls, key)
        for key, column in columns.items():
            setattr(cls, key, column)
        if full_text:
            _hold_words(cls, [column for column in columns.values() if not column.primary_key])
        cls.info = TableInfo(
            name=table,
            row=cls,
            columns=columns,
            primary_key=tuple(column for column in columns.values() if column.primary_key),
            guard=tuple(column for column in columns.values() if column.version),
            full_text=full_text,
            indexes=list(_rebound(_members(cls, Index), columns)),
            checks=list(_members(cls, Check).values()),
            foreign_keys=list(_members(cls, ForeignKey).values()),
        )
        check(cls, cls.info)
        return cls

    def __init__(
        cls, cls_name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any
    ) -> None:
        """Take the class options that __new__ has read."""
        super().__init__(cls_name, bases, namespace)

    if not TYPE_CHECKING:  # a type checker reads Table.__init__ instead

        def __call__(cls, **values: Any) -> Any:
            """Make a row of column values; a TypeError says which columns there are.

            It stands here and not in Table.__init__, so that rows which come from the database
            are made by dict's own constructor, in C: 0.25 us instead of 0.5.
            """
            info = cls.info
            try:
                row = (info.build or builder(info))(**values)
            except TypeError:
                wrong = [key for key in values if key not in info.columns]
                if computed := [
                    column.attribute for column in info.generated if column.attribute in values
                ]:
                    raise TypeError(
                        f"{cls.__name__}.{computed[0]} is generated: leave it out"
                    ) from None
                if not wrong:
                    raise
                known = ", ".join(info.columns)
                message = f"{cls.__name__} has no column {wrong[0]!r}; it has {known}"
                raise TypeError(message) from None
            return type.__call__(cls, row)

        def __getattr__(cls, name: str) -> Any:
            """Say what there is instead: of `Book.titel`, and of `engine.all(Book)`."""
            if (info := cls.__dict__.get("info")) is None or name.startswith("_"):
                raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
            if hasattr(Select, name):
                message = f"{cls.__name__} is a table, not a statement: {cls.__name__}.select()"
                raise AttributeError(message)
            message = f"{cls.__name__} has no column {name!r}; it has {', '.join(info.columns)}"
            raise AttributeError(message)

    def __repr__(cls) -> str:
        """Show the table's name and columns."""
        info = cls.__dict__.get("info")
        return f"<Table {info.name}({', '.join(info.columns)})>" if info else super().__repr__()


class Table(dict[str, Any], Selecting, metaclass=TableMetaClass):
    """One row. Make it with keywords: `Blog(title="Hello")`; missing columns get their defaults.

    Statements start at the class: `Blog.select()`, `Blog.insert(row)`, `Blog.update(title="x")`,
    `Blog.delete()`. They are values; a connection runs them.
    """

    __slots__ = ("_changes",)
    info: ClassVar[TableInfo[Any]]
    _changes: dict[str, None]  # a set that keeps its order

    if TYPE_CHECKING:

        def __init__(self, **values: Any) -> None:
            """Take column values; TableMetaClass.__call__ does it."""

    def __setitem__(self, key: str, value: Any) -> None:
        """Change a value and remember that it changed."""
        try:
            self._changes[key] = None
        except AttributeError:
            self._changes = {key: None}
        dict.__setitem__(self, key, value)

    def __ior__(self, values: Any) -> Self:  # type: ignore[override, misc]  # a dict's has overloads
        """Assign several values: `book |= {"title": "Solaris", "pages": 204}`."""
        for key, value in dict(values).items():
            self[key] = value
        return self

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Assign a value where the row has none."""
        if key not in self:
            self[key] = default
        return self[key]

    def changed(self) -> dict[str, Any]:
        """Return the columns assigned since the row was read or written, with their new values."""
        return {key: self[key] for key in self.changed_keys()}

    def changed_keys(self) -> tuple[str, ...]:
        """Return the columns assigned since then, in the order of assigning; never the version."""
        try:
            changes = self._changes
        except AttributeError:
            return ()
        if not changes.keys() <= (written := self.info.written):
            for key in changes.keys() - written:
                del changes[key]
        return tuple(changes)

    def mark_stored(self) -> None:
        """Forget the changes: they are in the database now."""
        if hasattr(self, "_changes"):
            del self._changes

    def mark_written(self) -> None:
        """Note that an update has written the changes: it counts the version too."""
        for column in self.info.guard:
            dict.__setitem__(self, column.attribute, self[column.attribute] + 1)
        self.mark_stored()

    def mark_unwritten(self, keys: tuple[str, ...]) -> None:
        """Take back that an update has written `keys`: its transaction was undone."""
        for column in self.info.guard:
            dict.__setitem__(self, column.attribute, self[column.attribute] - 1)
        for key in keys:
            self[key] = self[key]

    @classmethod
    def alias(cls, name: str) -> type[Self]:
        """Return this table under another name, for joins with itself; it can only be read.

        Parent = Comment.alias("parent")
        Comment.select().join(Parent, on=Comment.parent_id == Parent.id)
        """
        # For type checkers it is the class: its attributes are the same columns.
        return cast("type[Self]", Alias(renamed(cls.info, name)))

    @classmethod
    def insert(cls, *rows: Mapping[str, Any]) -> Insert[Self]:
        """Insert rows (instances or plain dicts with the same keys)."""
        return Insert(cls.info, rows)

    @classmethod
    def insert_from(cls, query: Query[Any]) -> Insert[Self]:
        """Insert what a select finds; its keys (labels) are the columns it goes into.

        Defaults that Python fills in are not: select them, with `value(...)`.
        """
        return InsertFrom(cls.info, query)

    @classmethod
    def update(cls, **values: Any) -> Update[Self]:  # type: ignore[override] # DESIGN: the verb
        """Set columns to values or expressions: `Blog.update(views=Blog.views + 1).where(...)`."""
        return Update(cls.info, values)

    @classmethod
    def delete(cls) -> Delete[Self]:
        """Delete the rows that `.where(...)` names."""
        return Delete(cls.info)

    @classmethod
    def match(cls, terms: tuple[tuple[str, ...], ...], *, prefix: bool = False) -> Expression[bool]:
        """Full text tables only: rows with every term; a term of several tokens is a phrase."""
        cls._require_full_text()
        return Match(cls.info, terms, prefix=prefix)

    @classmethod
    def rank(cls, *weights: float) -> Expression[float]:
        """Full text tables only: how well a row fits, smaller is better; one weight per column."""
        cls._require_full_text()
        return Rank(cls.info, weights)

    @classmethod
    def _require_full_text(cls) -> None:
        if not cls.info.full_text:
            raise StatementError(f"{cls.__name__} is not a full text table")


class _OfTheTable:
    """A verb of the table, which a row has not: its statement would be about other rows."""

    def __init__(self, verb: Callable[..., Any]) -> None:
        """Take the function, whose first argument is the class."""
        self._verb = verb

    def __get__(self, row: Table | None, table: type[Table]) -> MethodType:
        if row is None:
            return MethodType(self._verb, table)
        name = self._verb.__name__
        message = f"{table.__name__}.{name}() makes a statement and does nothing to this row"
        raise AttributeError(f"{message}: await engine.{name}(row)")


for _verb in ("insert", "update", "delete"):
    setattr(Table, _verb, _OfTheTable(vars(Table)[_verb].__func__))


# Names that a column cannot have: a row is a dict and a Table, whose methods they would hide.
_RESERVED = frozenset(dir(dict)) | frozenset(dir(Table))


def _members(cls: type, kind: type[Any]) -> dict[str, Any]:
    """Collect class attributes of `kind`: the class's own, then those of its mixins."""
    found: dict[str, Any] = {}
    hidden: set[str] = set()
    for base in cls.__mro__:
        own = {key: value for key, value in vars(base).items() if isinstance(value, kind)}
        found |= {key: value for key, value in own.items() if key not in hidden}
        hidden.update(vars(base))
    return found


def _rebound(indexes: Mapping[str, Index], columns: Mapping[str, Column[Any]]) -> list[Index]:
    """Add the one-column indexes that columns ask for themselves."""
    own = [
        Index(
            column,
            unique=column.unique,
            name=f"{'uq' if column.unique else 'ix'}_{column.table}_{column.name}",
        )
        for column in columns.values()
        if column.index or column.unique
    ]
    return [*own, *indexes.values()]


def _hold_words(cls: type, columns: Sequence[Column[Any]]) -> None:
    for place, column in enumerate(columns):
        if column.type.python is not str and not column.mistake:
            where = f"{cls.__name__}.{column.attribute}"
            raise DefinitionError(f"{where}: a full text table holds words: take a str")
        column.type = words_type(place)


def _checked_name(cls: type, key: str, column: Column[Any]) -> bool:
    _check_free(cls, key)
    if not key.isidentifier() or iskeyword(key):
        raise DefinitionError(f"{cls.__name__}.{key}: a column's name in Python is an identifier")
    if not NAME.match(column.name):
        where = f"{cls.__name__}.{key}"
        raise DefinitionError(f"{where}: {column.name!r} is no column name: a-z, 0-9 and _")
    return True


def _check_free(cls: type, key: str) -> None:
    if key in _RESERVED:
        where = f"{cls.__name__}.{key}"
        raise DefinitionError(f"{where}: a row has a method of that name, choose another")


def _plural(cls_name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls_name).lower()
    return snake if snake.endswith("s") else f"{snake}s"
