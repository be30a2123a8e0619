"""The tables as the raw drivers see them, and the indexes that every contestant gets."""

from __future__ import annotations

from bench.orm.model import LINKS, TABLE, Variant, extras

SQLITE = {
    "id": "INTEGER NOT NULL PRIMARY KEY", "timestamp": "TEXT", "float": "REAL",
    "smallint": "INTEGER", "int": "INTEGER", "bigint": "INTEGER", "char": "TEXT", "text": "TEXT",
    "decimal": "TEXT", "json": "TEXT",
}  # fmt: skip
POSTGRES = {
    "id": "SERIAL NOT NULL PRIMARY KEY", "timestamp": "TIMESTAMPTZ", "float": "DOUBLE PRECISION",
    "smallint": "SMALLINT", "int": "INTEGER", "bigint": "BIGINT", "char": "VARCHAR(255)",
    "text": "TEXT", "decimal": "NUMERIC(12, 8)", "json": "JSONB",
}  # fmt: skip


def create(types: dict[str, str], variant: Variant) -> list[str]:
    """Return the statements that create the tables of a variant, without indexes."""
    lines = [f"id {types['id']}", f"timestamp {types['timestamp']} NOT NULL"]
    lines += [f"level {types['smallint']} NOT NULL", f"text {types['char']} NOT NULL"]
    if variant == "relations":
        lines.append(f"parent_id INTEGER REFERENCES {TABLE} (id) ON DELETE CASCADE")
    for extra in extras(variant):
        null = "" if extra.default is None else " NOT NULL"
        lines.append(f"{extra.name} {types[extra.kind]}{null}")
    statements = [f"CREATE TABLE {TABLE} ({', '.join(lines)})"]
    if variant == "relations":
        side = f"INTEGER NOT NULL REFERENCES {TABLE} (id) ON DELETE CASCADE"
        statements.append(
            f"CREATE TABLE {LINKS} (one_id {side}, other_id {side}, PRIMARY KEY (one_id, other_id))"
        )
    return statements


def indexes(variant: Variant) -> list[str]:
    """Return the statements of the indexes that the models ask for."""
    names = ["level", "text", *(["parent_id"] if variant == "relations" else [])]
    return [f"CREATE INDEX bench_{name} ON {TABLE} ({name})" for name in names]
