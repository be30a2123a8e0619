"""`www migrate make`: writes the files that lead from the migrations to the tables.

What the files for SQLite make is looked up in a scratch database. PostgreSQL is not at hand where
one programs; what its files make stands in `recorded.sql`, which is written together with them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from www.db.compile import quoted
from www.db.dialects.postgres import PostgresDialect
from www.db.dialects.sqlite import SQLiteDialect
from www.db.errors import MigrationError
from www.db.schema import compare, write_postgres, write_sqlite
from www.db.schema.changes import changes, renamed, without
from www.db.schema.ddl import create_all
from www.db.schema.files import OUTSIDE, Migration, read_migrations, squashed
from www.db.schema.shape import Schema, of_script
from www.db.schema.values import backwards, forwards
from www.db.schema.warn import new_names, warnings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from www.db.compile import Dialect
    from www.db.schema.changes import Change
    from www.db.schema.values import Values
    from www.db.table import Table

RECORDED = "recorded.sql"
_HEAD = re.compile(r"-- What the migrations for PostgreSQL make, up to (\d+);")


class Files(NamedTuple):
    """Both databases' text of the same step."""

    sqlite: Migration
    postgres: Migration


class Wishes(NamedTuple):
    """What cannot be guessed: values by table and column, and (table, old, new) names."""

    fill: Mapping[tuple[str, str], str] = {}
    rename: Sequence[tuple[str, str, str]] = ()


NONE: Final = Wishes()


def make(
    folder: Path, tables: Sequence[type[Table]], name: str, wishes: Wishes = NONE
) -> list[Path]:
    """Write the next files and return their paths; none if nothing changed."""
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise MigrationError(f"{name!r} is no name for a migration: a-z, 0-9 and _")
    migrations = read_both(folder)
    before = _before(folder, migrations)
    after = Schema(of_script(create_all(tables)), of_script(create_all(tables, PostgresDialect())))
    number = migrations[-1].sqlite.number + 1 if migrations else 1
    steps = list(_steps(tables, (before, after), (number, name), wishes))
    if not steps:
        return []
    _prove(tables, [*(files.sqlite for files in migrations), *(files.sqlite for files in steps)])
    written = [path for files in steps for path in _write(folder, files)]
    return [*written, record(folder, tables, steps[-1].sqlite.number)]


def read_both(folder: Path) -> list[Files]:
    """Read the files of both databases, which must have the same names."""
    lists = [read_migrations(folder / kind) for kind in ("sqlite", "postgres")]
    labels = [{migration.label for migration in found} for found in lists]
    if alone := sorted(labels[0] ^ labels[1]):
        raise MigrationError(f"{alone[0]} is there for one of the databases only: write the other")
    return [Files(*both) for both in zip(*lists, strict=True)]


def record(folder: Path, tables: Sequence[type[Table]], number: int) -> Path:
    """Write down what the files for PostgreSQL make: these tables."""
    path = folder / RECORDED
    path.write_text(_record(tables, number), "utf-8")
    return path


def not_recorded(folder: Path, tables: Sequence[type[Table]]) -> list[str]:
    """Return a line per difference between the record (-) and the tables (+)."""
    path = folder / RECORDED
    migrations = read_both(folder)
    known = path.read_text("utf-8") if path.exists() else ""
    wanted = _record(tables, migrations[-1].sqlite.number if migrations else 0)
    return [f"{line[:2]}{RECORDED}: {line[2:]}" for line in _compared(known, wanted)]


def squash(folder: Path, tables: Sequence[type[Table]], to: int | None) -> Files:
    """Put one file in the place of those up to `to` (None: of all) and return it."""
    migrations = read_both(folder)
    old = [files for files in migrations if to is None or files.sqlite.number <= to]
    if len(old) < 2:
        raise MigrationError("there are no two migrations to make one of")
    whole = len(old) == len(migrations)
    if whole and compare.difference(tables, [files.sqlite for files in migrations]):
        raise MigrationError("the migrations do not make the tables: `www migrate make` first")
    made = []
    dialects: tuple[Dialect, Dialect] = (SQLiteDialect(), PostgresDialect())
    for steps, dialect in zip(zip(*old, strict=True), dialects, strict=True):
        joined = "\n".join(step.sql for step in steps).replace(" CONCURRENTLY ", " ")
        made.append(squashed(steps, create_all(tables, dialect) if whole else joined))
    files = Files(*made)
    for both in old:
        for path in _paths(folder, both):
            path.unlink(missing_ok=True)
    _write(folder, files)
    return files


def _compared(known: str, wanted: str) -> list[str]:
    return compare.changed(known.splitlines(), wanted.splitlines())


def _record(tables: Sequence[type[Table]], number: int) -> str:
    head = f"-- What the migrations for PostgreSQL make, up to {number}; `www migrate` keeps it."
    return f"{head}\n\n{create_all(tables, PostgresDialect())}"


def _before(folder: Path, migrations: Sequence[Files]) -> Schema:
    path = folder / RECORDED
    text = path.read_text("utf-8") if path.exists() else ""
    last = migrations[-1].sqlite.number if migrations else 0
    match = _HEAD.match(text)
    recorded = int(match[1]) if match else 0
    if recorded > last:
        message = f"{RECORDED} knows migration {recorded}, which is not there"
        raise MigrationError(f"{message}: bring back the file, or the older {RECORDED}")
    if recorded < last:
        message = f"{RECORDED} does not know migration {last}: where that was written by hand,"
        raise MigrationError(f"{message} `www migrate record` notes that it makes the tables")
    return Schema(compare.built([files.sqlite.sql for files in migrations]), of_script(text))


def _steps(
    tables: Sequence[type[Table]],
    way: tuple[Schema, Schema],
    first: tuple[int, str],
    wishes: Wishes,
) -> Iterator[Files]:
    """Return the step for everything, then one per index of a table that may be in use."""
    before, after = way
    number, name = first
    start = before
    for rename in wishes.rename:
        start = renamed(start, *rename)
    late = [
        change
        for change in changes(start, after)
        if change.kind == "add index" and change.name in after.postgres[change.table].indexes
    ]
    middle = without(after, {change.name for change in late})
    found = changes(start, middle)
    if found or wishes.rename:
        values = forwards(tables, found, start, middle, wishes.fill)
        step = Step(before, start, middle, wishes.rename)
        yield _main(step, found, values, f"{number:04}_{name}")
        number += 1
    for change in late:
        yield _late_index(change, after, number, name)
        number += 1


class Step(NamedTuple):
    """A way: `start` is `before` with the new names."""

    before: Schema
    start: Schema
    end: Schema
    renames: Sequence[tuple[str, str, str]]


def _main(step: Step, found: Sequence[Change], values: Values, label: str) -> Files:
    number, name = int(label[:4]), label[5:]
    head = f"-- {label}: written by `www migrate make`; read it before you commit it."
    hints = [f"-- WARNING: {line}" for line in new_names(found, step.start, step.end)]
    rename = [_rename(step.start, *names) for names in step.renames]
    ups = [
        [
            head,
            *hints,
            *(both[kind] for both in rename),
            *_script(kind, found, (step.start, step.end), values),
        ]
        for kind in (0, 1)
    ]
    back = changes(step.end, step.start)
    neutral = backwards(back, step.end, step.start)
    if isinstance(neutral, str):
        note = f"-- There is no way back: {neutral}."
        return Files(*(Migration(number, name, _text([*lines, "", note])) for lines in ups))
    undo = [_rename(step.before, table, new, old) for table, old, new in reversed(step.renames)]
    head = f"-- {label}: the way back; what was dropped comes back empty."
    downs = [
        [
            head,
            *_script(kind, back, (step.end, step.start), neutral),
            *(both[kind] for both in undo),
        ]
        for kind in (0, 1)
    ]
    pairs = zip(ups, downs, strict=True)
    return Files(*(Migration(number, name, _text(up), _text(down)) for up, down in pairs))


def _script(
    kind: int, found: Sequence[Change], way: tuple[Schema, Schema], values: Values
) -> Iterator[str]:
    """Return the lines for one database (0: SQLite), with a comment per change."""
    before, after = way
    write = (write_sqlite, write_postgres)[kind].statements
    for table in dict.fromkeys(change.table for change in found):
        own = [change for change in found if change.table == table]
        yield ""
        yield from (f"-- {change}" for change in own)
        yield from (f"-- WARNING: {line}" for line in warnings(own, before, after, values))
        yield from write(table, own, before[kind], after[kind], values)
    if kind:
        yield from write_postgres.dropped(found)


def _rename(schema: Schema, table: str, old: str, new: str) -> tuple[str, str]:
    """Return the statement for each database; PostgreSQL names a reference after its column."""
    here = f"ALTER TABLE {quoted(table)}"
    line = f"\n-- {table}: column {old} is called {new}\n"
    both = f"{line}{here} RENAME COLUMN {quoted(old)} TO {quoted(new)};"
    columns = schema.postgres[table].columns
    if "REFERENCES" not in columns.get(new, columns.get(old, "")):
        return both, both
    names = quoted(f"{table}_{old}_fkey"), quoted(f"{table}_{new}_fkey")
    return both, f"{both}\n{here} RENAME CONSTRAINT {names[0]} TO {names[1]};"


def _late_index(change: Change, after: Schema, number: int, name: str) -> Files:
    label = f"{name}_{change.name}" if name != change.name else name
    sqlite, postgres = (shapes[change.table] for shapes in after)
    here = sqlite.indexes.get(change.name)
    drop = f"DROP INDEX {quoted(change.name)};" if here else "-- PostgreSQL only"
    comment = f"-- {change}"
    up = [OUTSIDE, comment, write_postgres.concurrently(postgres, change.name)]
    down = [OUTSIDE, comment, f"DROP INDEX CONCURRENTLY IF EXISTS {quoted(change.name)};"]
    build = f"{here};" if here else "-- PostgreSQL only"
    return Files(
        Migration(number, label, _text([comment, build]), _text([comment, drop])),
        Migration(number, label, _text(up), _text(down)),
    )


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


def _prove(tables: Sequence[type[Table]], migrations: Sequence[Migration]) -> None:
    """Try what was written, in a scratch database."""
    lines = compare.difference(tables, migrations) or compare.not_undone(migrations)
    if lines:
        message = "this change cannot be written by itself, write it by hand; it leaves"
        raise MigrationError("\n".join([message, *lines]))


def _paths(folder: Path, files: Files) -> list[Path]:
    ends = ("sql", "down.sql")
    return [folder / kind / f"{files.sqlite.label}.{end}" for kind in files._fields for end in ends]


def _write(folder: Path, files: Files) -> list[Path]:
    texts = [text for step in files for text in (step.sql, step.down)]
    written = []
    for path, text in zip(_paths(folder, files), texts, strict=True):
        if text is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            written.append(path)
    return written
