"""Migrations and their comparison with the tables, on PostgreSQL.

The same files and the same record as in `migrate`. Two processes are kept apart by an advisory
lock; each file is one transaction with its line in the record. A file that begins with
`-- outside of a transaction` holds one statement, such as CREATE INDEX CONCURRENTLY.
"""

from __future__ import annotations

import asyncio
import difflib
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg

from www.db.dialects.postgres import PostgresDialect
from www.db.drivers.postgres.errors import DRIVER_ERRORS, translate
from www.db.drivers.postgres.link import connect
from www.db.errors import Busy, DatabaseError, MigrationError
from www.db.schema.ddl import create_all
from www.db.schema.migrate import left_to_do

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from www.db.drivers.postgres.options import Options
    from www.db.schema.migrate import Migration
    from www.db.table import Table

ALONE = "-- outside of a transaction"
LOCK = 0x7777_6D69_6772  # any number, as long as nobody else locks it
LOCK_WAIT_S, STEP_LONGEST_S = 60.0, 86_400.0
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
    if not await raw.fetchval("SELECT to_regclass('schema_migrations')::text"):
        return list(migrations)
    rows = await raw.fetch("SELECT number, name, sha256 FROM schema_migrations")
    return left_to_do([tuple(row) for row in rows], migrations)


async def _apply(options: Options, migrations: Sequence[Migration]) -> list[Migration]:
    async with _connected(options) as raw:
        if not await _pending(raw, migrations):
            return []
        try:
            await raw.execute(f"SELECT pg_advisory_lock({LOCK})")
        except asyncpg.LockNotAvailableError as err:
            message = f"another process has been applying migrations for {LOCK_WAIT_S:.0f} s"
            raise Busy(message) from err
        await raw.execute(_LEDGER)
        steps = await _pending(raw, migrations)  # again: another process may have been quicker
        for step in steps:
            await _apply_step(raw, step)
        return steps


async def _apply_step(raw: Any, step: Migration) -> None:
    try:
        if step.sql.startswith(ALONE):
            await raw.execute(step.sql)
            await _record(raw, step)
            return
        async with raw.transaction():
            await raw.execute(step.sql)
            await _record(raw, step)
    except DRIVER_ERRORS as err:
        label = f"{step.number:04}_{step.name}"
        raise MigrationError(f"{label} failed and was rolled back: {translate(err)}") from err


async def _record(raw: Any, step: Migration) -> None:
    values = (step.number, step.name, step.sha256, datetime.now(UTC))
    await raw.execute("INSERT INTO schema_migrations VALUES ($1, $2, $3, $4)", *values)


async def _difference(
    options: Options, tables: Sequence[type[Table]], migrations: Sequence[Migration]
) -> list[str]:
    async with _connected(options) as raw:
        transaction = raw.transaction()
        await transaction.start()
        try:
            migrated = await _built(raw, "migrated", [step.sql for step in migrations])
            described = await _built(raw, "described", [create_all(tables, PostgresDialect())])
        except DRIVER_ERRORS as err:
            found = translate(err)
            raise (found if isinstance(found, DatabaseError) else err) from err
        finally:
            await transaction.rollback()
    lines = difflib.ndiff(migrated, described)
    return [line for line in lines if line.startswith(("+ ", "- "))]


async def _built(raw: Any, name: str, scripts: Sequence[str]) -> list[str]:
    """Build a schema and return what PostgreSQL says about it, without its name."""
    schema = f"www_{name}"
    await raw.execute(f"CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}")
    for script in scripts:
        await raw.execute(script.replace(" CONCURRENTLY ", " "))
    rows = await raw.fetch(_DESCRIPTION, schema)
    return sorted(str(row[0]).replace(f"{schema}.", "") for row in rows)


_DESCRIPTION = """
SELECT format('table %s: column %s %s%s%s%s%s', c.relname, a.attname,
    format_type(a.atttypid, a.atttypmod), ' collate ' || l.collname,
    CASE WHEN a.attnotnull THEN ' not null' END,
    CASE WHEN a.attidentity <> '' THEN ' identity ' || a.attidentity::text END,
    ' default ' || pg_get_expr(d.adbin, d.adrelid))
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
