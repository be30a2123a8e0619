"""From settings to an open, migrated Engine: what the server and the commands do first."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from www.db import Engine
from www.db.drivers.sqlite.lane import Options
from www.db.schema import health, migrate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from www.db.schema.migrate import Migration
    from www.settings import Db

MIGRATIONS: Final = Path(__file__).parent / "migrations" / "sqlite"


def options(db: Db) -> Options:
    """Return where the file is and how it is opened."""
    return Options(path=Path(db.database), durability=db.durability)


def upgrade(db: Db) -> list[Migration]:
    """Create the database or bring it up to date; return the migrations that were applied."""
    path = Path(db.database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return migrate.apply(options(db), migrate.read_migrations(MIGRATIONS))


def pending(db: Db) -> list[Migration]:
    """Return the migrations that the database still lacks."""
    return migrate.pending(options(db), migrate.read_migrations(MIGRATIONS))


@asynccontextmanager
async def opened(db: Db) -> AsyncIterator[Engine]:
    """Bring the database up to date and keep it open for the block."""
    await asyncio.to_thread(upgrade, db)
    async with Engine(db.database, durability=db.durability) as engine:
        yield engine


def damages(db: Db) -> list[str]:
    """Return what is wrong with the stored data, nothing for a whole database; reads all of it."""
    return health.damages(options(db))
