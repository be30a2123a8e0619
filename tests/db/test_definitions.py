"""Mistakes in a table class are found when the class is made."""

from typing import Any

import pytest

from www.db import Column, DefinitionError, Index, Table, TableMetaClass

AnyColumn: Any = Column  # a type checker would refuse some of the mistakes below


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
        ({"a": Index(Column(int).bound_to("dogs"))}, r"Cat\.a: an index cannot hold <Column dogs\."),
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


def test_it_says_which_columns_a_class_has():
    class Cat(Table):
        id = Column(int, primary_key=True)

    with pytest.raises(AttributeError, match="Cat has no column 'nmae'; it has id"):
        getattr(Cat, "nmae")  # noqa: B009 - a type checker would refuse Cat.nmae
    with pytest.raises(AttributeError, match=r"Cat is a table, not a statement: Cat\.select"):
        getattr(Cat, "limit")  # noqa: B009 - as above
