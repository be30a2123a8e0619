"""INSERT, UPDATE and DELETE of many rows of PostgreSQL: arrays stand in FROM, as "given"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from www.db.compile import quoted
from www.db.dialects.postgres import native
from www.db.statements.base import write_outputs

if TYPE_CHECKING:
    from www.db.column import Column
    from www.db.compile import Compiler
    from www.db.metadata import TableInfo
    from www.db.types import ColumnType


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """A statement about any number of rows: an array for each of `columns`."""

    info: TableInfo[Any]
    columns: tuple[Column[Any], ...]
    generated: tuple[Column[Any], ...] = ()  # what is told back of each row

    @property
    def values(self) -> list[str]:
        """What stands for the values of a row."""
        return [_value(column.type, place) for place, column in enumerate(self.columns, 1)]

    def given(self) -> str:
        """Return the table of what is given: unnest() of the arrays to bind."""
        forms = [native(column.type) for column in self.columns]
        arrays = [f"${place}::{form.array or form.sql}[]" for place, form in enumerate(forms, 1)]
        names = [f'"column{place}"' for place in range(1, len(forms) + 1)]
        return f'unnest({", ".join(arrays)}) AS "given" ({", ".join(names)})'

    def sql(self, out: Compiler) -> None:
        """Append the statement."""
        raise NotImplementedError


class InsertMany(Many):
    """New rows."""

    __slots__ = ()

    def sql(self, out: Compiler) -> None:
        """Append an INSERT from a select."""
        names = ", ".join(quoted(column.name) for column in self.columns)
        values = ", ".join(self.values)
        out.text(f"INSERT INTO {quoted(self.info.name)} ({names}) SELECT {values} FROM ")
        out.text(self.given())
        if self.generated:
            out.text(" RETURNING ")
            write_outputs(out, self.generated)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMany(Many):
    """Writes the first `written` columns into the rows with the others, and counts versions."""

    written: int

    def sql(self, out: Compiler) -> None:
        """Append an UPDATE with FROM."""
        pairs = list(zip(self.columns, self.values, strict=True))
        sets = [f"{quoted(column.name)} = {value}" for column, value in pairs[: self.written]]
        sets += [f"{quoted(c.name)} = {c.qualified} + 1" for c in self.info.guard]
        out.text(f"UPDATE {quoted(self.info.name)} SET {', '.join(sets)} FROM ")
        out.text(self.given())
        known = [f"{column.qualified} = {value}" for column, value in pairs[self.written :]]
        out.text(f" WHERE {' AND '.join(known)}")


class DeleteMany(Many):
    """Deletes the rows whose primary keys are given."""

    __slots__ = ()

    def sql(self, out: Compiler) -> None:
        """Append a DELETE with a subquery."""
        names = ", ".join(column.qualified for column in self.columns)
        values = ", ".join(self.values)
        out.text(f"DELETE FROM {quoted(self.info.name)} WHERE ({names}) IN (SELECT {values} FROM ")
        out.text(self.given() + ")")


def _value(kind: ColumnType, place: int) -> str:
    """Return the name of a given value, with what surrounds a value of that type."""
    name, form = f'"given"."column{place}"', native(kind)
    if form.before:
        return f"{form.before}{name}{form.after}"
    return name if form.array is None else f"{name}::{form.sql}"
