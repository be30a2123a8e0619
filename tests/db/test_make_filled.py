"""`www migrate make` sees defaults, generated columns, expression indexes and Decimals change."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from www.db import Check, Column, Index, MigrationError, length, lower, now

from .test_make import CATS, Place, cat, change, fetched, place, table

__all__ = ["change", "fetched", "place"]  # fixtures

NAME = Column(str, index=True)
SAID = 'it\'s  "a", NOT NULL; -- (x'


def named(**members: Any) -> Any:
    return cat(name=NAME, **members)


def test_it_adds_columns_with_server_defaults(change):
    new = named(
        lives=Column(int, server_default=9),
        said=Column(str, server_default=SAID),
        made=Column(datetime, server_default=now()),
        maybe=Column(str, nullable=True, server_default="x"),
    )
    place = change([named()], [new], rows=CATS)
    rows = place.run("SELECT lives, said, maybe, made IS NULL FROM cats WHERE name = 'Tom'")
    assert [(r[0][:3], bool(r[0][3])) for r in rows] == [((9, SAID, "x"), False)] * 2
    place.run("INSERT INTO cats (name) VALUES ('New')")
    assert place.run("SELECT lives, said FROM cats WHERE name = 'New'") == [[(9, SAID)]] * 2
    place.undo()


def test_it_changes_a_server_default(change):
    first = named(a=Column(int, server_default=1), b=Column(int), c=Column(int, server_default=3))
    second = named(a=Column(int, server_default=2), b=Column(int, server_default=5), c=Column(int))
    rows = "INSERT INTO cats (name, b) VALUES ('Tom', 7)"
    place = change([first], [second], rows=rows)
    assert 'ALTER COLUMN "a" SET DEFAULT (2);' in place.text("postgres/0002_step.sql")
    assert 'ALTER COLUMN "c" DROP DEFAULT;' in place.text("postgres/0002_step.sql")
    place.run("INSERT INTO cats (name, c) VALUES ('New', 0)")
    assert place.run("SELECT a, b, c FROM cats ORDER BY id") == [[(1, 7, 3), (2, 5, 0)]] * 2
    place.undo()
    place.run("INSERT INTO cats (name, b) VALUES ('Old', 0)")
    assert place.run("SELECT a, c FROM cats WHERE name = 'Old'") == [[(1, 3)]] * 2


def test_it_converts_the_type_below_a_default(change):
    first, second = Column(bool, server_default=True), Column(int, server_default=4)
    place = change([named(a=first)], [named(a=second)], rows=CATS)
    assert place.run("SELECT a FROM cats") == [[(1,), (1,)]] * 2
    place.undo()


def test_it_fills_empty_rows_with_the_server_default(change):
    first = named(a=Column(int, nullable=True))
    place = change([first], [named(a=Column(int, server_default=4))], rows=CATS)
    assert place.run("SELECT a FROM cats") == [[(4,), (4,)]] * 2


def test_it_adds_and_drops_generated_columns(change):
    new = named(
        slug=Column(str, generated=lower(NAME), index=True),
        size=Column(int, generated=length(NAME), stored=False),
    )
    place = change([named()], [new], rows=CATS)
    assert place.run("SELECT slug, size FROM cats ORDER BY id") == [[("tom", 3), ("kit", 3)]] * 2
    assert "is lost" not in place.text("sqlite/0002_step.sql")
    place.undo(to=1)
    assert place.run("SELECT * FROM cats ORDER BY id") == [[(1, "Tom"), (2, "Kit")]] * 2


def test_it_changes_the_expression_and_keeps_what_stands_on_it(change):
    def made(expression: Any) -> Any:
        slug = Column(str, generated=expression)
        kept = {"by_slug": Index(slug.desc(), NAME), "some": Check(slug != "")}
        return named(slug=slug, up=Column(int, default=0), **kept)

    first, second = made(lower(NAME)), made(lower(NAME) + "!")
    place = change([first], [second], rows="INSERT INTO cats (name, up) VALUES ('Tom', 1)")
    assert place.run("SELECT slug FROM cats") == [[("tom!",)]] * 2
    place.undo()
    assert place.run("SELECT slug FROM cats") == [[("tom",)]] * 2


def test_it_makes_a_plain_column_generated_and_back(change):
    slug = Column(str, default="old")
    rows = "INSERT INTO cats (name, slug) VALUES ('Tom', 'mine')"
    place = change([named(slug=slug)], [named(slug=Column(str, generated=lower(NAME)))], rows=rows)
    assert "slug is generated now: what is in it is lost" in place.text("sqlite/0002_step.sql")
    assert place.run("SELECT slug FROM cats") == [[("tom",)]] * 2
    place.undo()
    place.run("UPDATE cats SET slug = 'again'")
    assert place.run("SELECT slug FROM cats") == [[("again",)]] * 2


def test_it_changes_the_type_below_a_generated_column(change):
    def made(python: Any) -> Any:
        size = Column(python, nullable=True)
        return named(size=size, has=Column(bool, generated=size.is_not(None), index=True))

    rows = "INSERT INTO cats (name, size) VALUES ('Tom', '12')"
    place = change([made(str)], [made(int)], rows=rows)
    assert place.run("SELECT size, has FROM cats") == [[(12, 1)]] * 2
    place.undo()
    assert place.run("SELECT size FROM cats") == [[("12",)]] * 2


def test_it_drops_a_column_and_what_is_generated_from_it(change):
    size = Column(int, default=1)
    first = named(size=size, twice=Column(int, generated=size * 2))
    place = change([first], [named()], rows=CATS.replace("(name)", "(name, size)").replace("')", "', 2)"))  # fmt: skip
    place.undo()
    assert len(place.run("SELECT twice FROM cats")[0]) == 2


def test_it_renames_a_column_below_a_generated_one(place: Place):
    def made(name: str) -> Any:
        size = Column(int, name=name)
        return [named(**{name: size, "twice": Column(int, generated=size * 2)})]

    place.make(made("size"), "initial")
    place.apply()
    place.run("INSERT INTO cats (name, size) VALUES ('Tom', 20)")
    place.make(made("length"), rename=[("cats", "size", "length")])
    place.prove(made("length"))
    place.apply()
    assert place.run("SELECT length, twice FROM cats") == [[(20, 40)]] * 2
    place.undo()
    assert place.run("SELECT size, twice FROM cats") == [[(20, 40)]] * 2


def test_it_makes_indexes_over_expressions(change):
    first = named(size=Column(int, default=0))
    second = named(
        size=Column(int, default=0),
        one=Index(lower(NAME), unique=True),
        some=Index((length(NAME) * 2).desc(), NAME, where=lower(NAME) != "it's  x"),
    )
    place = change([first], [second], rows="INSERT INTO cats (name, size) VALUES ('Tom', 0)")
    assert 'INDEX CONCURRENTLY "ix_cats_one" ON "cats" ((lower("name")))' in "".join(
        step.sql for step in place.files("postgres")
    )
    place.undo(to=1)
    place.prove([second])


def test_it_sees_a_changed_expression_of_an_index(change):
    first, second = named(i=Index(lower(NAME))), named(i=Index(lower(NAME) + "!"))
    place = change([first], [second], rows=CATS)
    assert 'DROP INDEX "ix_cats_i";' in place.text("sqlite/0002_step.sql")


def test_it_widens_decimals_and_adds_them(change):
    first = named(price=Column(Decimal, precision=8, scale=2, default=Decimal("1.5")))
    second = named(price=Column(Decimal, precision=10, scale=3), rate=Column(Decimal, default=0))
    place = change([first], [second])
    assert 'TYPE NUMERIC(10, 3) USING "price"' in place.text("postgres/0002_step.sql")
    assert "There is no way back" in place.text("postgres/0002_step.sql")


def test_it_refuses_to_narrow_a_decimal(place: Place):
    place.make([named(price=Column(Decimal))], "initial")
    with pytest.raises(MigrationError, match=r"cats\.price cannot change its type"):
        place.make([named(price=Column(Decimal, precision=8, scale=2))])


def test_it_counts_with_decimals_where_only_sqlite_is(change):
    price, count = Column(Decimal, precision=8, scale=2), Column(int)
    total = Column(Decimal, precision=12, scale=2, generated=price * count.as_type(Decimal))
    place = change(
        [named(price=price, count=count)], [named(price=price, count=count, total=total)]
    )
    assert "exact_mul" in place.text("sqlite/0002_step.sql")


def test_references_follow_on_update(change):
    other: Any = table("Person")
    plain = Column(int, references=lambda: other.id)
    follows = Column(int, references=lambda: other.id, on_update="cascade")
    place = change([other, named(owner=plain)], [other, named(owner=follows)])
    assert "ON UPDATE CASCADE" in place.text("postgres/0002_step.sql")
