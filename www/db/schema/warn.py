"""What the person who reviews a migration should think about, as comments in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.db.schema.shape import parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.db.schema.changes import Change
    from www.db.schema.shape import Schema
    from www.db.schema.values import Values


def warnings(
    found: Sequence[Change], before: Schema, after: Schema, values: Values
) -> Iterator[str]:
    """Return a line per danger in the changes of one table."""
    for change in found:
        if change.kind in {"drop table", "drop column"}:
            yield f"what is in {change.name or change.table} is lost"
        elif change.kind == "make anew":
            yield f"{change.table} is empty afterwards: its words must be written again"
        elif change.kind == "change column":
            yield from _changed(change, before, after, values)
        elif change.kind == "add column" and (change.table, change.name) in values:
            value = values[change.table, change.name].postgres
            yield f"rows that exist get {change.name} = {value}"


def _changed(change: Change, before: Schema, after: Schema, values: Values) -> Iterator[str]:
    old, new = (side.postgres[change.table].columns[change.name] for side in (before, after))
    was, will = parts(old), parts(new)
    if will["generated"]:
        if not was["generated"]:
            yield f"{change.name} is generated now: what is in it is lost"
        return
    if was["type"] != will["type"]:
        yield f"{change.name} was {old}: look whether every value can become {new}"
    if will["required"] and not was["required"]:
        value = values.get((change.table, change.name))
        end = f"get {value.postgres}" if value else "make this fail: give them a value first"
        yield f"rows without {change.name} {end}"


def new_names(found: Sequence[Change], before: Schema, after: Schema) -> Iterator[str]:
    """Return a line per pair of columns that may be one with a new name: that cannot be guessed."""
    gone = [change for change in found if change.kind == "drop column"]
    come = [change for change in found if change.kind == "add column"]
    for old in gone:
        for new in come:
            was = before.postgres[old.table].columns[old.name]
            if was == after.postgres[new.table].columns[new.name]:
                pair = f"{old.table}.{old.name}={new.name}"
                yield f"is {new.name} a new name of {old.name}? Then make this anew, behind"
                yield f"  git checkout recorded.sql, without these files, by --rename {pair}"
