"""SQLAlchemy ORM, async: its unit of work batches what one session changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import registry

from bench.orm.libraries.sqlalchemy_core import engine_of, table

if TYPE_CHECKING:
    from bench.orm.model import Entry, Target, Variant


class SqlalchemyOrm:
    """Instances of a mapped class."""

    async def open(self, target: Target, variant: Variant) -> None:
        mapping = registry()
        self.journal: Any = type("Journal", (), {})
        mapping.map_imperatively(self.journal, table(mapping.metadata, variant))
        self.engine = engine_of(target)
        self.session = async_sessionmaker(self.engine, expire_on_commit=False)
        async with self.engine.begin() as conn:
            await conn.run_sync(mapping.metadata.create_all)
        self.sessions: dict[int, Any] = {}

    async def close(self) -> None:
        await self.engine.dispose()

    def _rows(self, entries: list[Entry]) -> list[Any]:
        return [self.journal(level=entry.level, text=entry.text) for entry in entries]

    async def insert_single(self, entries: list[Entry]) -> None:
        for entry in entries:
            async with self.session() as session:
                session.add(self.journal(level=entry.level, text=entry.text))
                await session.commit()

    async def insert_batch(self, entries: list[Entry]) -> None:
        async with self.session() as session:
            session.add_all(self._rows(entries))
            await session.commit()

    async def insert_bulk(self, entries: list[Entry]) -> None:
        rows = [{"level": entry.level, "text": entry.text} for entry in entries]
        async with self.session() as session:
            await session.execute(sa.insert(self.journal), rows)
            await session.commit()

    def _level(self, level: int) -> Any:
        return sa.select(self.journal).where(self.journal.level == level)

    async def filter_large(self, level: int) -> Any:
        async with self.session() as session:
            return (await session.scalars(self._level(level))).all()

    async def filter_small(self, queries: list[tuple[int, int]]) -> list[Any]:
        async with self.session() as session:
            return [
                (await session.scalars(self._level(level).limit(20).offset(start))).all()
                for level, start in queries
            ]

    async def get(self, ids: list[int]) -> list[Any]:
        # A select and no session.get, which would answer from the identity map.
        journal = self.journal
        async with self.session() as session:
            return [
                (await session.scalars(sa.select(journal).where(journal.id == key))).one()
                for key in ids
            ]

    async def filter_dicts(self, level: int) -> Any:
        async with self.session() as session:
            select = sa.select(*self.journal.__table__.c).where(self.journal.level == level)
            return [dict(row) for row in (await session.execute(select)).mappings()]

    async def filter_tuples(self, level: int) -> Any:
        async with self.session() as session:
            select = sa.select(*self.journal.__table__.c).where(self.journal.level == level)
            return [tuple(row) for row in (await session.execute(select)).all()]

    async def load(self) -> Any:
        async with self.session() as session:
            found = await session.scalars(sa.select(self.journal).order_by(self.journal.id))
            return found.all()

    async def update_whole(self, rows: list[Any], levels: list[int]) -> None:
        async with self.session() as session:
            session.add_all(rows)
            for row, level in zip(rows, levels, strict=True):
                row.level = level
                row.text += " Update"
            await session.commit()

    async def update_part(self, rows: list[Any], levels: list[int]) -> None:
        async with self.session() as session:
            session.add_all(rows)
            for row, level in zip(rows, levels, strict=True):
                row.level = level
            await session.commit()

    async def delete(self, rows: list[Any]) -> None:
        async with self.session() as session:
            for row in rows:
                await session.delete(row)
            await session.commit()
