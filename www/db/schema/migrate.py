"""Applies numbered migration files, each in one transaction, under the database's write lock.

What was applied, and the hash of the file as it was then, is kept in the table `schema_migrations`;
an applied file must not change. Undoing a step takes its line out of the table again.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import apsw

from www.db.drivers.sqlite.errors import translate
from www.db.drivers.sqlite.lane import Options, connect
from www.db.errors import MigrationError
from www.db.schema.files import Migration, left_to_do, read_migrations, to_undo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Migration", "apply", "pending", "read_migrations", "undo"]

_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at TEXT NOT NULL
) STRICT
"""
LOCK_WAIT_MS = 60_000


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
    except apsw.Error as err:
        raise translate(err) from err
    finally:
        connection.close()
    return applied


def undo(
    options: Options, migrations: Sequence[Migration], to: int | None = None
) -> list[Migration]:
    """Undo the steps above `to` (None: the newest alone) and return them."""
    connection = connect(options)
    connection.set_busy_timeout(LOCK_WAIT_MS)
    try:
        steps = to_undo(_recorded(connection), migrations, to)
        for step in steps:
            _undo(connection, migrations, step)
    except apsw.Error as err:
        raise translate(err) from err
    finally:
        connection.close()
    return steps


@contextmanager
def _locked(connection: apsw.Connection) -> Iterator[None]:
    """Hold the write lock for the block: what it does is done whole or not at all."""
    # Rebuilding a table drops the old one; its children must not be deleted with it.
    connection.execute("PRAGMA foreign_keys = OFF").fetchall()
    try:
        connection.execute("BEGIN IMMEDIATE").fetchall()
        yield
        connection.execute("COMMIT").fetchall()
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK").fetchall()
        connection.execute("PRAGMA foreign_keys = ON").fetchall()


def _apply_next(connection: apsw.Connection, migrations: Sequence[Migration]) -> Migration | None:
    """Apply the first pending step: steps, their schema and the ledger's row in one transaction."""
    if not _pending(connection, migrations):
        return None
    with _locked(connection):
        connection.execute(_LEDGER).fetchall()
        waiting = _pending(connection, migrations)  # again: another process may have been quicker
        if not waiting:
            return None
        step = waiting[0]
        _run(connection, step, step.sql)
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        connection.execute(
            "INSERT INTO schema_migrations VALUES (?, ?, ?, ?)",
            (step.number, step.name, step.sha256, now),
        ).fetchall()
    return step


def _undo(connection: apsw.Connection, migrations: Sequence[Migration], step: Migration) -> None:
    with _locked(connection):
        newest = to_undo(_recorded(connection), migrations, None)
        if newest != [step]:
            raise MigrationError("another process changes the schema at the same time")
        _run(connection, step, step.down or "")
        number = (step.number,)
        connection.execute("DELETE FROM schema_migrations WHERE number = ?", number).fetchall()


def _run(connection: apsw.Connection, step: Migration, sql: str) -> None:
    try:
        connection.execute(sql).fetchall()
    except apsw.Error as err:
        message = f"{step.label} failed and was rolled back: {translate(err)}"
        raise MigrationError(message) from err
    if broken := connection.execute("PRAGMA foreign_key_check").fetchall():
        raise MigrationError(f"{step.label}: rows refer to nothing: {broken[:3]}")


def _pending(connection: apsw.Connection, migrations: Sequence[Migration]) -> list[Migration]:
    if not _has_record(connection):
        _require_empty(connection)
    return left_to_do(_recorded(connection), migrations)


def _has_record(connection: apsw.Connection) -> bool:
    ledger = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'"
    return bool(connection.execute(ledger).fetchall())


def _recorded(connection: apsw.Connection) -> list[tuple[Any, ...]]:
    if not _has_record(connection):
        return []
    return connection.execute("SELECT number, name, sha256 FROM schema_migrations").fetchall()


def _require_empty(connection: apsw.Connection) -> None:
    others = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name LIMIT 3"
    if names := [str(row[0]) for row in connection.execute(others).fetchall()]:
        message = f"this is another program's database (it has {', '.join(names)}): name a new file"
        raise MigrationError(message)
