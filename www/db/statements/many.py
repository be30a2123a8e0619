"""INSERT, UPDATE and DELETE of many rows at once: what is given stands in FROM, as "given"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from www.db.compile import quoted
from www.db.statements.base import write_outputs

if TYPE_CHECKING:
    from www.db.column import Column
    from www.db.compile import Compiler
    from www.db.metadata import TableInfo
    from www.db.types import ColumnType


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """A statement about several rows, each given by its values of `columns`.

    `rows` says how many; where a dialect takes arrays, any number of rows has the same text.
    """

    info: TableInfo[Any]
    columns: tuple[Column[Any], ...]
    rows: int = 1
    generated: tuple[Column[Any], ...] = ()  # what is told back of each row

    @property
    def kinds(self) -> list[ColumnType]:
        """The types of what is given."""
        return [column.type for column in self.columns]

    def sql(self, out: Compiler) -> None:
        """Append the statement."""
        raise NotImplementedError


class InsertMany(Many):
    """New rows."""

    __slots__ = ()

    def sql(self, out: Compiler) -> None:
        """Append an INSERT from a select."""
        names = ", ".join(quoted(column.name) for column in self.columns)
        values = ", ".join(out.dialect.given_values(self.kinds))
        out.text(f"INSERT INTO {quoted(self.info.name)} ({names}) SELECT {values} FROM ")
        out.dialect.given(out, self.kinds, self.rows)
        if self.generated:
            out.text(" RETURNING ")
            write_outputs(out, self.generated)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMany(Many):
    """Writes the first `written` columns into the rows with the others, and counts versions."""

    written: int

    def sql(self, out: Compiler) -> None:
        """Append an UPDATE with FROM."""
        pairs = list(zip(self.columns, out.dialect.given_values(self.kinds), strict=True))
        sets = [f"{quoted(column.name)} = {value}" for column, value in pairs[: self.written]]
        sets += [f"{quoted(c.name)} = {c.qualified} + 1" for c in self.info.guard]
        out.text(f"UPDATE {quoted(self.info.name)} SET {', '.join(sets)} FROM ")
        out.dialect.given(out, self.kinds, self.rows)
        known = [f"{column.qualified} = {value}" for column, value in pairs[self.written :]]
        out.text(f" WHERE {' AND '.join(known)}")


class DeleteMany(Many):
    """Deletes the rows whose primary keys are given."""

    __slots__ = ()

    def sql(self, out: Compiler) -> None:
        """Append a DELETE with a subquery: SQLite has no DELETE with a join."""
        names = ", ".join(column.qualified for column in self.columns)
        values = ", ".join(out.dialect.given_values(self.kinds))
        out.text(f"DELETE FROM {quoted(self.info.name)} WHERE ({names}) IN (SELECT {values} FROM ")
        out.dialect.given(out, self.kinds, self.rows)
        out.text(")")
