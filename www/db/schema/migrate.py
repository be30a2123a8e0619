"""Applies numbered migration files, each in one transaction, under the database's write lock.

A migration is a file `0001_initial.sql` that a person can read. What was applied, and the hash of
the file as it was then, is kept in the table `schema_migrations`; an applied file must not change.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import apsw

from www.db.drivers.sqlite.errors import translate
from www.db.drivers.sqlite.lane import Options, connect
from www.db.errors import DatabaseError, MigrationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql\Z")
_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at TEXT NOT NULL
) STRICT
"""
LOCK_WAIT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step of the schema."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """The hash of the text, in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path) -> list[Migration]:
    """Read the files of `folder` in order; gaps and doubles in the numbers are errors."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        if (match := _FILE.match(path.name)) is None:
            raise MigrationError(f"{path.name}: a migration is called like 0001_initial.sql")
        found.append(Migration(int(match[1]), match[2], path.read_text("utf-8")))
    numbers = [migration.number for migration in found]
    if numbers != list(range(1, len(found) + 1)):
        message = f"{folder.name}: the migrations are numbered {numbers}, not 1, 2, 3 ..."
        raise MigrationError(message)
    return found


def pending(options: Options, migrations: Sequence[Migration]) -> list[Migration]:
    """Return what is still to be applied; a database that was never set up needs everything."""
    if not options.path.exists():
        return list(migrations)
    connection = connect(options)
    try:
        return _pending(connection, migrations)
    finally:
        connection.close()


def apply(options: Options, migrations: Sequence[Migration]) -> list[Migration]:
    """Apply what is missing and return it; two processes may call this at once."""
    connection = connect(options)
    connection.set_busy_timeout(LOCK_WAIT_MS)
    applied = []
    try:
        while step := _apply_next(connection, migrations):
            applied.append(step)
    except (apsw.Error, DatabaseError) as err:
        raise _explained(err, migrations, applied) from err
    finally:
        connection.close()
    return applied


def _apply_next(connection: apsw.Connection, migrations: Sequence[Migration]) -> Migration | None:
    """Apply the first pending step: steps, their schema and the ledger's row in one transaction."""
    if not _pending(connection, migrations):
        return None
    # Rebuilding a table drops the old one; its children must not be deleted with it.
    connection.execute("PRAGMA foreign_keys = OFF").fetchall()
    try:
        connection.execute("BEGIN IMMEDIATE").fetchall()
        step = _locked_step(connection, migrations)
        connection.execute("COMMIT").fetchall()
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK").fetchall()
        connection.execute("PRAGMA foreign_keys = ON").fetchall()
    return step


def _locked_step(connection: apsw.Connection, migrations: Sequence[Migration]) -> Migration | None:
    connection.execute(_LEDGER).fetchall()
    waiting = _pending(connection, migrations)  # again: another process may have been quicker
    if not waiting:
        return None
    step = waiting[0]
    connection.execute(step.sql).fetchall()
    if broken := connection.execute("PRAGMA foreign_key_check").fetchall():
        raise MigrationError(f"{step.number:04}_{step.name}: rows refer to nothing: {broken[:3]}")
    connection.execute(
        "INSERT INTO schema_migrations VALUES (?, ?, ?, ?)",
        (step.number, step.name, step.sha256, datetime.now(UTC).isoformat(timespec="microseconds")),
    ).fetchall()
    return step


def _pending(connection: apsw.Connection, migrations: Sequence[Migration]) -> list[Migration]:
    ledger = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'"
    if not connection.execute(ledger).fetchall():
        _require_empty(connection)
        return list(migrations)
    rows = connection.execute("SELECT number, name, sha256 FROM schema_migrations").fetchall()
    return left_to_do(rows, migrations)


def left_to_do(rows: Sequence[tuple[Any, ...]], migrations: Sequence[Migration]) -> list[Migration]:
    """Compare the record (number, name, hash) with the files; what is not in it is to be done."""
    applied = {row[0]: (row[1], row[2]) for row in rows}
    for migration in migrations:
        known = applied.pop(migration.number, None)
        if known is not None and known != (migration.name, migration.sha256):
            label = f"{migration.number:04}_{migration.name}"
            raise MigrationError(f"{label} was changed after it was applied: restore the file")
    if applied:
        newest = max(int(str(number)) for number in applied)
        message = f"the database has migration {newest}, which this version of the program lacks"
        raise MigrationError(f"{message}: use the newer program")
    done = {row[0] for row in rows}
    return [migration for migration in migrations if migration.number not in done]


def _require_empty(connection: apsw.Connection) -> None:
    others = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name LIMIT 3"
    if names := [str(row[0]) for row in connection.execute(others).fetchall()]:
        message = f"this is another program's database (it has {', '.join(names)}): name a new file"
        raise MigrationError(message)


def _explained(
    err: Exception, migrations: Sequence[Migration], applied: Sequence[Migration]
) -> DatabaseError:
    if isinstance(err, DatabaseError):
        return err
    done = {migration.number for migration in applied}
    step = next((migration for migration in migrations if migration.number not in done), None)
    label = f"{step.number:04}_{step.name}" if step else "schema_migrations"
    return MigrationError(f"{label} failed and was rolled back: {translate(err)}")
