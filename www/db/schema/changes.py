"""What leads from one schema to another, as a list that both databases' files are written from.

Alembic pairs tables and columns, over a SQLAlchemy MetaData that is made of our shapes. It knows
nothing of what it cannot reflect (the order and the condition of an index, a check, STRICT, a
collation): those are texts here, and compared as texts. Needed only where a migration is made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from www.db.errors import MigrationError
from www.db.schema.shape import Schema, Shape, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from www.db.schema.shape import Shapes

Kind = Literal[
    "add table", "drop table", "make anew", "add column", "drop column", "change column",
    "change constraints", "add index", "drop index",
]  # fmt: skip
_ALEMBIC: dict[str, Kind] = {
    "add_table": "add table",
    "remove_table": "drop table",
    "add_column": "add column",
    "remove_column": "drop column",
    "modify_type": "change column",
    "modify_nullable": "change column",
}


class Change(NamedTuple):
    """One thing that changes in a table; `name` is the column's or the index's."""

    kind: Kind
    table: str
    name: str = ""

    def __str__(self) -> str:
        """Say it as the comment in the file does."""
        if self.name:
            return f"{self.table}: {self.kind} {self.name}"
        return f"{self.table}: {self.kind}"


def changes(before: Schema, after: Schema) -> list[Change]:
    """Return what is to be done, table by table in the order of `after`, dropped tables last."""
    found = dict.fromkeys(_structure(before, after))
    for table in after.postgres:
        if table in before.postgres:
            found.update(dict.fromkeys(_texts(table, before, after)))
    words = {name for side in (before, after) for name, s in side.sqlite.items() if s.virtual}
    kept = words & set(before.postgres) & set(after.postgres)
    anew = [
        Change("make anew", change.table) if change.table in kept else change for change in found
    ]
    order = [*after.postgres, *before.postgres]
    return sorted(dict.fromkeys(anew), key=lambda change: order.index(change.table))


def _structure(before: Schema, after: Schema) -> Iterator[Change]:
    """Ask Alembic which tables and columns came, went or changed."""
    try:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext
        from sqlalchemy import create_engine
    except ImportError as err:
        message = "making a migration needs Alembic: python3 -m pip install '.[migrate]'"
        raise MigrationError(message) from err

    def differs(_context: object, _old: object, new: Any, *_types: object) -> bool:
        return _column(before, new.table.name, new.name) != _column(after, new.table.name, new.name)

    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        _metadata(before.postgres).create_all(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": differs})
        found = compare_metadata(context, _metadata(after.postgres))
    engine.dispose()
    for entry in found:
        for operation in entry if isinstance(entry, list) else [entry]:
            yield _change(operation)


def _metadata(shapes: Shapes) -> Any:
    """Describe the tables to SQLAlchemy; what their columns hold is compared by `differs`."""
    from sqlalchemy import Column, MetaData, Table, Text

    metadata = MetaData()
    for shape in shapes.values():
        columns = [
            Column(name, Text, nullable=not parts(text)["required"])
            for name, text in shape.columns.items()
        ]
        Table(shape.name, metadata, *columns)
    return metadata


def _change(operation: tuple[Any, ...]) -> Change:
    kind = _ALEMBIC[operation[0]]
    if kind in {"add table", "drop table"}:
        return Change(kind, operation[1].name)
    last = operation[3]
    return Change(kind, operation[2], last if isinstance(last, str) else last.name)


def _column(schema: Schema, table: str, name: str) -> list[str | None]:
    return [shapes.get(table, Shape(table)).columns.get(name) for shapes in schema]


def _texts(table: str, before: Schema, after: Schema) -> Iterator[Change]:
    """Compare what stands behind the columns, and the indexes."""
    pairs = [(old[table], new[table]) for old, new in zip(before, after, strict=True)]
    if any(_rest(old) != _rest(new) for old, new in pairs):
        yield Change("change constraints", table)
    gone = {name: None for old, new in pairs for name, text in old.indexes.items()
            if new.indexes.get(name) != text}  # fmt: skip
    come = {name: None for old, new in pairs for name, text in new.indexes.items()
            if old.indexes.get(name) != text}  # fmt: skip
    known = {name for old, _ in pairs for name in old.indexes}
    wanted = {name for _, new in pairs for name in new.indexes}
    twice = dict.fromkeys(name for name in (*gone, *come) if name in known & wanted)
    for name in (*gone, *(name for name in twice if name not in gone)):
        yield Change("drop index", table, name)
    for name in (*come, *(name for name in twice if name not in come)):
        yield Change("add index", table, name)


def _rest(shape: Shape) -> tuple[object, ...]:
    return sorted(shape.constraints), shape.options, shape.virtual


def renamed(schema: Schema, table: str, old: str, new: str) -> Schema:
    """Return the schema as it is when a column has another name."""
    return Schema(*(_renamed(shapes, table, old, new) for shapes in schema))


def _renamed(shapes: Shapes, table: str, old: str, new: str) -> Shapes:
    if old not in shapes[table].columns:
        raise MigrationError(f"--rename: {table} has no column {old}")
    found = {}
    target = f'REFERENCES "{table}" ("{old}")', f'REFERENCES "{table}" ("{new}")'
    for name, shape in shapes.items():
        columns = {key: text.replace(*target) for key, text in shape.columns.items()}
        constraints = tuple(_referring(text, table, (old, new)) for text in shape.constraints)
        found[name] = replace(shape, columns=columns, constraints=constraints)
    shape = found[table]
    names = f'"{old}"', f'"{new}"'
    found[table] = replace(
        shape,
        columns={
            new if key == old else key: _told(text, names) for key, text in shape.columns.items()
        },
        constraints=tuple(_own(text, names) for text in shape.constraints),
        indexes={
            key: text[: text.index("(")] + text[text.index("(") :].replace(*names)
            for key, text in shape.indexes.items()
        },
    )
    return found


def _referring(text: str, table: str, names: tuple[str, str]) -> str:
    """Put the new name behind a REFERENCES of several columns."""
    here, words, there = text.partition(f' REFERENCES "{table}" (')
    return here + words + there.replace(f'"{names[0]}"', f'"{names[1]}"') if words else text


def _own(text: str, names: tuple[str, str]) -> str:
    """Put the new name into a constraint; what it refers to has names of its own."""
    here, words, there = text.partition(" REFERENCES ")
    return here.replace(*names) + words + there


def _told(definition: str, names: tuple[str, str]) -> str:
    """Put the new name into the expression of a generated column, as the databases do."""
    expression = parts(definition)["generated"]
    return definition.replace(expression, expression.replace(*names)) if expression else definition


def without(schema: Schema, indexes: set[str]) -> Schema:
    """Return the schema without those indexes."""
    return Schema(
        *(
            {
                name: replace(
                    shape, indexes={k: v for k, v in shape.indexes.items() if k not in indexes}
                )
                for name, shape in shapes.items()
            }
            for shapes in schema
        )
    )
