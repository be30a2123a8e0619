"""What a statement and a migration know of a table: its name, columns, indexes and checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from www.db.compile import quoted
from www.db.errors import DefinitionError, StatementError

if TYPE_CHECKING:
    from www.db.column import Column, OnDelete
    from www.db.expression import Expression, Ordering
    from www.db.plans import Plan
    from www.db.statements.query import Query

R = TypeVar("R")
Maker = Callable[[list[tuple[Any, ...]]], list[R]]


class Index:
    """An index over columns, in order; `where` makes it partial, `unique` a constraint."""

    __slots__ = ("name", "terms", "unique", "where")

    def __init__(
        self,
        *terms: Expression[Any] | Ordering,
        where: Expression[bool | None] | None = None,
        unique: bool = False,
        name: str = "",
    ) -> None:
        """Take columns, expressions or `column.desc()`; the name is the attribute's unless given.

        Index(lower(name), unique=True) keeps names apart that differ only by case.
        """
        self.terms = terms
        self.where = where
        self.unique = unique
        self.name = name

    def __set_name__(self, owner: type, attribute: str) -> None:
        """Take the attribute's name."""
        self.name = self.name or attribute

    def attributes(self) -> set[str]:
        """Return its columns; what is an expression has no name."""
        terms = [getattr(term, "expression", term) for term in self.terms]
        return {getattr(term, "attribute", "") for term in terms}

    def full_name(self, table: str) -> str:
        """Return the name in the database, where indexes of all tables share one space."""
        given = self.name.startswith(("ix_", "uq_"))
        return self.name if given else f"ix_{table}_{self.name}"


class Check:
    """A condition that every row of the table meets."""

    __slots__ = ("condition", "name")

    def __init__(self, condition: Expression[bool | None], name: str = "") -> None:
        """Take an expression over the table's own columns."""
        self.condition = condition
        self.name = name

    def __set_name__(self, owner: type, attribute: str) -> None:
        """Take the attribute's name."""
        self.name = self.name or attribute


class ForeignKey:
    """A reference by several columns, which are all there or, where nullable, not all.

        in_shelf = ForeignKey(room, place, references=lambda: (Shelf.room, Shelf.place))

    What it refers to is the other table's primary key, or has a unique index.
    """

    __slots__ = ("columns", "name", "on_delete", "on_update", "references")

    def __init__(
        self,
        *columns: Column[Any],
        references: Callable[[], tuple[Column[Any], ...]],
        on_delete: OnDelete = "restrict",
        on_update: OnDelete = "restrict",
    ) -> None:
        """Take columns of this table, and a function that returns as many of the other."""
        self.columns = columns
        self.references = references
        self.on_delete = on_delete
        self.on_update = on_update
        self.name = ""

    def __set_name__(self, owner: type, attribute: str) -> None:
        """Take the attribute's name."""
        self.name = attribute

    def target(self) -> tuple[Column[Any], ...]:
        """Return the columns referred to; a DefinitionError says what is wrong with them."""
        found: object = self.references()
        pairs = list(zip(self.columns, found, strict=False)) if isinstance(found, tuple) else []
        if not isinstance(found, tuple) or len(found) != len(self.columns):
            message = f"references must return {len(self.columns)} columns, got {found!r}"
            raise DefinitionError(f"{self.name}: {message}")
        for here, there in pairs:
            if there.table != found[0].table or here.type.storage is not there.type.storage:
                message = f"{here!r} cannot refer to {there!r}: another type, or another table"
                raise DefinitionError(f"{self.name}: {message}")
        other: TableInfo[Any] = found[0].owner
        if not other.is_unique({column.attribute for column in found}):
            message = f"{found!r} are neither the primary key nor a unique index of {other.name}"
            raise DefinitionError(f"{self.name}: {message}")
        return found


@dataclass(slots=True)
class TableInfo(Generic[R]):
    """The description of one table; `row` is the class whose instances its rows become."""

    name: str
    row: type[R]
    columns: dict[str, Column[Any]]
    primary_key: tuple[Column[Any], ...]
    guard: tuple[Column[Any], ...] = ()  # the version column, if there is one
    full_text: bool = False
    indexes: list[Index] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)  # of several columns
    whole: tuple[Column[Any], ...] = ()  # every column, as a select of whole rows names them
    makers: dict[Any, Maker[R]] = field(default_factory=dict)  # see www.db.hydrate
    plans: dict[Any, Plan] = field(default_factory=dict)  # see www.db.plans

    called: str = ""  # the name under which a statement has it: an alias, or its own
    body: Query[Any] | None = None  # of a select that serves as a table
    is_cte: bool = False  # which stands in front of the statement, in WITH
    source: str = ""  # what stands behind FROM, unless `body` does

    build: Callable[..., dict[str, Any]] | None = None  # makes the dict of a new row

    written: frozenset[str] = frozenset()  # keys that an update of a row may name
    generated: tuple[Column[Any], ...] = ()  # what the database computes
    head: str = ""  # SELECT of all columns FROM this table, if it is one

    def __post_init__(self) -> None:
        """Write down once what statements need again and again."""
        for column in self.columns.values():
            column.owner = self
        names = ", ".join(column.qualified for column in self.columns.values())
        self.called = self.called or self.name
        self.source = quoted(self.name)
        if self.called != self.name:
            self.source += f" AS {quoted(self.called)}"
        self.head = f"SELECT {names} FROM {self.source}" if self.body is None else ""
        self.generated = tuple(c for c in self.columns.values() if c.generated is not None)
        computed = {column.attribute for column in (*self.generated, *self.guard)}
        self.written = frozenset(self.columns) - computed
        self.whole = tuple(self.columns.values())

    def references(self) -> list[tuple[tuple[Column[Any], ...], tuple[Column[Any], ...]]]:
        """Return the columns that refer to another table, each with what they refer to."""
        single = [((c,), (c.target(),)) for c in self.columns.values() if c.references is not None]
        several = [
            (tuple(self.columns[column.attribute] for column in key.columns), key.target())
            for key in self.foreign_keys
        ]
        return [*single, *several]

    def parents(self) -> set[str]:
        """Return the names of the tables that this one refers to."""
        return {target[0].table for _, target in self.references()}

    def is_unique(self, attributes: set[str]) -> bool:
        """Tell whether no two rows can have the same values of these columns."""
        keys = [{column.attribute for column in self.primary_key}]
        keys += [
            index.attributes() for index in self.indexes if index.unique and index.where is None
        ]
        return attributes in keys

    def given(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """Return the keys of a row that an insert writes: a row that was read has more."""
        if not self.generated:
            return keys
        computed = {column.attribute for column in self.generated}
        return tuple(key for key in keys if key not in computed)

    def writable(self, attribute: str) -> Column[Any]:
        """Return the column of that attribute, if a statement may write it."""
        column = self.column(attribute)
        if column.generated is not None:
            message = f"{self.name}.{attribute} is generated: the database writes it"
            raise StatementError(message)
        return column

    def column(self, attribute: str) -> Column[Any]:
        """Return the column of that attribute, or say which there are."""
        try:
            return self.columns[attribute]
        except KeyError:
            known = ", ".join(self.columns)
            message = f"{self.row.__name__} has no column {attribute!r}; it has {known}"
            raise StatementError(message) from None
