"""No value and no name becomes SQL: what is tried comes back as it was, or is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from www.db import (
    BadValue,
    DatabaseError,
    Engine,
    StatementError,
    case,
    coalesce,
    date_part,
    lower,
    string_agg,
    value,
)

from .conftest import Author, Book, Words

ATTACKS = [
    "'; DROP TABLE books; --", '"; DROP TABLE books; --', "' OR '1'='1", "\\'; DROP TABLE books; --",
    "1); DELETE FROM books; --", "$1; SELECT pg_sleep(9)", "?", "??", "%s%(x)s{}{0}", ":name @name $name",
    "/* */ -- ;", "$$; DROP TABLE books; $$", "\u02bc\uff07\uff02", "[0]", "$.a", '$."a"', "{a,b}",
    "E'\\x27'", "\x1b\x08\r\n", "`; DROP TABLE books; `", 'books" WHERE 1=1; --',
]  # fmt: skip


@pytest.fixture
async def books(engine: Engine) -> list[Book]:
    author = await engine.insert(Author(name="Ada"))
    rows = [Book(id=n, author_id=author.id, title="safe") for n in (1, 2)]
    await engine.insert_many(rows)
    return rows


async def _is_intact(engine: Engine, rows: int = 2) -> bool:
    return await engine.count(Book.select()) == rows


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
async def test_a_value_stays_a_value(engine: Engine, books, attack):
    book = books[0]
    book.title, book.extra = attack, {attack: [attack]}
    await engine.update(book)
    await engine.run(Book.update(title=attack).where(Book.title == attack))
    mine = [
        Book.title == attack,
        Book.title.in_([attack]),
        Book.title.like(attack.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")),
        Book.title.contains(attack),
        Book.title.startswith(attack),
        Book.title.between(attack, attack),
        lower(Book.title) == attack.lower(),
        coalesce(Book.title, attack) == attack,
        Book.title + attack == attack * 2,
        case((Book.title == attack, attack), otherwise="") == attack,
    ]
    for condition in mine:
        assert await engine.scalars(Book.select(Book.id).where(condition)) == [book.id]
    agg = string_agg(Book.title, attack, order_by=Book.id)
    assert await engine.scalar(Book.select(agg.label("x"))) == attack + attack + "safe"
    assert await engine.scalar(Author.select(value(attack).label("x"))) == attack
    assert await engine.get(Book, book.id) == await engine.one(Book.select().where(mine[0]))
    assert (await engine.raw("SELECT id FROM books WHERE book_title = ?", attack)) == [{"id": 1}]
    assert await _is_intact(engine)


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
async def test_a_key_of_json_stays_a_key(engine: Engine, books, attack):
    book = books[0]
    book.extra = {attack: {attack: attack}}
    await engine.update(book)
    try:
        path = Book.extra[attack][attack]
    except StatementError as error:
        assert "a key with these characters is not found" in str(error)  # noqa: PT017 - or it works
    else:
        assert await engine.scalars(Book.select(Book.id).where(path == attack)) == [1]
        assert await engine.scalar(Book.select(path.label("x")).where(Book.id == 1)) == attack
    assert await _is_intact(engine)


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
async def test_no_name_of_a_statement_is_sql(engine: Engine, books, attack: Any):
    select: Any = Book.select(Book.id)
    other: Any = Book.alias("b")
    wrong: list[Any] = [
        lambda: Book.title.label(attack),
        lambda: Book.alias(attack),
        lambda: select.as_table(attack),
        lambda: select.as_cte(attack),
        lambda: select.recursive(attack, lambda tree: tree.select()),
        lambda: Book.insert({attack: 1}),
        lambda: Book.update(**{attack: 1}),
        lambda: date_part(attack, Book.out_at),
        lambda: select.limit(attack),
        lambda: select.offset(attack),
        lambda: other[attack],
    ]
    for call in wrong:
        with pytest.raises(StatementError):
            call()
    with pytest.raises(TypeError):
        Book(**{attack: 1})
    assert await _is_intact(engine)


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
async def test_no_option_of_a_transaction_is_sql(engine: Engine, books, attack: Any):
    with pytest.raises(StatementError, match="isolation"):
        async with engine.transaction(isolation=attack):
            pass
    async with engine.transaction() as conn:
        await conn.lock(attack)
        async with conn.transaction():  # its savepoint has a name of ours
            await conn.insert(Book(id=3, author_id=1, title=attack))
    assert await engine.scalars(Book.select(Book.title).where(Book.id > 2)) == [attack]
    with pytest.raises(DatabaseError):
        await engine.page(Book.select().order_by(Book.title), after=attack, size=1)
    assert await _is_intact(engine, 3)


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
async def test_a_term_of_a_search_stays_a_term(engine: Engine, attack):
    await engine.insert(Words(id=1, title="plain", body="text"))
    for terms in (((attack,),), ((attack, attack),)):
        assert await engine.scalars(Words.select(Words.id).where(Words.match(terms))) in ([], [1])
    with pytest.raises(BadValue, match="NUL"):
        Words.match(((attack + "\0",),))
    assert await engine.scalars(Words.select(Words.id).where(Words.match((("plain",),)))) == [1]
