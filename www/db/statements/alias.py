"""Alias: a table, or a select, under a name of its own, to select from and to join.

Made by `Comment.alias("parent")` (to join a table with itself), `select.as_table("t")` and
`select.as_cte("t")`. The columns are its attributes; `t[Blog.title]` is the same with its type.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

from www.db.column import Column
from www.db.compile import checked_name
from www.db.errors import StatementError
from www.db.metadata import TableInfo
from www.db.statements.selecting import SelectingRows

if TYPE_CHECKING:
    from www.db.expression import Expression
    from www.db.statements.query import Query

R = TypeVar("R")
T = TypeVar("T")


class Alias(SelectingRows[R]):
    """What one may select from under this name; changes go to the table itself."""

    __slots__ = ("info",)

    def __init__(self, info: TableInfo[R]) -> None:
        """Take a description whose columns carry the name already."""
        self.info = info

    def __getattr__(self, attribute: str) -> Any:
        """Return a column."""
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        if attribute in {"insert", "update", "delete", "insert_from"}:
            row = self.info.row.__name__
            message = f"{self!r} can only be read: write {row}.{attribute}(...)"
            raise StatementError(message)
        return self[attribute]

    @overload
    def __getitem__(self, column: Expression[T]) -> Column[T]: ...
    @overload
    def __getitem__(self, column: str) -> Column[Any]: ...
    def __getitem__(self, column: Expression[T] | str) -> Column[Any]:
        """Return the column of that key, or the one that `column` became here."""
        key = column if isinstance(column, str) else column.key or ""
        if key not in self.info.columns:
            known = ", ".join(self.info.columns)
            raise StatementError(f"{self!r} has no column {key!r}; it has {known}")
        return self.info.columns[key]

    def alias(self, name: str) -> Alias[R]:
        """Return the same under another name."""
        return Alias(renamed(self.info, name))

    def __repr__(self) -> str:
        """Show the name and the row's class."""
        return f"<Alias {self.info.called} of {self.info.row.__name__}>"


def renamed(info: TableInfo[R], name: str) -> TableInfo[R]:
    """Return a description of the same table under another name."""
    called = checked_name(name, "an alias")
    columns = {key: column.bound_to(called) for key, column in info.columns.items()}
    return replace(
        info,
        called=called,
        columns=columns,
        primary_key=tuple(columns[column.attribute] for column in info.primary_key),
        makers={},
    )


def derived(query: Query[R], name: str, *, is_cte: bool) -> Alias[R]:
    """Describe the result of `query` as a table."""
    columns = {
        key: _column(output, key, checked_name(name, "a table"))
        for key, output in zip(query.output_keys(), query.outputs(), strict=True)
    }
    if len(columns) != len(query.outputs()):
        twice = next(key for key in query.output_keys() if query.output_keys().count(key) > 1)
        raise StatementError(f"two columns of {name} are called {twice!r}: use .label() for one")
    row = query.info.row
    return Alias(TableInfo(name, row, columns, primary_key=(), body=query, is_cte=is_cte))


def _column(output: Expression[Any], key: str, table: str) -> Column[Any]:
    column: Column[Any] = Column(output.type, nullable=True)
    column.attribute = column.name = checked_name(key, "a column")
    return column.bound_to(table)
