"""From settings to an open, migrated Engine: what the server and the commands do first.

`db.host` chooses: empty is SQLite, else PostgreSQL, whose parts are imported only then.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from www.db import Engine, Limits, MigrationError
from www.db.drivers.postgres.options import Options as ServerOptions
from www.db.drivers.postgres.options import address
from www.db.drivers.sqlite.lane import Options
from www.db.schema import compare, health, migrate
from www.db.schema.files import read_migrations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from www.db.schema.files import Migration
    from www.db.schema.make import Wishes
    from www.settings import Db

MIGRATIONS: Final = Path(__file__).parent / "migrations"
LONGEST_S: Final = 86_400.0
PATIENT_S: Final = 30.0


def shown(db: Db) -> str:
    """Return what a person calls this database."""
    return f"{db.database} at {db.host}" if db.host else str(db.database)


def is_missing(db: Db) -> bool:
    """Return whether the database's file is not there; a server knows its databases itself."""
    return not db.host and not Path(db.database).exists()


def upgrade(db: Db) -> list[Migration]:
    """Create the database or bring it up to date; return the migrations that were applied.

    On a server the database itself must be there; not to be called on the loop's thread.
    """
    if db.host:
        from www.db.schema import postgres

        return postgres.apply(_server(db), _migrations("postgres"))
    path = Path(db.database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return migrate.apply(_file(db), _migrations("sqlite"))


def pending(db: Db) -> list[Migration]:
    """Return the migrations that the database still lacks; not on the loop's thread."""
    if db.host:
        from www.db.schema import postgres

        return postgres.pending(_server(db), _migrations("postgres"))
    return migrate.pending(_file(db), _migrations("sqlite"))


def undo(db: Db, to: int | None) -> list[Migration]:
    """Undo the migrations above `to` (None: the newest alone); return them, the newest first."""
    if db.host:
        from www.db.schema import postgres

        return postgres.undo(_server(db), _migrations("postgres"), to)
    return migrate.undo(_file(db), _migrations("sqlite"), to)


def difference(db: Db) -> list[str]:
    """Return where the migrations (-) and www/models (+) differ; not on the loop's thread.

    SQLite's are looked at always, PostgreSQL's by what is recorded and on the server, if there is
    one. Steps that can be undone are taken forth and back.
    """
    from www.db.schema import make
    from www.models import TABLES

    files = _migrations("sqlite")
    lines = compare.difference(TABLES, files) or compare.not_undone(files)
    lines += make.not_recorded(MIGRATIONS, TABLES)
    if db.host:
        from www.db.schema import postgres

        server, files = _server(db), _migrations("postgres")
        lines += postgres.difference(server, TABLES, files) or postgres.not_undone(server, files)
    return lines


def make_migration(name: str, wishes: Wishes) -> list[Path]:
    """Write the files that lead to www/models and return their paths; none if nothing changed."""
    from www.db.schema import make
    from www.models import TABLES

    return make.make(MIGRATIONS, TABLES, name, wishes)


def squash(to: int | None) -> Migration:
    """Put one migration in the place of those up to `to` (None: of all) and return it."""
    from www.db.schema import make
    from www.models import TABLES

    return make.squash(MIGRATIONS, TABLES, to).sqlite


def record(db: Db) -> Path:
    """Note that the migrations, which were written by hand, make the tables of www/models."""
    from www.db.schema import make
    from www.models import TABLES

    files = make.read_both(MIGRATIONS)
    lines = compare.difference(TABLES, [both.sqlite for both in files])
    if db.host:
        from www.db.schema import postgres

        lines += postgres.difference(_server(db), TABLES, [both.postgres for both in files])
    if lines:
        raise MigrationError("\n".join(["the migrations do not make the tables", *lines]))
    return make.record(MIGRATIONS, TABLES, files[-1].sqlite.number)


@asynccontextmanager
async def opened(db: Db) -> AsyncIterator[Engine]:
    """Bring the database up to date and keep it open for the block."""
    await asyncio.to_thread(upgrade, db)
    replicas = [_address(db, other) for other in db.replicas if db.host]
    limits = Limits(
        loop_budget_s=db.loop_budget_ms / 1000,
        statement_timeout_s=db.statement_timeout_s,
        busy_timeout_s=db.busy_timeout_s,
        connections=db.pool,
    )
    place = _address(db) if db.host else db.database
    async with Engine(place, durability=db.durability, limits=limits, replicas=replicas) as engine:
        yield engine


def unhurried(db: Db) -> Engine:
    """Return the database as it is, not yet open, for work that takes as long as it takes."""
    place = _address(db) if db.host else db.database
    limits = Limits(
        loop_budget_s=0, statement_timeout_s=LONGEST_S, busy_timeout_s=PATIENT_S, connections=2
    )
    return Engine(place, durability=db.durability, limits=limits)


def damages(db: Db) -> list[str]:
    """Return what is wrong with an SQLite file, nothing for a whole one; reads all of it.

    A server looks after its files itself.
    """
    return [] if db.host else health.damages(_file(db))


def _migrations(kind: Literal["sqlite", "postgres"]) -> list[Migration]:
    return read_migrations(MIGRATIONS / kind)


def _file(db: Db) -> Options:
    return Options(path=Path(db.database), durability=db.durability)


def _server(db: Db) -> ServerOptions:
    return ServerOptions(url=_address(db), durability=db.durability)


def _address(db: Db, other: str = "") -> str:
    """Write the address of the server, or of the replica `host` or `host:port`."""
    host, colon, port = other.rpartition(":") if other.count(":") == 1 else (other, "", "")
    return address(
        host=host or db.host,
        port=int(port) if colon else db.port,
        user=db.user,
        password=db.password.get_secret_value(),
        database=str(db.database),
    )
