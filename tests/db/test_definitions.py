"""Mistakes in a table class are found when the class is made."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from www.db import (
    Check,
    Column,
    DefinitionError,
    Index,
    Table,
    TableMetaClass,
    count,
    date_part,
    lower,
    now,
)
from www.db.schema.ddl import create_all

AnyColumn: Any = Column  # a type checker would refuse some of the mistakes below
AnyIndex: Any = Index


def test_it_names_tables_after_their_class():
    class BlogTag(Table):
        id = Column(int, primary_key=True)

    class Person(Table, name="people"):
        id = Column(int, primary_key=True)

    assert (BlogTag.info.name, Person.info.name) == ("blog_tags", "people")


def test_it_lends_columns_of_mixins_to_several_tables():
    class Named:
        name = Column(str)

    class Cat(Named, Table):
        id = Column(int, primary_key=True)

    class Dog(Named, Table):
        id = Column(int, primary_key=True)

    assert (Cat.name.table, Dog.name.table) == ("cats", "dogs")
    assert list(Dog.info.columns) == ["id", "name"]


def test_a_column_may_be_called_like_our_own_variables():
    names = ["row", "_", "build", "missing", "__"]
    made: Any = TableMetaClass(
        "Odd",
        (Table,),
        {name: Column(int, default=1) for name in names[1:]}
        | {"row": Column(int, primary_key=True)},
    )
    assert dict(made(row=7, build=2)) == {"_": 1, "build": 2, "missing": 1, "__": 1, "row": 7}
    with pytest.raises(DefinitionError, match=r"Odd\.class: a column's name in Python"):
        TableMetaClass("Odd", (Table,), {"class": Column(int, primary_key=True)})


def test_it_refuses_unknown_columns():
    class Cat(Table):
        id = Column(int, primary_key=True)

    with pytest.raises(TypeError, match="Cat has no column 'nmae'; it has id"):
        Cat(nmae="Tom")


def _table(**columns: object) -> TableMetaClass:
    return TableMetaClass("Cat", (Table,), {"id": Column(int, primary_key=True)} | columns)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": Column(str)}, "Cat has no column with primary_key=True"),
        ({"items": Column(str)}, r"Cat\.items: a row has a method of that name"),
        ({"select": Column(str)}, r"Cat\.select: a row has a method of that name"),
        ({"a": Column(str, name="no name")}, r"Cat\.a: 'no name' is no column name"),
        ({"a": Column(str, name="b"), "b": Column(str)}, "two columns named 'b'"),
        ({"a": Column(int, on_delete="cascade")}, r"Cat\.a: on_delete needs references"),
        ({"a": Column(int, max_length=3)}, r"Cat\.a: max_length is for str and bytes"),
        ({"a": Column(str, version=True)}, r"Cat\.a: a version is counted"),
        ({"a": AnyColumn(str, nulable=True)}, r"Cat\.a: a column has no option 'nulable', did you mean nullable\?"),
        ({"a": Column(complex)}, r"Cat\.a: no column type for <class 'complex'>"),
        ({"a": Column(int, default="x")}, r"Cat\.a: the default is wrong: expected an int, got str 'x'"),
        ({"a": Column(int, default=None)}, r"Cat\.a: default=None needs nullable=True"),
        ({"a": Column(dict, default={})}, r"Cat\.a: every row would share this dict"),
        ({"a": AnyColumn(int, references=lambda: None, on_delete="casc")}, r"Cat\.a: on_delete is one of 'cascade'"),
        ({"a": AnyColumn(int, references=lambda: None, on_update="set null")}, r"Cat\.a: on_update='set null' needs"),
        ({"a": AnyColumn(int, references=Column(int))}, r"Cat\.a: references takes a function"),
        ({"a": Column(int, version=True), "b": Column(int, version=True)}, "several version columns: a and b"),
        ({"a": Index(Column(int).bound_to("dogs"))}, r"Cat\..*looks at <Column dogs\."),
        ({"a": Column(int, autoincrement=True), "id": Column(str, primary_key=True, autoincrement=True)}, "autoincrement"),
    ],
)  # fmt: skip
def test_it_names_class_and_column(columns, message):
    with pytest.raises(DefinitionError, match=message):
        _table(**columns)


def test_it_refuses_a_reference_of_another_type():
    class Cat(Table):
        id = Column(int, primary_key=True)
        name = Column(str, references=lambda: Cat.id)

    with pytest.raises(DefinitionError, match=r"<Column cats.name>: str cannot refer to int"):
        Cat.name.target()


def test_it_refuses_a_reference_to_one_of_many_rows():
    class Cat(Table):
        id = Column(int, primary_key=True)
        colour = Column(str)
        like_id = Column(str, references=lambda: Cat.colour)

    with pytest.raises(
        DefinitionError, match=r"cats\.colour> is neither the primary key nor unique"
    ):
        create_all([Cat])


def test_it_refuses_what_sqlite_keeps_for_itself():
    with pytest.raises(DefinitionError, match="Cat: SQLite keeps names like 'sqlite_cats'"):
        TableMetaClass("Cat", (Table,), {"id": Column(int, primary_key=True)}, name="sqlite_cats")


def test_it_says_which_columns_a_class_has():
    class Cat(Table):
        id = Column(int, primary_key=True)

    with pytest.raises(AttributeError, match="Cat has no column 'nmae'; it has id"):
        getattr(Cat, "nmae")  # noqa: B009 - a type checker would refuse Cat.nmae
    with pytest.raises(AttributeError, match=r"Cat is a table, not a statement: Cat\.select"):
        getattr(Cat, "limit")  # noqa: B009 - as above


class Mixed(Enum):
    A = 1
    B = "b"


class Broken(Enum):
    A = "a\0"


NAME, AGE, WHEN = Column(str), Column(int), Column(datetime)
TWICE = Column(int, generated=AGE * 2)


class Dog(Table):
    id = Column(int, primary_key=True)
    age = Column(int)


def _generated(expression: object, **options: object) -> dict[str, object]:
    column = AnyColumn(int, generated=expression, **options)
    return {"name": NAME, "age": AGE, "when": WHEN, "twice": TWICE, "a": column}


WRONG = [
    ({"a": Column(complex)}, r"Cat\.a: no column type for <class 'complex'>; known are"),
    ({"a": Column(Mixed)}, r"Cat\.a: Mixed\.B: only str values, or only int ones, are stored"),
    ({"a": Column(Broken)}, r"Cat\.a: Broken\.A: .*text with a NUL"),
    ({"a": Column(int, precision=3, scale=1)}, r"Cat\.a: precision and scale are for Decimal"),
    ({"a": Column(Decimal, precision=3)}, r"Cat\.a: precision and scale go together"),
    ({"a": Column(Decimal, precision=0, scale=0)}, r"Cat\.a: precision=0, scale=0: precision is from 1"),
    ({"a": Column(Decimal, precision=3, scale=4)}, r"Cat\.a: precision=3, scale=4: .* scale from 0 to"),
    ({"a": Column(Decimal, precision=1001, scale=4)}, r"Cat\.a: precision=1001"),
    ({"a": Column(int, default=1, server_default=1)}, r"Cat\.a: default and server_default are one too"),
    ({"a": Column(int, nullable=True, server_default=None)}, r"Cat\.a: server_default=None says nothing"),
    ({"a": Column(int, server_default="1")}, r"Cat\.a: server_default: expected an int, got str"),
    ({"a": Column(dict, server_default=dict)}, r"Cat\.a: the database cannot call a function"),
    ({"a": Column(int, server_default=now())}, r"Cat\.a: server_default is a datetime, the column a int"),
    ({"age": AGE, "a": Column(int, server_default=AGE + 1)}, r"Cat\.a: a server_default knows no other"),
    ({"id": Column(int, primary_key=True, autoincrement=True, server_default=1)}, r"Cat\.id: autoincrement"),
    (_generated(5), r"Cat\.a: generated takes an expression over other columns, got 5"),
    (_generated(AGE + 1, default=1), r"Cat\.a: a generated column has no default"),
    (_generated(AGE + 1, server_default=1), r"Cat\.a: a generated column has no server_default"),
    (_generated(AGE + 1, primary_key=True), r"Cat\.a: a generated column cannot have primary_key"),
    ({"a": Column(int, version=True)}, r"Cat\.a: a version is counted from a number: default=1"),
    ({"a": Column(int, version=True, nullable=True)}, r"Cat\.a: a version is counted from a number"),
    ({"a": Column(int, autoincrement=True)}, r"Cat\.a: autoincrement is for a single int primary key"),
    ({"a": Column(str, max_length=0)}, r"Cat\.a: max_length is a number from 1, not 0"),
    ({"a": AnyColumn(str, max_length="9")}, r"Cat\.a: max_length is a number from 1, not '9'"),
    ({"a": AnyColumn(int, default=lambda row: 1)}, r"Cat\.a: the default is wrong: a function is called without"),
    (_generated(AGE + 1, version=True), r"Cat\.a: a generated column cannot have version"),
    (_generated(lower(NAME)), r"Cat\.a: generated is a str, the column a int"),
    (_generated(TWICE + 1), r"Cat\.a: it is generated from twice, which is generated itself"),
    (_generated(Dog.age + 1), r"Cat\.a: generated looks at <Column dogs\.age>, which is no column of"),
    (_generated(count(AGE)), r"Cat\.a: generated cannot be this expression: it looks at other rows"),
    (_generated(date_part("year", now())), r"Cat\.a: generated cannot be this expression: it changes"),
    (_generated((AGE + 1).label("x")), r"Cat\.a: generated has a label"),
    ({"a": Column(int, stored=False)}, r"Cat\.a: stored=False is for generated columns"),
    ({"a": Column(int, on_update="cascade")}, r"Cat\.a: on_update needs references"),
    ({"a": Column(int, references=lambda: Dog.id, on_update="set null")}, r"Cat\.a: on_update='set null' needs"),
    ({"a": AnyColumn(int, references=lambda: Dog.id, on_delete="x; DROP")}, r"Cat\.a: on_delete is one of .*'x; DROP'"),
    ({"i": Index()}, r"Cat\.ix_cats_i: an index needs a column"),
    ({"i": AnyIndex("name")}, r"Cat\.ix_cats_i: takes columns and expressions, got 'name'"),
    ({"i": Index(Dog.age)}, r"Cat\.ix_cats_i: it looks at <Column dogs\.age>"),
    ({"when": WHEN, "i": Index(WHEN, where=now() < WHEN)}, r"Cat\.ix_cats_i: .*it changes with time"),
    ({"age": AGE, "i": Index(AGE, name='x" ON y')}, r"Cat\..*is no name for an index or a check"),
    ({"age": AGE, "i": Index(AGE, name="x" * 60)}, r"Cat\..*is no name for an index or a check"),
    ({"age": AGE, "c": Check(AGE > 1, name='c" x')}, r"Cat\..*is no name for an index or a check"),
    ({"c": Check(Dog.age > 1)}, r"Cat\.c: it looks at <Column dogs\.age>"),
    ({"age": AGE, "c": Check(count(AGE) > 1)}, r"Cat\.c: it cannot be this expression: it looks at"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "message"), WRONG, ids=range(len(WRONG)))
def test_it_names_what_a_database_could_not_make(columns, message):
    with pytest.raises(DefinitionError, match=message):
        _table(**columns)


def test_it_refuses_to_fill_in_words():
    body = {"id": Column(int, primary_key=True), "a": Column(str, server_default="x")}
    with pytest.raises(DefinitionError, match=r"Cat\.a: a full text table holds words only"):
        TableMetaClass("Cat", (Table,), body, full_text=True)


def test_it_refuses_words_that_are_none():
    body = {"id": Column(int, primary_key=True), "a": Column(int)}
    with pytest.raises(DefinitionError, match=r"Cat\.a: a full text table holds words: take a str"):
        TableMetaClass("Cat", (Table,), body, full_text=True)


def test_it_lends_generated_columns_of_mixins():
    class Slugged:
        name = Column(str)
        slug = Column(str, generated=lower(name), index=True)
        made_at = Column(datetime, server_default=now())

    class Cat(Slugged, Table):
        id = Column(int, primary_key=True)

    class Cow(Slugged, Table):
        id = Column(int, primary_key=True)

    assert (Cat.slug.table, Cow.slug.table) == ("cats", "cows")
    assert 'CREATE INDEX "ix_cows_slug" ON "cows" ("slug")' in create_all([Cat, Cow])


@pytest.mark.parametrize("name", ['x" (y); DROP TABLE z; --', "x y", "X", "1x", "x" * 64, "é", ""])
def test_no_name_carries_sql(name):
    with pytest.raises(DefinitionError, match=r"Cat"):
        TableMetaClass("Cat", (Table,), {"id": Column(int, primary_key=True)}, name=name or " ")
    with pytest.raises(DefinitionError, match=r"Cat\.a"):
        _table(a=Column(int, name=name or " "))
