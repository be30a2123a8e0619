"""What CREATE statements say, part by part: enough to compare tables and to write changes.

Nothing is interpreted. A statement is cut at its top-level commas, so that a column that was added
by ALTER TABLE, and stands where SQLite puts it, is the same as one that was there all the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import apsw

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|[(),;]|[^'"(),;-]+|.""", re.DOTALL)
_TABLE = re.compile(r'CREATE TABLE "?(\w+)"?\s*\((.*)\)([^)]*)\Z', re.DOTALL)
_VIRTUAL = re.compile(r'CREATE VIRTUAL TABLE "?(\w+)"?')
_INDEX = re.compile(r'CREATE (?:UNIQUE )?INDEX "?(\w+)"?\s+ON "?(\w+)"?')
_COLUMN = re.compile(r'"(\w+)" (.*)\Z', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shape:
    """One table of one database: definitions of columns by name, the rest as text."""

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    options: str = ""
    indexes: dict[str, str] = field(default_factory=dict)
    virtual: str = ""  # the whole statement of a virtual table

    def create(self, name: str = "") -> str:
        """Write the CREATE TABLE, if need be under another name."""
        if self.virtual:
            return f"{self.virtual};"
        lines = [f'"{column}" {text}' for column, text in self.columns.items()]
        body = ",\n    ".join([*lines, *self.constraints])
        return f'CREATE TABLE "{name or self.name}" (\n    {body}\n){self.options};'


Shapes = dict[str, Shape]


class Schema(NamedTuple):
    """The same tables as both databases have them."""

    sqlite: Shapes
    postgres: Shapes


def shapes(statements: Iterable[str]) -> Shapes:
    """Read CREATE statements, each table in front of its indexes; others are passed over."""
    found: Shapes = {}
    for statement in statements:
        text = statement.strip()
        if match := _TABLE.match(text):
            found[match[1]] = _table(*match.groups())
        elif match := _VIRTUAL.match(text):
            found[match[1]] = Shape(match[1], virtual=" ".join(text.split()))
        elif match := _INDEX.match(text):
            found[match[2]].indexes[match[1]] = " ".join(text.split())
    return found


def _table(name: str, body: str, options: str) -> Shape:
    parts = [" ".join(part.split()) for part in split(body, ",")]
    columns = [(match[1], match[2]) for part in parts if (match := _COLUMN.match(part))]
    others = tuple(part for part in parts if not _COLUMN.match(part))
    rest = " ".join(options.split())
    return Shape(name, dict(columns), others, f" {rest}" if rest else "")


def split(text: str, separator: str) -> Iterator[str]:
    """Cut at `separator` where it stands in no string, name, comment or parenthesis."""
    part: list[str] = []
    depth = 0
    for token in _TOKEN.findall(text):
        if token.startswith("--"):
            continue
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token == separator and not depth:
            yield "".join(part)
            part = []
        else:
            part.append(token)
    if "".join(part).strip():
        yield "".join(part)


def of_script(script: str) -> Shapes:
    """Read the statements of a script."""
    return shapes(split(script, ";"))


def of_sqlite(connection: apsw.Connection) -> Shapes:
    """Read what an SQLite database holds; the tables inside of full text tables are left out."""
    query = """SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'
        AND tbl_name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
        AND tbl_name <> 'schema_migrations' ORDER BY type <> 'table', rowid"""
    return shapes(str(row[0]) for row in connection.execute(query).fetchall())
