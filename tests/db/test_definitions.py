"""Mistakes in a table class are found when the class is made."""

import pytest

from www.db import Column, DefinitionError, Table, TableMetaClass


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
        ({"a": Column(int, autoincrement=True), "id": Column(str, primary_key=True, autoincrement=True)}, "autoincrement"),
    ],
)  # fmt: skip
def test_it_names_class_and_column(columns, message):
    with pytest.raises(DefinitionError, match=message):
        _table(**columns)


def test_it_refuses_types_that_it_cannot_store():
    with pytest.raises(DefinitionError, match=r"no column type for <class 'complex'>; known are"):
        Column(complex)
