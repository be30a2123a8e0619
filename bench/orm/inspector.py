"""The harness's own connection: it sets the indexes and looks whether the work was really done.

It lives in a process of its own. Two copies of SQLite in one process, such as those of Python and
apsw, would drop each other's locks on the file and damage it (sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Any

from bench.orm import ddl
from bench.orm.model import LEVELS, TABLE

if TYPE_CHECKING:
    from bench.orm.model import Target, Variant

SQLITE_INDEXES = (
    "SELECT name FROM sqlite_master"
    f" WHERE type = 'index' AND tbl_name = '{TABLE}' AND sql IS NOT NULL"
)
POSTGRES_INDEXES = (
    "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    f" WHERE i.indrelid = '{TABLE}'::regclass AND NOT i.indisprimary"
)


class Inspector:
    """Short visits: no lock is held between them."""

    def __init__(self, target: Target) -> None:
        """Start the process that looks into the database."""
        self.target = target
        command = [sys.executable, "-m", "bench.orm.inspector", target.database, target.address]
        self._process = Popen(command, stdin=PIPE, stdout=PIPE, text=True)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def run(self, *statements: str) -> list[Any]:
        """Run statements and return the rows of the last."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps(statements) + "\n")
        asked.flush()
        rows: list[Any] = json.loads(answers.readline())
        return rows

    def same_indexes(self, variant: Variant) -> None:
        """Give every contestant the same indexes, whatever its models made."""
        sqlite = self.target.database == "sqlite"
        found = self.run(SQLITE_INDEXES if sqlite else POSTGRES_INDEXES)
        self.run(*(f'DROP INDEX "{name}"' for (name,) in found), *ddl.indexes(variant))

    def ids(self) -> list[int]:
        """Return all keys in their order."""
        return [row[0] for row in self.run(f"SELECT id FROM {TABLE} ORDER BY id")]

    def state(self) -> list[tuple[int, str]]:
        """Return level and text of all rows, in the order of their keys."""
        rows = self.run(f"SELECT level, text FROM {TABLE} ORDER BY id")
        return [(level, text) for level, text in rows]

    def after_inserts(self, test: str, count: int) -> None:
        """Look for the rows of one insert test."""
        rows = self.run(f"SELECT level, text FROM {TABLE} WHERE text LIKE 'Insert from {test},%'")
        wanted = {f"Insert from {test}, item {i}": LEVELS[i % len(LEVELS)] for i in range(count)}
        if {text: level for level, text in rows} != wanted or len(rows) != count:
            raise AssertionError(f"{test}: {len(rows)} rows, {count} were to be inserted")

    def after_updates(
        self, test: str, before: list[tuple[int, str]], levels: list[int], added: str
    ) -> None:
        """Compare all rows with what the update was to make of them."""
        wanted = [(level, text + added) for (_, text), level in zip(before, levels, strict=True)]
        if self.state() != wanted:
            raise AssertionError(f"{test}: the rows are not what the updates should have made")


def serve(database: str, address: str) -> None:
    """Answer each line of statements with the rows of the last one."""
    for line in sys.stdin:
        rows: list[Any] = []
        with closing(_connect(database, address)) as connection:
            for statement in json.loads(line):
                cursor = connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        sys.stdout.write(json.dumps(rows) + "\n")
        sys.stdout.flush()


def _connect(database: str, address: str) -> Any:
    if database == "sqlite":
        return sqlite3.connect(address, isolation_level=None, timeout=10)
    import psycopg

    return psycopg.connect(address, autocommit=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])
