"""From settings to an open, migrated Engine: what the server and the commands do first.

`db.host` chooses: empty is SQLite, else PostgreSQL, whose parts are imported only then.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from www.db import Engine, Limits
from www.db.drivers.postgres.options import address
from www.db.drivers.sqlite.lane import Options
from www.db.migrations import Migrations
from www.db.schema import health

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
    if not db.host:
        Path(db.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _own(db).apply(_place(db))


def pending(db: Db) -> list[Migration]:
    """Return the migrations that the database still lacks; not on the loop's thread."""
    return _own(db).pending(_place(db))


def undo(db: Db, to: int | None) -> list[Migration]:
    """Undo the migrations above `to` (None: the newest alone); return them, the newest first."""
    return _own(db).undo(_place(db), to)


def difference(db: Db) -> list[str]:
    """Return where the migrations (-) and www/models (+) differ; not on the loop's thread."""
    return _own(db).difference(_place(db))


def make_migration(db: Db, name: str, wishes: Wishes) -> list[Path]:
    """Write the files that lead to www/models and return their paths; none if nothing changed."""
    return _own(db).make(name, fill=wishes.fill, rename=wishes.rename)


def squash(db: Db, to: int | None) -> Migration:
    """Put one migration in the place of those up to `to` (None: of all) and return it."""
    return _own(db).squash(to)


def record(db: Db) -> Path:
    """Note that the migrations, which were written by hand, make the tables of www/models."""
    return _own(db).record(_place(db))


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
    place = _place(db)
    async with Engine(place, durability=db.durability, limits=limits, replicas=replicas) as engine:
        yield engine


def unhurried(db: Db) -> Engine:
    """Return the database as it is, not yet open, for work that takes as long as it takes."""
    place = _place(db)
    limits = Limits(
        loop_budget_s=0, statement_timeout_s=LONGEST_S, busy_timeout_s=PATIENT_S, connections=2
    )
    return Engine(place, durability=db.durability, limits=limits)


def damages(db: Db) -> list[str]:
    """Return what is wrong with an SQLite file, nothing for a whole one; reads all of it.

    A server looks after its files itself.
    """
    return [] if db.host else health.damages(_file(db))


def _own(db: Db) -> Migrations:
    from www.models import TABLES

    return Migrations(MIGRATIONS, TABLES, db.durability)


def _place(db: Db) -> str | Path:
    return _address(db) if db.host else Path(db.database)


def _file(db: Db) -> Options:
    return Options(path=Path(db.database), durability=db.durability)


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
