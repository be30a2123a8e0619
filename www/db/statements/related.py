"""Related rows: which rows of another table belong to a row, by a foreign key between the two.

`Blog.select().with_related(Comment.blog_id)` reads the comments of all blogs in one more query, and
puts them under `row["comments"]`. A `Related` in the table's class gives that its name and type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from www.db.column import Column
from www.db.compile import checked_name
from www.db.errors import StatementError
from www.db.metadata import TableInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from www.db.statements.select import Select

T = TypeVar("T")


class Related(Generic[T]):
    """Rows of another table as an attribute; there only if a select asked for them.

        class Blog(Table):
            comments = Related[list["Comment"]](lambda: Comment)
            author = Related["User"](lambda: Blog.author_id)  # where there are several, which

        blogs = await engine.all(Blog.select().with_related(Blog.comments))
        blogs[0].comments[0].body

    Nothing is read behind the attribute: it is an AttributeError where with_related was left out.
    """

    __slots__ = ("attribute", "column")

    def __init__(self, column: Callable[[], Column[Any] | type[Any]]) -> None:
        """Take a function that returns the other table, or the foreign key's column.

        The table, where it stands further down: type checkers do not know its columns yet.
        """
        self.column = column
        self.attribute = ""

    def __set_name__(self, owner: type, attribute: str) -> None:
        """Learn the attribute: it is the key in the row."""
        self.attribute = attribute

    @overload
    def __get__(self, row: None, owner: type) -> Related[T]: ...
    @overload
    def __get__(self, row: dict[str, Any], owner: type) -> T: ...
    def __get__(self, row: dict[str, Any] | None, owner: type) -> Related[T] | T:
        """Return this for the class, the related rows for a row."""
        if row is None:
            return self
        try:
            return cast("T", row[self.attribute])
        except KeyError:
            name = f"{owner.__name__}.{self.attribute}"
            message = f"{name} was not read with this row: add .with_related({name}) to its select"
            raise AttributeError(message) from None


class Relation:
    """One thing to read beside the rows of a select."""

    __slots__ = ("here", "key", "many", "select", "there")

    def __init__(
        self, key: str, here: Column[Any], there: Column[Any], select: Select[Any], *, many: bool
    ) -> None:
        """Look for the values of `here`, in the rows found, in `there` of `select`'s table."""
        self.key = key
        self.here = here
        self.there = there
        self.select = select
        self.many = many


def relation(
    info: TableInfo[Any],
    what: Column[Any] | Related[Any],
    select: Callable[[TableInfo[Any]], Select[Any]],
    key: str,
) -> Relation:
    """Find out which side of the foreign key `info` is on; `select` makes the select there."""
    column: object = what.column() if isinstance(what, Related) else what
    if isinstance(other := getattr(column, "info", None), TableInfo):
        column = _only_key(info, other)
    name = f"{info.row.__name__}.select().with_related({column!r})"
    if not isinstance(column, Column) or column.references is None:
        raise StatementError(f"{name}: take a column that refers to another, or a Related")
    target = column.target()
    many = info.columns.get(column.attribute) is not column
    if many and target.table != info.name:
        raise StatementError(f"{name}: it refers to {target!r}, not to {info.called}")
    here, there = (info.columns[target.attribute], column) if many else (column, target)
    inner = select(there.owner)
    if inner.info.name != there.owner.name:
        raise StatementError(f"{name}: select from {there.owner.name}, not from {inner.info.name}")
    if inner.is_limited():
        message = f"{name}: limit() would count the rows of all together, not of each"
        raise StatementError(message)
    if isinstance(what, Related):
        key = key or what.attribute
    elif not key:
        key = column.owner.name if many else column.attribute.removesuffix("_id")
    there = inner.info.columns[there.attribute]
    if checked_name(key, "a key") in info.columns:
        raise StatementError(f"{name}: {key!r} is a column of the row, say key='another'")
    return Relation(key, here, there, inner, many=many)


def _only_key(left: TableInfo[Any], right: TableInfo[Any]) -> Column[Any]:
    """Return the one foreign key between two tables, in either direction."""
    pairs = ((right, left), (left, right))
    found = [
        column
        for this, that in pairs
        for column in this.columns.values()
        if column.references and column.target().table == that.name
    ]
    if len(found) != 1:
        message = f"{len(found)} foreign keys join {left.called} and {right.called}"
        raise StatementError(f"{message}: name the column in Related(...)")
    return found[0]
