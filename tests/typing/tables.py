"""Tables with a column of every kind, for the examples and the mistakes beside this file."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from www.db import Check, Column, ColumnType, ForeignKey, Index, Related, Table


class Role(StrEnum):
    READER = "reader"
    AUTHOR = "author"


class Money:
    """A class of one's own, stored as a number of cents."""

    def __init__(self, cents: int) -> None:
        self.cents = cents


def _cents(money: Any) -> int:
    return int(money.cents)


MONEY = ColumnType("money", Money, int, _cents, Money)


class Stamped:
    """A mixin."""

    made_at = Column(datetime, default=lambda: datetime.now(UTC))


class Author(Stamped, Table):
    id = Column(int, primary_key=True, autoincrement=True)
    name = Column(str, max_length=50, unique=True)
    role = Column(Role, default=Role.READER)
    born_on = Column(date, nullable=True)
    books = Related[list["Book"]](lambda: Book)

    by_role = Index(role, name.desc(), where=born_on.is_not(None), unique=True)


class Book(Stamped, Table, name="shelf"):
    id = Column(UUID, primary_key=True, default=uuid4)
    author_id = Column(int, references=lambda: Author.id, on_delete="cascade", index=True)
    title = Column(str)
    subtitle = Column(str, nullable=True)
    pages = Column(int, default=0)
    weight = Column(float)
    in_print = Column(bool, default=True)
    banned = Column(bool, nullable=True)
    cover = Column(bytes, nullable=True)
    extra = Column(dict[str, Any], default=dict)
    tags = Column(list[str], default=list)
    price = Column(MONEY)
    fee = Column(MONEY, nullable=True)
    out_at = Column(datetime, nullable=True)
    version = Column(int, default=1, version=True)
    author = Related["Author"](lambda: Book.author_id)

    some_pages = Check(pages >= 0)


class Novel(Book, name="novels"):
    """Inherits the columns."""

    hero = Column(str)


class Print(Table):
    id = Column(int, primary_key=True)
    name = Column(str)
    role = Column(Role)

    of_author = ForeignKey(
        name, role, references=lambda: (Author.name, Author.role), on_delete="cascade"
    )
