# pyright: strict
"""What an engine, a transaction and a replica give back."""

from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, assert_type
from uuid import UUID

from tests.typing.tables import Author, Book
from www.db import (
    Alias,
    Connection,
    Delete,
    Engine,
    Expression,
    Insert,
    Limits,
    Page,
    Prepared,
    Select,
    StoredRow,
    Table,
    Update,
    count,
    excluded,
    given,
)
from www.db.replica import ReplicaReads

LIMITS = Limits(connections=3)
TableT = TypeVar("TableT", bound=Table)


def starred(columns: list[Expression[Any]], table: Alias[Book]) -> None:
    assert_type(Book.select(*columns), Select[Book])
    assert_type(table.select(*columns), Select[Book])


async def reads(engine: Engine, conn: Connection, replica: ReplicaReads) -> None:
    for verbs in (engine, conn, replica):
        assert_type(await verbs.all(Book.select()), list[Book])
        assert_type(await verbs.all(Book.select(Book.title)), list[Book])
        assert_type(await verbs.all(Book.select().union(Book.select())), list[Book])
        assert_type(await verbs.first(Book.select()), Book | None)
        assert_type(await verbs.one(Book.select()), Book)
        assert_type(await verbs.get(Book, UUID(int=1)), Book | None)
        kept = await verbs.stored(Book, UUID(int=1))
        assert_type(kept, StoredRow[Book] | None)
        if kept is not None:
            assert_type(verbs.decoded(Book, kept), Book)
        prepared = Prepared(Book.select().where(Book.title == given("title")))
        assert_type(await verbs.prepared(prepared, title="a"), list[Book])
        pairs = Book.select(Book.title, Book.out_at)
        assert_type(await verbs.tuples(pairs), list[tuple[str, datetime | None]])
        assert_type(await verbs.tuples(Book.select()), list[tuple[Any, ...]])
        assert_type(await verbs.scalars(pairs), list[str])
        assert_type(await verbs.scalars(Book.select(Book.out_at)), list[datetime | None])
        assert_type(await verbs.scalar(Book.select(count())), int | None)
        assert_type(await verbs.scalar(Book.select()), Any | None)
        assert_type(await verbs.count(pairs), int)
        assert_type(await verbs.exists(pairs), bool)
        page = await verbs.page(Book.select().order_by(Book.title), after=None, size=10)
        assert_type(page, Page[Book])
        assert_type(page.rows[0].title, str)
        assert_type(page.next, str | None)
        assert_type(await verbs.raw("SELECT ?", 1), list[dict[str, Any]])
        assert_type(await verbs.explain(pairs), list[str])


async def related(engine: Engine) -> None:
    authors = await engine.all(Author.select().with_related(Author.books))
    assert_type(authors[0].books[0].title, str)
    books = await engine.all(Book.select().with_related(Book.author))
    assert_type(books[0].author.name, str)


async def changes(conn: Connection, author: Author, book: Book) -> None:
    assert_type(await conn.insert(author), Author)
    assert_type(await conn.insert_many([author]), int)
    assert_type(await conn.update(author), None)
    assert_type(await conn.update_many([author]), None)
    assert_type(await conn.delete(author), bool)
    assert_type(await conn.delete_many([author]), int)
    assert_type(Author.insert(author, {"name": "Bert"}), Insert[Author])
    assert_type(Author.insert(author).or_ignore(Author.name), Insert[Author])
    upsert = Author.insert(author).or_update(Author.name, columns=[Author.role])
    assert_type(upsert.returning(Author.id), Insert[Author])
    assert_type(excluded(Book.pages), Expression[int])
    longer = {"pages": Book.pages + excluded(Book.pages)}
    more = Book.insert(book).or_update(Book.id, values=longer, where=Book.in_print)
    assert_type(more, Insert[Book])
    assert_type(Author.insert_from(Book.select(Book.title.label("name"))), Insert[Author])
    update = Book.update(pages=Book.pages + 1).where(Book.id == book.id)
    assert_type(update.returning(Book.pages), Update[Book])
    assert_type(Book.update(pages=0).all_rows(), Update[Book])
    assert_type(Book.delete().where(Book.pages == 0).returning(Book.id), Delete[Book])
    assert_type(Book.delete().all_rows(), Delete[Book])
    assert_type(await conn.run(update), int)
    assert_type(await conn.all(update.returning(Book.pages)), list[Book])


async def transactions(database: Path) -> None:
    async with Engine(database, durability="normal", limits=LIMITS, replicas=()) as engine:
        assert_type(engine, Engine)
        async with engine.transaction(read_only=True, isolation="serializable") as conn:
            assert_type(conn, Connection)
            async with conn.transaction() as inner:
                assert_type(inner, Connection)
            assert_type(await conn.lock("quota"), None)
            assert_type(await conn.copy_in("authors", ["id"], [(1,), (2,)]), None)
            assert_type(await conn.notify("changed", "7"), None)

        async def work(conn: Connection) -> int:
            return await conn.count(Book.select())

        assert_type(await engine.repeat(work, attempts=3), int)
        assert_type(await engine.position(), int)
        assert_type(engine.replica(after=await engine.position()), ReplicaReads)
        async for book in engine.stream(Book.select(Book.title)):
            assert_type(book, Book)
        async for book in engine.replica().stream(Book.select(), chunk=10):
            assert_type(book, Book)
        async with engine.transaction() as conn, aclosing(conn.stream(Book.select())) as books:
            assert_type(await anext(books), Book)
        async with engine.listen("changed") as messages:
            async for message in messages:
                assert_type(message, str | None)
        assert_type(await engine.ping(), None)
        assert_type(await engine.create_tables(Author, Book), None)
    assert_type(await Engine(database).open(), Engine)
    assert_type(await Engine(database).close(), None)


async def anything(engine: Engine, row: TableT) -> TableT:
    return await engine.insert(row)
