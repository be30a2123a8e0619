"""CREATE statements of tables, for SQLite and PostgreSQL."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from www.db.column import Column
from www.db.compile import Compiler, quoted
from www.db.dialects.postgres import native, words
from www.db.dialects.sqlite import SQLiteDialect
from www.db.errors import DefinitionError
from www.db.expression import Expression, Ordering
from www.db.fitting import Fitted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.db.compile import Dialect
    from www.db.metadata import ForeignKey, Index, TableInfo
    from www.db.table import Table
    from www.db.types import ColumnType

_STORAGE: dict[type, str] = {int: "INTEGER", float: "REAL", str: "TEXT", bytes: "BLOB"}
_SQLITE = SQLiteDialect()


def create_all(tables: Sequence[type[Table]], dialect: Dialect = _SQLITE) -> str:
    """Return the statements that create `tables` in an empty database, in their order."""
    writer = (_ForSQLite if dialect.name == "sqlite" else _ForPostgres)(dialect)
    return "\n\n".join("\n".join(writer.table(table.info)) for table in tables) + "\n"


def create_missing(tables: Sequence[type[Table]], dialect: Dialect) -> Iterator[str]:
    """Yield statements that create what is missing, each table behind those that it refers to."""
    writer = (_ForSQLite if dialect.name == "sqlite" else _ForPostgres)(dialect)
    for info in _parents_first([table.info for table in tables]):
        for statement in writer.table(info):
            yield _CREATE.sub(r"\1 IF NOT EXISTS ", statement, count=1)


_CREATE = re.compile(r"\A(CREATE (?:VIRTUAL TABLE|TABLE|UNIQUE INDEX|INDEX)) ")


def _parents_first(tables: Sequence[TableInfo[Any]]) -> list[TableInfo[Any]]:
    names = {info.name for info in tables}
    done: dict[str, TableInfo[Any]] = {}
    left = list(tables)
    while left:
        free = [info for info in left if not (info.parents() & names) - {info.name, *done}]
        done |= {info.name: info for info in free or left}  # tables in a ring come as they are
        left = [info for info in left if info.name not in done]
    return list(done.values())


def literal(column: Column[Any], value: Any, dialect: Dialect) -> str:
    """Write a value of `column` into the text of a statement."""
    out = _Inline(dialect)
    out.bind(column.type.encode(value), column.type)
    return out.done().text


class _Writer:
    """What both databases share; the heirs write what differs."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def table(self, info: TableInfo[Any]) -> Iterator[str]:
        if info.full_text:
            yield from self._full_text(info)
            return
        lines = [self._column(info, column) for column in info.columns.values()]
        if len(info.primary_key) > 1:
            names = ", ".join(quoted(column.name) for column in info.primary_key)
            lines.append(f"PRIMARY KEY ({names})")
        lines += [
            f"CONSTRAINT {quoted(check.name)} CHECK ({self._text(check.condition)})"
            for check in info.checks
        ]
        lines += [self._foreign_key(info, key) for key in info.foreign_keys]
        body = ",\n    ".join(lines)
        yield f"CREATE TABLE {quoted(info.name)} (\n    {body}\n){self._options(info)};"
        for index in info.indexes:
            yield self._index(info, index)

    def _column(self, info: TableInfo[Any], column: Column[Any]) -> str:
        parts = [quoted(column.name), self._type(column), *self._filled(column)]
        if not column.nullable:
            parts.append("NOT NULL")
        if column.primary_key and len(info.primary_key) == 1:
            parts.append(self._primary_key(column))
        if column.references is not None:
            target = column.target()
            parts.append(f"REFERENCES {quoted(target.table)} ({quoted(target.name)})")
            parts.append(f"ON DELETE {column.on_delete.upper()}")
            if column.on_update != "restrict":  # which both databases do where nothing is said
                parts.append(f"ON UPDATE {column.on_update.upper()}")
        return " ".join(parts)

    def _foreign_key(self, info: TableInfo[Any], key: ForeignKey) -> str:
        target = key.target()
        if target[0].table == info.name and set(target) != set(info.primary_key):
            message = "to its own table it takes the primary key: indexes are made behind the table"
            raise DefinitionError(f"{info.name}.{key.name}: {message}")
        here = ", ".join(quoted(info.columns[column.attribute].name) for column in key.columns)
        there = ", ".join(quoted(column.name) for column in target)
        return (
            f"CONSTRAINT {quoted(f'fk_{info.name}_{key.name}')} FOREIGN KEY ({here})"
            f" REFERENCES {quoted(target[0].table)} ({there})"
            f" ON DELETE {key.on_delete.upper()} ON UPDATE {key.on_update.upper()}"
        )

    def _filled(self, column: Column[Any]) -> Iterator[str]:
        if column.generated is not None:
            text = self._text(Fitted(column.generated, column.type))
            yield f"GENERATED ALWAYS AS ({text}) {self._keeping(column)}"
        elif isinstance(column.server_default, Expression):
            yield f"DEFAULT ({self._text(Fitted(column.server_default, column.type))})"
        elif column.is_filled():
            yield f"DEFAULT ({literal(column, column.server_default, self._dialect)})"

    def _index(self, info: TableInfo[Any], index: Index) -> str:
        kind = "UNIQUE INDEX" if index.unique else "INDEX"
        terms = ", ".join(self._term(term) for term in index.terms)
        where = f" WHERE {self._text(index.where)}" if index.where is not None else ""
        name = quoted(index.full_name(info.name))
        return f"CREATE {kind} {name} ON {quoted(info.name)} ({terms}){where};"

    def _text(self, node: Expression[Any] | Ordering) -> str:
        out = _Inline(self._dialect)
        node.sql(out)
        return out.done().text

    def _term(self, term: Expression[Any] | Ordering) -> str:
        """Write a column, or an expression in parentheses, with its direction."""
        expression = term.expression if isinstance(term, Ordering) else term
        if isinstance(expression, Column):
            return self._text(term)
        bare = self._text(expression)
        return f"({bare}){self._text(term).removeprefix(bare)}"

    def _keeping(self, column: Column[Any]) -> str:
        raise NotImplementedError

    def _type(self, column: Column[Any]) -> str:
        raise NotImplementedError

    def _primary_key(self, column: Column[Any]) -> str:
        raise NotImplementedError

    def _options(self, info: TableInfo[Any]) -> str:
        raise NotImplementedError

    def _full_text(self, info: TableInfo[Any]) -> Iterator[str]:
        raise NotImplementedError


class _ForSQLite(_Writer):
    """STRICT tables; full text is a contentless FTS5 table: it holds the words, not the text."""

    def _type(self, column: Column[Any]) -> str:
        return _STORAGE[column.type.storage]

    def _keeping(self, column: Column[Any]) -> str:
        return "STORED" if column.stored else "VIRTUAL"

    def _primary_key(self, column: Column[Any]) -> str:
        return "PRIMARY KEY AUTOINCREMENT" if column.autoincrement else "PRIMARY KEY"

    def _options(self, info: TableInfo[Any]) -> str:
        return " STRICT" if len(info.primary_key) == 1 else " STRICT, WITHOUT ROWID"

    def _full_text(self, info: TableInfo[Any]) -> Iterator[str]:
        names = ", ".join(quoted(c.name) for c in info.columns.values() if not c.primary_key)
        options = "tokenize = 'unicode61 remove_diacritics 2', content = '', contentless_delete = 1"
        yield f"CREATE VIRTUAL TABLE {quoted(info.name)} USING fts5({names}, {options});"


class _ForPostgres(_Writer):
    """Types of its own, text in the order of its bytes, a tsvector per column of full text."""

    def _type(self, column: Column[Any]) -> str:
        sql = native(column.type).sql
        return f'{sql} COLLATE "C"' if sql == "TEXT" else sql

    def _keeping(self, column: Column[Any]) -> str:  # noqa: ARG002 - before 18 it has no other
        return "STORED"

    def _primary_key(self, column: Column[Any]) -> str:
        # As on SQLite, a row without a number gets one.
        plain = column.type.python is int and column.references is None
        counted = plain and not column.is_filled()
        return "GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY" if counted else "PRIMARY KEY"

    def _options(self, info: TableInfo[Any]) -> str:  # noqa: ARG002 - it has none
        return ""

    def _full_text(self, info: TableInfo[Any]) -> Iterator[str]:
        lines = [
            f"{quoted(column.name)} {native(column.type).sql} NOT NULL"
            + (" PRIMARY KEY" if column.primary_key else "")
            for column in info.columns.values()
        ]
        body = ",\n    ".join(lines)
        yield f"CREATE TABLE {quoted(info.name)} (\n    {body}\n);"
        name, text = quoted(f"ix_{info.name}_words"), _unqualified(words(info))
        yield f"CREATE INDEX {name} ON {quoted(info.name)} USING gin ({text});"


class _Inline(Compiler):
    """Writes an expression without its table's name and with its values in the text."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        self.text = self._name_or_text

    def _name_or_text(self, fragment: str) -> None:
        match = _QUALIFIED.match(fragment)  # an index and a check know only their own table
        self._parts.append(match[1] if match else fragment)

    def bind(self, value: Any, kind: ColumnType) -> None:
        if value is None:
            self._parts.append("NULL")
        elif kind.native is not None and self.dialect.name == "postgres":
            self._parts.append(f"{_string(kind.native.literal(value))}::{kind.native.sql}")
        elif isinstance(value, float):
            self._parts.append(_float(value, self.dialect.name))
        elif isinstance(value, int):
            self._parts.append(repr(value))
        elif isinstance(value, str):
            self._parts.append(_string(value))
        elif isinstance(value, bytes):
            written = f"X'{value.hex()}'", f"'\\x{value.hex()}'::BYTEA"
            self._parts.append(written[self.dialect.name == "postgres"])
        else:
            raise DefinitionError(f"a schema cannot hold the value {value!r}")


_QUALIFIED = re.compile(r'"[a-z0-9_]+"\.("[a-z0-9_]+")\Z')


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _float(value: float, dialect: str) -> str:
    if math.isfinite(value):
        return repr(value)
    sign = "-" if value < 0 else ""
    return f"{sign}9e999" if dialect == "sqlite" else f"'{sign}Infinity'::DOUBLE PRECISION"


def _unqualified(text: str) -> str:
    """Drop `"table".` in front of columns."""
    return re.sub(r'"[a-z0-9_]+"\.(?=")', "", text)
