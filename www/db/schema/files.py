"""Migrations as files, and what a database's record of them means.

`0002_tags.sql` is a step that a person can read, `0002_tags.down.sql` the way back, if there is
one. A file that stands for older ones (see `squash`) names them and their hashes in its first
lines; a database that has applied those has applied it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from www.db.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OUTSIDE = "-- outside a transaction"  # the first line of a file with one statement, for PostgreSQL
_FILE = re.compile(r"(\d{4})_([a-z0-9_]+?)(\.down)?\.sql\Z")
_REPLACED = re.compile(r"^-- in place of (\d{4})_([a-z0-9_]+) ([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step of the schema; `down` undoes it."""

    number: int
    name: str
    sql: str
    down: str | None = None

    @property
    def label(self) -> str:
        """The name of the file, without its end."""
        return f"{self.number:04}_{self.name}"

    @property
    def sha256(self) -> str:
        """The hash of the text, in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def replaced(self) -> set[tuple[int, str, str]]:
        """Return number, name and hash of the steps that this one stands for."""
        return {(int(found[0]), found[1], found[2]) for found in _REPLACED.findall(self.sql)}


def read_migrations(folder: Path) -> list[Migration]:
    """Read the files of `folder` in order; gaps and doubles in the numbers are errors."""
    ups: list[tuple[int, str, str]] = []
    downs: dict[tuple[int, str], str] = {}
    for path in sorted(folder.glob("*.sql")):
        if (match := _FILE.match(path.name)) is None:
            raise MigrationError(f"{path.name}: a migration is called like 0001_initial.sql")
        number, name, text = int(match[1]), match[2], path.read_text("utf-8")
        if match[3]:
            downs[number, name] = text
        else:
            ups.append((number, name, text))
    found = [Migration(*up, downs.pop(up[:2], None)) for up in ups]
    if downs:
        number, name = next(iter(downs))
        raise MigrationError(f"{number:04}_{name}.down.sql undoes a file that is not there")
    _require_order(folder, found)
    return found


def _require_order(folder: Path, found: Sequence[Migration]) -> None:
    numbers = [migration.number for migration in found]
    first = numbers[0] if found and found[0].replaced() else 1
    if numbers != list(range(first, first + len(found))):
        message = f"{folder.name}: the migrations are numbered {numbers}, not 1, 2, 3 ..."
        raise MigrationError(message)


def left_to_do(rows: Sequence[tuple[Any, ...]], migrations: Sequence[Migration]) -> list[Migration]:
    """Compare the record (number, name, hash) with the files; what is not in it is to be done."""
    applied = {row[0]: (row[0], row[1], row[2]) for row in rows}
    left = []
    for migration in migrations:
        if replaced := migration.replaced():
            _forget_replaced(applied, migration, replaced)
        known = applied.pop(migration.number, None)
        own = (migration.number, migration.name, migration.sha256)
        if known is None:
            left.append(migration)
        elif known != own and known not in replaced:
            message = f"{migration.label} was changed after it was applied: restore the file"
            raise MigrationError(message)
    if applied:
        newest = max(int(str(number)) for number in applied)
        message = f"the database has migration {newest}, which this version of the program lacks"
        raise MigrationError(f"{message}: use the newer program")
    return left


def _forget_replaced(
    applied: dict[Any, tuple[Any, ...]], step: Migration, replaced: set[tuple[int, str, str]]
) -> None:
    """Steps are applied in order: who has the last of the replaced ones has them all."""
    older = [row for row in applied.values() if row[0] < step.number]
    if older and step.number not in applied:
        message = f"{step.label} stands for older files of which the database lacks some"
        raise MigrationError(f"{message}: first start the version of the program that had them")
    for row in older:
        if row not in replaced:
            message = f"{row[0]:04}_{row[1]} is not what {step.label} stands for"
            raise MigrationError(f"{message}: the database was made by other files")
        del applied[row[0]]


def to_undo(
    rows: Sequence[tuple[Any, ...]], migrations: Sequence[Migration], to: int | None
) -> list[Migration]:
    """Return the applied steps above `to` (None: the newest alone), the newest first."""
    left_to_do(rows, migrations)  # refuses what does not fit together
    applied = {row[0] for row in rows}
    done = [step for step in migrations if step.number in applied]
    chosen = done[-1:] if to is None else [step for step in done if step.number > to]
    for step in reversed(chosen):
        if step.down is None:
            message = f"{step.label} cannot be undone: there is no {step.label}.down.sql"
            raise MigrationError(message)
    if to and to not in applied:
        raise MigrationError(f"the database has no migration {to} to go back to")
    return chosen[::-1]


def squashed(migrations: Sequence[Migration], script: str) -> Migration:
    """Return the one step, with the text `script`, that stands for `migrations`."""
    replaced = {entry for step in migrations for entry in step.replaced()}
    replaced |= {(step.number, step.name, step.sha256) for step in migrations}
    lines = [f"-- in place of {number:04}_{name} {sha}" for number, name, sha in sorted(replaced)]
    return Migration(migrations[-1].number, "initial", "\n".join([*lines, "", script]))
