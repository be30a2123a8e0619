"""CREATE statements of tables, for SQLite."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from www.db.compile import Compiler, quoted
from www.db.dialects.sqlite import SQLiteDialect
from www.db.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.db.column import Column
    from www.db.expression import Expression, Ordering
    from www.db.metadata import Index, TableInfo
    from www.db.table import Table
    from www.db.types import ColumnType

_STORAGE: dict[type, str] = {int: "INTEGER", float: "REAL", str: "TEXT", bytes: "BLOB"}


def create_all(tables: Sequence[type[Table]]) -> str:
    """Return the statements that create `tables` in an empty database, in their order."""
    return "\n\n".join("\n".join(_table(table.info)) for table in tables) + "\n"


def _table(info: TableInfo[Any]) -> Iterator[str]:
    if info.full_text:
        yield _full_text(info)
        return
    lines = [_column(info, column) for column in info.columns.values()]
    if len(info.primary_key) > 1:
        names = ", ".join(quoted(column.name) for column in info.primary_key)
        lines.append(f"PRIMARY KEY ({names})")
    lines += [
        f"CONSTRAINT {quoted(check.name)} CHECK ({_text(check.condition)})" for check in info.checks
    ]
    without_rowid = "" if len(info.primary_key) == 1 else ", WITHOUT ROWID"
    body = ",\n    ".join(lines)
    yield f"CREATE TABLE {quoted(info.name)} (\n    {body}\n) STRICT{without_rowid};"
    for index in info.indexes:
        yield _index(info, index)


def _column(info: TableInfo[Any], column: Column[Any]) -> str:
    words = [quoted(column.name), _STORAGE[column.type.storage]]
    if not column.nullable:
        words.append("NOT NULL")
    if column.primary_key and len(info.primary_key) == 1:
        words.append("PRIMARY KEY AUTOINCREMENT" if column.autoincrement else "PRIMARY KEY")
    if column.references is not None:
        target = column.target()
        words.append(f"REFERENCES {quoted(target.table)} ({quoted(target.name)})")
        words.append(f"ON DELETE {column.on_delete.upper()}")
    return " ".join(words)


def _index(info: TableInfo[Any], index: Index) -> str:
    kind = "UNIQUE INDEX" if index.unique else "INDEX"
    terms = ", ".join(_text(term) for term in index.terms)
    where = f" WHERE {_text(index.where)}" if index.where is not None else ""
    name = index.name if index.name.startswith(("ix_", "uq_")) else f"ix_{info.name}_{index.name}"
    return f"CREATE {kind} {quoted(name)} ON {quoted(info.name)} ({terms}){where};"


def _full_text(info: TableInfo[Any]) -> str:
    """Write a contentless FTS5 table: it holds the words, the text stands in its own table."""
    names = [quoted(c.name) for c in info.columns.values() if not c.primary_key]
    options = "tokenize = 'unicode61 remove_diacritics 2', content = '', contentless_delete = 1"
    return f"CREATE VIRTUAL TABLE {quoted(info.name)} USING fts5({', '.join(names)}, {options});"


class _Inline(Compiler):
    """Writes an expression without its table's name and with its values in the text."""

    def bind(self, value: Any, kind: ColumnType) -> None:  # noqa: ARG002 - see the base
        if value is None or isinstance(value, int | float):
            self.text("NULL" if value is None else repr(value))
        elif isinstance(value, str):
            self.text("'" + value.replace("'", "''") + "'")
        else:
            raise DefinitionError(f"a schema cannot hold the value {value!r}")


def _text(node: Expression[Any] | Ordering) -> str:
    out = _Inline(SQLiteDialect())
    node.sql(out)
    return _unqualified(out.done().text)


def _unqualified(text: str) -> str:
    """Drop `"table".` in front of columns: an index and a check know only their own table."""
    return re.sub(r'"[a-z0-9_]+"\.(?=")', "", text)
