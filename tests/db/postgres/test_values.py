"""What PostgreSQL holds: every type to its ends, and what it cannot hold is said beforehand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.db.conftest import Author, Book, Words
from tests.postgres import execute
from www.db import BadValue, Column, ColumnType, Engine, StatementError, Table, total
from www.db.dialects.postgres import PostgresDialect
from www.db.schema.ddl import create_all

HEX = ColumnType("hex", int, str, hex, lambda text: int(text, 16))


class Everything(Table):
    id = Column(int, primary_key=True)
    number = Column(int, nullable=True)
    text = Column(str, nullable=True)
    yes = Column(bool, nullable=True)
    real = Column(float, nullable=True)
    blob = Column(bytes, nullable=True)
    moment = Column(datetime, nullable=True)
    day = Column(date, nullable=True)
    data = Column(dict, nullable=True)
    guid = Column(UUID, nullable=True)
    own = Column(HEX, nullable=True)


FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
OBJECTS: list[Any] = [{}, {"": [None, 1.5, "é😀", {"a": []}]}, {"n": 2**70}]
EXTREMES: list[tuple[str, Any]] = [
    *(("number", value) for value in (0, -(2**63), 2**63 - 1)),
    *(("text", value) for value in ("", "😀 中文 é", "'\"\\%_$1?", "x" * 1_000_000)),
    *(("yes", value) for value in (True, False)),
    *(("real", value) for value in (0.0, -0.0, 5e-324, 1.7976931348623157e308, float("inf"))),
    *(("blob", value) for value in (b"", b"\0\xff", bytes(10 * 2**20))),
    *(("moment", value) for value in (FIRST, FIRST + INSTANT, LAST)),
    *(("day", value) for value in (date.min, date.max)),
    *(("data", value) for value in OBJECTS),
    *(("guid", UUID(int=value)) for value in (0, 2**128 - 1)),
    *(("own", value) for value in (0, 2**100)),
]


@pytest.fixture(scope="session")
def everything(postgres) -> str:
    url: str = postgres.database()
    execute(url, create_all([Everything], PostgresDialect()))
    return url


@pytest.mark.parametrize(("name", "value"), EXTREMES, ids=range(len(EXTREMES)))
async def test_it_keeps_every_type_to_its_ends(everything, name, value):
    async with Engine(everything) as engine:
        stored = await engine.insert(Everything(**{name: value}))
        found = await engine.get(Everything, stored.id)
        assert found == stored
        assert found is not None
        assert isinstance(found[name], type(value))
        if name not in {"data", "blob"}:
            same = Everything.select().where(getattr(Everything, name) == value)
            assert await engine.exists(same.where(Everything.id == stored.id))


@pytest.mark.parametrize("value", ["infinity", "0044-03-15 12:00:00+00 BC"])
async def test_it_refuses_stored_times_that_python_cannot_hold(everything, value):
    async with Engine(everything) as engine:
        stored = await engine.insert(Everything(number=1))
        sql = f"UPDATE everythings SET moment = '{value}' WHERE id = ?"
        await engine.raw(sql, stored.id)
        with pytest.raises(BadValue, match="cannot hold"):
            await engine.get(Everything, stored.id)
        assert await engine.exists(Everything.select(Everything.id))


async def test_it_pages_by_times_days_and_truths(everything):
    async with Engine(everything) as engine:
        await engine.run(Everything.delete().all_rows())
        moments = [datetime(2026, 1, day, microsecond=day, tzinfo=UTC) for day in range(1, 8)]
        rows = [Everything(moment=m, day=m.date(), yes=m.day % 2 == 0) for m in moments]
        await engine.insert_many(rows)
        select = Everything.select().order_by(Everything.yes, Everything.day, Everything.moment)
        seen, cursor = [], None
        while True:
            page = await engine.page(select, after=cursor, size=2)
            seen += [row.moment for row in page.rows]
            if (cursor := page.next) is None:
                break
        assert seen == sorted(moments, key=lambda m: (m.day % 2 == 0, m))


@pytest.mark.parametrize(
    "book",
    [{"title": "a\0b"}, {"title": "x", "extra": {"a\0": 1}}, {"title": "x", "extra": ["\0"]}],
)
async def test_it_refuses_a_nul(engine: Engine, book):
    with pytest.raises(BadValue, match="NUL"):
        await engine.insert(Book(author_id=1, **book))


async def test_it_keeps_a_backslash_before_u0000(engine: Engine):
    author = await engine.insert(Author(name="Ada"))
    extra = {"a": "\\u0000", "b": "\\\\u0000"}
    book = await engine.insert(Book(author_id=author.id, title="x", extra=extra))
    found = await engine.get(Book, book.id)
    assert found == book


async def test_it_orders_text_by_its_bytes(engine: Engine):
    names = ["b", "B", "a", "_", "é", "Z", "中", "ä", "😀"]
    await engine.insert_many([Author(name=name) for name in names])
    ordered = await engine.scalars(Author.select(Author.name).order_by(Author.name))
    assert ordered == sorted(names)


async def test_it_says_that_a_sum_is_too_large(engine: Engine):
    author = await engine.insert(Author(name="Ada"))
    await engine.insert_many([Book(author_id=author.id, title="x", pages=2**62) for _ in range(2)])
    with pytest.raises(BadValue, match="out of range"):
        await engine.scalar(Book.select(total(Book.pages).label("sum")))


async def test_it_finds_words_behind_the_last_position(engine: Engine):
    many = " ".join(f"w{number}" for number in range(30_000))
    await engine.insert(Words(id=1, title="t", body=many))
    await engine.insert(Words(id=2, title="t", body="w1 x w2"))
    for terms, found in ((("w1", "w2"), [1]), (("w29998", "w29999"), [1]), (("w2", "w1"), [])):
        assert await engine.scalars(Words.select(Words.id).where(Words.match((terms,)))) == found


async def test_it_cuts_what_no_tsvector_holds(engine: Engine):
    many = " ".join(f"{number:010}" for number in range(200_000))
    await engine.insert(Words(id=1, title="the " + "x" * 5_000, body=many))
    select = Words.select(Words.id)
    assert await engine.scalars(select.where(Words.match((("0000000001",),)))) == [1]
    assert await engine.scalars(select.where(Words.match((("the",),)))) == [1]


async def test_it_quotes_words(engine: Engine):
    await engine.insert(Words(id=1, title="it's a\\b 'q' :* & | !", body=""))
    for word in ("it's", "a\\b", "'q'", ":*", "&", "!"):
        select = Words.select(Words.id).where(Words.match(((word,),)))
        assert await engine.scalars(select) == [1], word


async def test_it_ranks_by_weight(engine: Engine):
    await engine.insert(Words(id=1, title="other", body="fox fox"))
    await engine.insert(Words(id=2, title="fox", body="other"))
    fox = Words.select(Words.id).where(Words.match((("fox",),)))
    assert await engine.scalars(fox.order_by(Words.rank(10.0, 1.0))) == [2, 1]
    assert await engine.scalars(fox.order_by(Words.rank(1.0, 10.0))) == [1, 2]
    with pytest.raises(StatementError, match=r"needs a match\(\)"):
        await engine.scalars(Words.select(Words.id).order_by(Words.rank(1.0)))
