"""Mistakes with statements and engines that both checkers report."""

from typing import Any

from tests.typing.tables import Author, Book
from www.db import Connection, Engine, Select


async def reads(engine: Engine, conn: Connection) -> None:
    a: list[Author] = await engine.all(Book.select())  # expect: arg-type reportAssignmentType
    b: Book = await engine.first(Book.select())  # expect: assignment reportAssignmentType
    pair = Book.select(Book.title, Book.pages)
    c: list[tuple[int, int]] = await engine.tuples(pair)  # expect: arg-type reportAssignmentType
    d: list[int] = await engine.scalars(pair)  # expect: arg-type reportAssignmentType
    e: int = await engine.scalar(Book.select(Book.pages))  # expect: assignment reportAssignmentType
    await engine.all(Book)  # expect: arg-type reportArgumentType
    await engine.get("books", 1)  # expect: arg-type reportArgumentType
    await engine.run(Book.select())  # expect: arg-type reportArgumentType
    await engine.count(Book.delete())  # expect: arg-type reportArgumentType
    await engine.page(Book.select())  # expect: call-arg reportCallIssue
    await engine.page(pair.union(pair), size=3)  # expect: arg-type reportArgumentType
    await engine.insert({"name": "Ada"})  # expect: type-var reportArgumentType
    await engine.update(Book)  # expect: arg-type reportArgumentType
    await engine.insert_many(Author.select())  # expect: arg-type reportArgumentType
    engine.lock("quota")  # expect: attr-defined reportAttributeAccessIssue
    await conn.stream(Book.select())  # expect: misc reportGeneralTypeIssues
    engine.transaction(isolation="serialisable")  # expect: arg-type reportArgumentType
    async with engine.transaction(readonly=True):  # expect: call-arg reportCallIssue
        pass


Engine("www.db", durability="none")  # expect: arg-type reportArgumentType
Book.select("title")  # expect: call-overload reportArgumentType
Book.select().order_by("title")  # expect: arg-type reportArgumentType
Book.select().limit("3")  # expect: arg-type reportArgumentType
Book.select().with_related("author")  # expect: arg-type reportArgumentType
Book.select().all()  # expect: attr-defined reportAttributeAccessIssue
Author.insert("Ada")  # expect: arg-type reportArgumentType
Author.insert().or_update("name", columns=[])  # expect: arg-type reportArgumentType
Author.insert().or_update(Author.id, where=True)  # expect: arg-type reportArgumentType
Author.insert().or_update(Author.id, set={})  # expect: call-arg reportCallIssue
Book.delete().order_by(Book.id)  # expect: attr-defined reportAttributeAccessIssue
Book.alias("b").titel  # expect: attr-defined reportAttributeAccessIssue
f: Select[Book, tuple[int]] = Book.select(Book.title)  # expect: arg-type reportAssignmentType
g: dict[str, Any] = Book.select()  # expect: assignment reportAssignmentType
