"""Posts that were written before references were kept: the migrations read their HTML."""

import asyncio
import shutil
from pathlib import Path

import pytest

import www.migrations
from www.blogs import references
from www.db import Engine
from www.db.migrations import Migrations
from www.models import TABLES, BlogFile

FOLDER = Path(www.migrations.__path__[0])
AT = "'2026-01-01T00:00:00+00:00'"
HTML = {
    1: '<p><img src="/files/1/a.png"> and <a href="/files/2/b%20c.txt">again</a></p>',
    2: '<p><img src="/files/2/b%20c.txt"><img src="/files/2/b%20c.txt"></p>',
    3: '<a href="https://our.example/files/12/far.txt">whole</a>',
    4: '<a href="/files/99/gone.txt">gone</a> <a href="/folders/1">/files</a> /files/x/y',
    5: '<a href="/files/123/longer.txt">12 is only its beginning</a>',
    6: "<p>/files/</p>",
}
FILES = {1: "a.png", 2: "b c.txt", 12: "far.txt", 13: "unused.txt"}
EXPECTED = [(1, 1), (1, 2), (2, 2), (3, 12)]


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return str(tmp_path / "www.db")
    return request.getfixturevalue("postgres").database()


async def write(database):
    """Write a person, files and posts as the first version had them."""
    async with Engine(database) as engine, engine.transaction() as conn:
        await conn.raw(
            f"INSERT INTO users VALUES (1, 'a', 'a', '', NULL, '', 'author', '', TRUE, {AT}, {AT})"
        )
        for id_, name in FILES.items():
            row = f"{id_}, 1, '{name}', 'text/plain', 1, '{id_:064}', {AT}"
            await conn.raw(f"INSERT INTO files VALUES ({row})")
        for id_, html in HTML.items():
            row = f"{id_}, 1, 't', 't', 'b', ?, '[]', '', {AT}, 0, 1, {AT}, {AT}"
            await conn.raw(f"INSERT INTO blogs VALUES ({row})", html)


async def referred(database):
    """Return which post refers to which file."""
    async with Engine(database) as engine:
        return sorted(await engine.tuples(BlogFile.select(BlogFile.blog_id, BlogFile.file_id)))


def test_an_upgrade_finds_the_files_of_old_posts(database, tmp_path):
    for kind in ("sqlite", "postgres"):
        (tmp_path / "first" / kind).mkdir(parents=True)
        shutil.copy(FOLDER / kind / "0001_initial.sql", tmp_path / "first" / kind)
    Migrations(tmp_path / "first", []).apply(database)
    asyncio.run(write(database))
    applied = Migrations(FOLDER, TABLES).apply(database)
    assert applied[0].label == "0002_sharing"
    assert asyncio.run(referred(database)) == EXPECTED


def test_the_migrations_find_what_the_program_finds():
    """Where a post names files of this site, saving it again changes nothing."""
    found = [
        (blog_id, id_)
        for blog_id, html in HTML.items()
        for id_, name in references.found(html).items()
        if id_ in FILES and name in {"", FILES[id_]}
    ]
    assert sorted(found) == EXPECTED
