"""The tables of the examples on these pages, and a few rows: a small library."""

from datetime import UTC, datetime
from enum import StrEnum

from www.db import Check, Column, Engine, Index, Related, Table


class Kind(StrEnum):
    """What sort of book it is."""

    NOVEL = "novel"
    SCIENCE = "science"


class Author(Table):
    """Who wrote books."""

    id = Column(int, primary_key=True, autoincrement=True)
    name = Column(str, max_length=50, unique=True)
    country = Column(str, nullable=True)

    books = Related[list["Book"]](lambda: Book)


class Book(Table):
    """What was written."""

    id = Column(int, primary_key=True, autoincrement=True)
    author_id = Column(int, references=lambda: Author.id, on_delete="cascade", index=True)
    title = Column(str, max_length=200)
    kind = Column(Kind, default=Kind.NOVEL)
    pages = Column(int, default=0)
    extra = Column(dict, default=dict)
    out_at = Column(datetime, nullable=True)
    version = Column(int, default=1, version=True)

    newest = Index(out_at.desc(), id.desc(), where=out_at.is_not(None))
    some_pages = Check(pages >= 0)
    author = Related["Author"](lambda: Book.author_id)
    reviews = Related[list["Review"]](lambda: Review)


class Review(Table):
    """What readers say of a book, and of each other's reviews."""

    id = Column(int, primary_key=True, autoincrement=True)
    book_id = Column(int, references=lambda: Book.id, on_delete="cascade", index=True)
    parent_id = Column(
        int, references=lambda: Review.id, on_delete="cascade", nullable=True, index=True
    )
    stars = Column(int, nullable=True)
    body = Column(str, default="")


async def fill(engine: Engine) -> None:
    """Create the tables; shelve three authors with five books and four reviews."""
    await engine.create_tables(Author, Book, Review)
    async with engine.transaction() as conn:
        lem = await conn.insert(Author(name="Stanisław Lem", country="PL"))
        ursula = await conn.insert(Author(name="Ursula K. Le Guin", country="US"))
        await conn.insert(Author(name="Ada Lovelace"))
        await conn.insert_many(
            [
                Book(author_id=lem.id, title="Solaris", pages=204, out_at=_year(1961)),
                Book(author_id=lem.id, title="The Cyberiad", pages=295, out_at=_year(1965)),
                Book(
                    author_id=lem.id,
                    title="Summa Technologiae",
                    kind=Kind.SCIENCE,
                    pages=409,
                    extra={"tags": ["future", "evolution"], "print": {"copies": 3000}},
                    out_at=_year(1964),
                ),
                Book(author_id=ursula.id, title="The Dispossessed", pages=341, out_at=_year(1974)),
                Book(author_id=ursula.id, title="Always Coming Home", pages=523),
            ]
        )
        solaris = await conn.one(Book.select().where(Book.title == "Solaris"))
        first = await conn.insert(Review(book_id=solaris.id, stars=5, body="An ocean that thinks."))
        reply = await conn.insert(
            Review(book_id=solaris.id, parent_id=first.id, body="Does it, though?")
        )
        await conn.insert(Review(book_id=solaris.id, parent_id=reply.id, body="It does."))
        await conn.insert(Review(book_id=solaris.id + 1, stars=4, body="Trurl and Klapaucius!"))


def _year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)
