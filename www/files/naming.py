"""How names sort and how they are found: by any part, in any script.

A name is stored in the index as its overlapping pairs of characters, written as numbers, so that
no tokenizer of a database can take them apart: `ab.c` is 61g62 62g2e 2eg63 63g. A part of a name
is then a phrase of pairs, and one character alone is the beginning of a pair.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from www.models import File, FileSearch
from www.search.text import fold

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from www.db import Connection, Engine, Expression
    from www.db.verbs import Verbs

MAX_QUERY: Final = 100
MAX_WORDS: Final = 8
SOME: Final = 500
_DIGITS: Final = re.compile(r"[0-9]+")
_LONGEST_KEY: Final = 200


def key(name: str) -> str:
    """Return what `name` sorts by: letters made equal, numbers by their value (2 before 10)."""
    # Where folding leaves nothing, a space: the empty key is that of a row without one.
    return _DIGITS.sub(_counted, fold(name))[:_LONGEST_KEY] or " "


def pieces(name: str) -> str:
    """Return the pairs of a name for the index, separated by spaces."""
    folded = fold(name)
    return " ".join(_pair(folded, at) for at in range(len(folded)))


def found_by(text: str, owner_id: int | None) -> list[Expression[bool]]:
    """Return the conditions on FileSearch that a name holds every word of `text`.

    With `owner_id` the index looks at that person's files alone. No words give no conditions.
    """
    words = list(dict.fromkeys(fold(text[:MAX_QUERY]).split()))[:MAX_WORDS]
    owner = () if owner_id is None else ((_owner(owner_id),),)
    conditions = []
    for word in words:
        pairs = tuple(_pair(word, at) for at in range(max(1, len(word) - 1)))
        conditions.append(FileSearch.match((*owner, pairs), prefix=len(word) == 1))
    return conditions


async def put(conn: Verbs, files: Sequence[File]) -> None:
    """Let files be found by their present names."""
    await remove(conn, [file.id for file in files])
    await add(conn, files)


async def add(conn: Verbs, files: Sequence[File]) -> None:
    """Let files be found whose rows are new."""
    await conn.insert_many(_rows(files))


async def remove(conn: Verbs, ids: Sequence[int]) -> None:
    """Let files be found no more."""
    await conn.run(FileSearch.delete().where(FileSearch.file_id.in_(ids)))


async def made_anew(conn: Verbs) -> AsyncIterator[list[FileSearch]]:
    """Yield the whole index in the order of its keys."""
    named = File.select(File.id, File.owner_id, File.name).where(File.name_key != "")
    after = 0
    while files := await conn.all(named.where(File.id > after).order_by(File.id).limit(SOME)):
        yield _rows(files)
        after = files[-1].id


async def complete(engine: Engine) -> int:
    """Make key and pairs of files that came without, as from an older version; return how many."""
    done = 0
    while some := await _complete_some(engine):
        done += some
    return done


async def _complete_some(engine: Engine) -> int:
    unnamed = File.select(File.id, File.owner_id, File.name).where(File.name_key == "")
    if not await engine.exists(unnamed):
        return 0
    async with engine.transaction() as conn:
        files = await conn.all(unnamed.order_by(File.id).limit(SOME))
        await _keep_keys(conn, files)
        await put(conn, files)
    return len(files)


async def _keep_keys(conn: Connection, files: Sequence[File]) -> None:
    for file in files:
        await conn.run(File.update(name_key=key(file.name) or " ").where(File.id == file.id))


def _rows(files: Sequence[File]) -> list[FileSearch]:
    return [
        FileSearch(file_id=file.id, owner=_owner(file.owner_id), name=pieces(file.name))
        for file in files
    ]


def _counted(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0")
    # How many digits there are comes first, as one character that keeps their order.
    return f"{chr(ord('0') + min(len(digits), 70))}{digits}"


def _pair(text: str, at: int) -> str:
    return "g".join(f"{ord(char):x}" for char in text[at : at + 2]) + "g" * (at + 1 == len(text))


def _owner(owner_id: int) -> str:
    return f"u{owner_id}"
