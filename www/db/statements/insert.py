"""INSERT: one row or many, with what to do when a row is there already."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, TypeVar

from www.db.compile import quoted
from www.db.errors import BadValue, StatementError
from www.db.expression import Fitted, Literal
from www.db.statements.base import Statement, write_outputs
from www.db.types import INTEGER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from www.db.column import Column
    from www.db.compile import Compiler
    from www.db.expression import Expression
    from www.db.metadata import TableInfo
    from www.db.statements.query import Query

R = TypeVar("R")
# Longer values take SQLite more than a millisecond to tokenise or to write.
SHORT_VALUE_BYTES = 16_384  # or characters of up to four


class Insert(Statement[R]):
    """New rows of one table; rows that leave out a column must all leave it out."""

    _returning: tuple[Expression[Any], ...] = ()
    _conflict: tuple[Column[Any], ...] | None = None
    _replace: tuple[Column[Any], ...] = ()

    def __init__(self, info: TableInfo[R], rows: Sequence[Mapping[str, Any]]) -> None:
        """Take rows of the table."""
        if not rows:
            raise StatementError(f"insert() into {info.name} needs at least one row")
        self.info = info
        if info.generated and isinstance(rows[0], info.row):
            rows = [{key: row[key] for key in info.given(tuple(row))} for row in rows]
        self._columns = tuple(info.writable(key) for key in rows[0])
        self._rows = tuple(_encoded(self._columns, row) for row in rows)

    def outputs(self) -> tuple[Expression[Any], ...]:
        """Return what RETURNING names."""
        return self._returning

    def is_short(self) -> bool:
        """One row without a very long value is short."""
        return len(self._rows) == 1 and not any(map(is_long, self._rows[0]))

    def missing(self) -> tuple[Column[Any], ...]:
        """Return the columns that the database will fill."""
        return tuple(c for c in self.info.columns.values() if c not in set(self._columns))

    def returning(self, *what: Expression[Any]) -> Self:
        """Return these columns of the new rows."""
        return self._but(_returning=what)

    def or_ignore(self, *unique: Column[Any]) -> Self:
        """Skip rows whose `unique` columns are taken."""
        return self._but(_conflict=unique, _replace=())

    def or_update(self, *unique: Column[Any], columns: Sequence[Column[Any]]) -> Self:
        """Write `columns` of the new row into the row whose `unique` columns are equal."""
        writable = tuple(self.info.writable(column.attribute) for column in columns)
        return self._but(_conflict=unique, _replace=writable)

    def sql(self, out: Compiler) -> None:
        """Append the whole insert."""
        names = ", ".join(quoted(column.name) for column in self._columns)
        out.text(f"INSERT INTO {quoted(self.info.name)}")
        self._write_rows(out, names)
        self._write_conflict(out)
        if self._returning:
            out.text(" RETURNING ")
            write_outputs(out, self._returning)

    def _write_rows(self, out: Compiler, names: str) -> None:
        out.text(f" ({names}) VALUES " if names else " DEFAULT VALUES")
        for index, row in enumerate(self._rows if names else ()):
            out.text(", (" if index else "(")
            for position, value in enumerate(row):
                out.text(", " if position else "")
                out.bind(value, self._columns[position].type)
            out.text(")")

    def _write_conflict(self, out: Compiler) -> None:
        if self._conflict is None:
            return
        names = ", ".join(quoted(column.name) for column in self._conflict)
        out.text(f" ON CONFLICT ({names})" if names else " ON CONFLICT")
        if not self._replace:
            out.text(" DO NOTHING")
            return
        sets = (f"{quoted(c.name)} = excluded.{quoted(c.name)}" for c in self._replace)
        out.text(" DO UPDATE SET " + ", ".join(sets))


class InsertFrom(Insert[R]):
    """New rows made of what a query finds; its keys say into which columns."""

    def __init__(self, info: TableInfo[R], query: Query[Any]) -> None:
        """Take a query; defaults of Python are not filled in."""
        self.info = info
        self._query = query
        self._rows = ()
        self._columns = tuple(info.writable(key) for key in query.output_keys())
        for column, output in zip(self._columns, query.outputs(), strict=True):
            mixed = (column.type.python is Decimal) is not (output.type.python is Decimal)
            if mixed or column.type.storage is not output.type.storage:
                name = f"{info.row.__name__}.{column.attribute}"
                message = f"{name} is a {column.type.name}, the select gives {output.type.name}"
                raise StatementError(message)
        pairs = list(zip(self._columns, query.outputs(), strict=True))
        self._fits: tuple[Expression[Any], ...] = ()
        if any(column.type.digits and column.type is not out.type for column, out in pairs):
            self._fits = tuple(
                Fitted(Literal(quoted(key), output.type), column.type)
                for key, (column, output) in zip(query.output_keys(), pairs, strict=True)
            )

    def is_short(self) -> bool:
        """Nobody knows how many rows there are."""
        return False

    def _write_rows(self, out: Compiler, names: str) -> None:
        out.text(f" ({names}) ")
        if self._conflict is None and not self._fits:
            self._query.sql(out)
            return
        # SQLite takes ON CONFLICT behind a bare select for the ON of a join.
        out.text("SELECT ")
        out.list(self._fits or (Literal("*", INTEGER),), ", ")
        out.text(" FROM (")
        self._query.write(out, named=True)
        out.text(') AS "given" WHERE true')


def _encoded(columns: tuple[Column[Any], ...], row: Mapping[str, Any]) -> tuple[Any, ...]:
    if len(row) != len(columns):
        raise StatementError(f"the rows of one insert must have the same columns: {list(row)}")
    return tuple(encode(column, row[column.attribute]) for column in columns)


def is_long(value: object) -> bool:
    """Tell whether storing `value` may take SQLite a millisecond."""
    return isinstance(value, str | bytes) and len(value) > SHORT_VALUE_BYTES


def encode(column: Column[Any], value: Any) -> Any:
    """Encode `value` for `column`; errors name the column."""
    if value is None:
        return None
    try:
        return column.type.encode(value)
    except BadValue as err:
        raise BadValue(f"{column.table}.{column.attribute}: {err}") from err
