"""A process on a small file system of its own, which fills it: see test_full_disk.py.

full_disk.py FOLDER DURABILITY
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import apsw

from www.db import Column, DiskFull, Engine, Table
from www.db.drivers.sqlite.lane import Options
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, apply

ROW_BYTES = 20_000


class Text(Table):
    id = Column(int, primary_key=True, autoincrement=True)
    name = Column(str)
    body = Column(str)


def text(name: str) -> Text:
    return Text(name=name, body="x" * ROW_BYTES)


async def one(engine: Engine, name: str) -> list[str]:
    return [(await engine.insert(text(name))).name]


async def short(engine: Engine, name: str) -> list[str]:
    """A group of changes that share a commit."""
    rows = [Text(name=f"{name}-{i}", body="y" * 3_000) for i in range(8)]
    return [row.name for row in await asyncio.gather(*(engine.insert(row) for row in rows))]


async def many(engine: Engine, name: str) -> list[str]:
    rows = [text(f"{name}-{i}") for i in range(5)]
    await engine.insert_many(rows)
    return [row.name for row in rows]


async def in_a_transaction(engine: Engine, name: str) -> list[str]:
    async with engine.transaction() as conn:
        names = [(await conn.insert(text(f"{name}-{i}"))).name for i in range(3)]
        async with conn.transaction():
            names.append((await conn.insert(text(f"{name}-inner"))).name)
    return names


WAYS: list[Callable[[Engine, str], Awaitable[list[str]]]] = [one, short, many, in_a_transaction]


async def filled(engine: Engine, way: Any, told: list[str]) -> DiskFull:
    """Write until there is no room."""
    for number in range(100_000):
        try:
            told += await way(engine, f"{way.__name__}{len(told)}-{number}")
        except DiskFull as error:
            return error
    raise AssertionError("the disk is never full")


async def main(folder: Path, durability: Literal["full", "normal"]) -> None:
    path, ballasts = folder / "x.db", [folder / f"ballast {number}" for number in range(4)]
    for ballast in ballasts:
        ballast.write_bytes(b"\1" * 300_000)
    apply(Options(path=path), [Migration(1, "tables", create_all((Text,)))])
    told: list[str] = []
    async with Engine(path, durability=durability) as engine:
        for way in WAYS:
            error = await filled(engine, way, told)
            assert "make room" in str(error), error
            await there(engine, told)
            ballasts.pop().unlink()
            told += await way(engine, f"{way.__name__} after")
            await there(engine, told)
        await filled(engine, one, told)
    async with Engine(path) as engine:  # closed while it was full
        await there(engine, told)
    assert apsw.Connection(str(path)).execute("PRAGMA integrity_check").get == "ok"


async def there(engine: Engine, told: list[str]) -> None:
    """What was acknowledged is there; of a group that was refused nothing else is."""
    stored = await engine.scalars(Text.select(Text.name).order_by(Text.id))
    assert set(told) <= set(stored), set(told) - set(stored)
    strangers = [name for name in stored if name not in told and not name.startswith("short")]
    assert not strangers, strangers


# Not in asyncio's debug mode, which tells on standard error how slow a machine is.
asyncio.run(main(Path(sys.argv[1]), "full" if sys.argv[2] == "full" else "normal"), debug=False)
