"""Migrations and their comparison with the tables, on PostgreSQL.

The same files and the same record as in `migrate`. Two processes are kept apart by an advisory
lock; each file is one transaction with its line in the record. A file that begins with
`-- outside a transaction` holds one statement, such as CREATE INDEX CONCURRENTLY.
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from www.db.dialects.postgres import PostgresDialect
from www.db.drivers.postgres.errors import DRIVER_ERRORS, translate
from www.db.drivers.postgres.link import connect
from www.db.errors import Busy, DatabaseError, MigrationError
from www.db.schema.compare import changed
from www.db.schema.ddl import create_all
from www.db.schema.files import OUTSIDE, left_to_do, to_undo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from www.db.drivers.postgres.options import Options
    from www.db.schema.files import Migration
    from www.db.table import Table

LOCK = 0x7777_6D69_6772  # any number, as long as nobody else locks it
LOCK_WAIT_S, LOCK_LOOK_S, STEP_LONGEST_S = 60.0, 0.05, 86_400.0
_BUILDS = re.compile(r'\bCREATE (?:UNIQUE )?INDEX CONCURRENTLY "?(\w+)"?')
_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL
)
"""


def pending(options: Options, migrations: Sequence[Migration]) -> list[Migration]:
    """Return what is still to be applied; must not be called on a running loop's thread."""
    return asyncio.run(_pending_of(options, migrations))


def apply(options: Options, migrations: Sequence[Migration]) -> list[Migration]:
    """Apply what is missing and return it; two processes may call this at once."""
    return asyncio.run(_apply(options, migrations))


def difference(
    options: Options, tables: Sequence[type[Table]], migrations: Sequence[Migration]
) -> list[str]:
    """Return a line per difference, `-` only in the migrations, `+` only in the tables.

    Both are built in a schema of their own, in a transaction that is rolled back.
    """
    return asyncio.run(_difference(options, tables, migrations))


def undo(
    options: Options, migrations: Sequence[Migration], to: int | None = None
) -> list[Migration]:
    """Undo the steps above `to` (None: the newest alone) and return them."""
    return asyncio.run(_undo(options, migrations, to))


def not_undone(options: Options, migrations: Sequence[Migration]) -> list[str]:
    """Take every step that can be undone forth and back; return what differs afterwards.

    In a schema of its own, in a transaction that is rolled back.
    """
    return asyncio.run(_not_undone(options, migrations))


@asynccontextmanager
async def _connected(options: Options) -> AsyncIterator[Any]:
    patient = replace(options, statement_timeout_s=STEP_LONGEST_S, busy_timeout_s=LOCK_WAIT_S)
    link = await connect(patient)
    try:
        yield link.raw
    finally:
        await link.close()


async def _pending_of(options: Options, migrations: Sequence[Migration]) -> list[Migration]:
    async with _connected(options) as raw:
        return await _pending(raw, migrations)


async def _pending(raw: Any, migrations: Sequence[Migration]) -> list[Migration]:
    return left_to_do(await _recorded(raw), migrations)


async def _recorded(raw: Any) -> list[tuple[Any, ...]]:
    if not await raw.fetchval("SELECT to_regclass('schema_migrations')::text"):
        return []
    return [tuple(row) for row in await raw.fetch(_RECORD)]


async def _lock(raw: Any) -> None:
    """Wait for the lock without a statement that waits: CONCURRENTLY would wait for that one."""
    end = time.monotonic() + LOCK_WAIT_S
    while not await raw.fetchval(f"SELECT pg_try_advisory_lock({LOCK})"):
        if time.monotonic() > end:
            message = f"another process has been applying migrations for {LOCK_WAIT_S:.0f} s"
            raise Busy(message)
        await asyncio.sleep(LOCK_LOOK_S)


async def _apply(options: Options, migrations: Sequence[Migration]) -> list[Migration]:
    async with _connected(options) as raw:
        if not await _pending(raw, migrations):
            return []
        await _lock(raw)
        await raw.execute(_LEDGER)
        steps = await _pending(raw, migrations)  # again: another process may have been quicker
        for step in steps:
            values = (step.number, step.name, step.sha256, datetime.now(UTC))
            record = "INSERT INTO schema_migrations VALUES ($1, $2, $3, $4)"
            await _run(raw, step, step.sql, record, values)
        return steps


async def _undo(
    options: Options, migrations: Sequence[Migration], to: int | None
) -> list[Migration]:
    async with _connected(options) as raw:
        await _lock(raw)
        steps = to_undo(await _recorded(raw), migrations, to)
        for step in steps:
            record = "DELETE FROM schema_migrations WHERE number = $1"
            await _run(raw, step, step.down or "", record, (step.number,))
        return steps


async def _run(raw: Any, step: Migration, sql: str, record: str, values: tuple[Any, ...]) -> None:
    """Run a file and note that it was done."""
    try:
        if sql.startswith(OUTSIDE):
            await _drop_remains(raw, sql)
            await raw.execute(sql)
            await raw.execute(record, *values)
            return
        async with raw.transaction():
            await raw.execute(sql)
            await raw.execute(record, *values)
    except DRIVER_ERRORS as err:
        how = "failed" if sql.startswith(OUTSIDE) else "failed and was rolled back"
        raise MigrationError(f"{step.label} {how}: {translate(err)}") from err


async def _drop_remains(raw: Any, sql: str) -> None:
    """An index that was not finished stays, without use, and would be in the way."""
    if match := _BUILDS.search(sql):
        query = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid"
        if await raw.fetchval(query, f'"{match[1]}"'):
            await raw.execute(f'DROP INDEX CONCURRENTLY "{match[1]}"')


@asynccontextmanager
async def _scratch(options: Options) -> AsyncIterator[Any]:
    """Give a connection whose changes are all undone."""
    async with _connected(options) as raw:
        transaction = raw.transaction()
        await transaction.start()
        try:
            yield raw
        except DRIVER_ERRORS as err:
            found = translate(err)
            raise (found if isinstance(found, DatabaseError) else err) from err
        finally:
            await transaction.rollback()


async def _difference(
    options: Options, tables: Sequence[type[Table]], migrations: Sequence[Migration]
) -> list[str]:
    async with _scratch(options) as raw:
        await _begin(raw, "www_migrated")
        for step in migrations:
            await _build(raw, step.sql)
        migrated = await _described(raw, "www_migrated")
        await _begin(raw, "www_described")
        await _build(raw, create_all(tables, PostgresDialect()))
        return changed(migrated, await _described(raw, "www_described"))


async def _not_undone(options: Options, migrations: Sequence[Migration]) -> list[str]:
    async with _scratch(options) as raw:
        await _begin(raw, "www_migrated")
        for step in migrations:
            before = await _described(raw, "www_migrated")
            await _build(raw, step.sql)
            if step.down is not None:
                await _build(raw, step.down)
                lines = changed(before, await _described(raw, "www_migrated"))
                if lines:
                    return [f"{step.label}.down.sql: {line}" for line in lines]
                await _build(raw, step.sql)
    return []


async def _begin(raw: Any, schema: str) -> None:
    await raw.execute(f"CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}")


async def _build(raw: Any, script: str) -> None:
    await raw.execute(script.replace(" CONCURRENTLY ", " "))


async def _described(raw: Any, schema: str) -> list[str]:
    """Return what PostgreSQL says about a schema, without its name."""
    rows = await raw.fetch(_DESCRIPTION, schema)
    return sorted(str(row[0]).replace(f"{schema}.", "") for row in rows)


_RECORD = "SELECT number, name, sha256 FROM schema_migrations"
_DESCRIPTION = """
SELECT format('table %s: column %s %s%s%s%s%s', c.relname, a.attname,
    format_type(a.atttypid, a.atttypmod), ' collate ' || l.collname,
    CASE WHEN a.attnotnull THEN ' not null' END,
    CASE WHEN a.attidentity <> '' THEN ' identity ' || a.attidentity::text END,
    CASE WHEN a.attgenerated <> '' THEN ' generated ' ELSE ' default ' END
        || pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace = $1::text::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT format('table %s: constraint %s %s', c.relname, n.conname, pg_get_constraintdef(n.oid))
FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid
WHERE c.relnamespace = $1::text::regnamespace AND n.contype <> 'n'
UNION ALL
SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = $1
UNION ALL
SELECT 'function ' || pg_get_functiondef(p.oid) FROM pg_proc p
WHERE p.pronamespace = $1::text::regnamespace AND p.prokind = 'f'
UNION ALL
SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = $1::text::regnamespace AND NOT t.tgisinternal
"""
