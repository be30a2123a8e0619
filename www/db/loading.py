"""Reads a select with its related rows: one more statement for each `with_related`.

The related rows are those whose column is IN the values found, so the statement has as many
placeholders as there are rows, rounded up so that there are few different texts to prepare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from www.db.errors import StatementError
from www.db.expression import Binary, Bound, Tuple
from www.db.hydrate import maker
from www.db.statements.select import hidden

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db.column import Column
    from www.db.compile import Dialect
    from www.db.drivers.base import Row, Soon
    from www.db.statements import Select
    from www.db.statements.base import Statement
    from www.db.statements.related import Relation

R = TypeVar("R")
KEYS_MOST = 16_384  # in one statement; both databases take 32,766 values


class Reader(Protocol):
    """What runs selects: the verbs."""

    dialect: Dialect

    def _rows(self, statement: Statement[Any]) -> Soon[list[Row]]: ...


async def with_related(reader: Reader, select: Select[R]) -> list[R]:
    """Return the rows of `select` and what belongs to them."""
    return (await _read(reader, select))[0]


def prepared(select: Select[R]) -> tuple[Select[R], list[int]]:
    """Select the columns that the relations look at too, and say where they stand."""
    return _with(select, [relation.here for relation in select.related])


async def fill(
    reader: Reader,
    relations: Sequence[Relation],
    rows: Sequence[Any],
    found: Sequence[Row],
    places: Sequence[int],
) -> None:
    """Put the related rows into `rows`, which were made of `found`."""
    for relation, place in zip(relations, places, strict=True):
        keys = [values[place] for values in found[: len(rows)]]
        partners = await _partners(reader, relation, keys)
        for row, key in zip(rows, keys, strict=True):
            theirs = partners.get(key, ())
            value = list(theirs) if relation.many else next(iter(theirs), None)
            dict.__setitem__(row, relation.key, value)


async def _read(
    reader: Reader, select: Select[R], *wanted: Column[Any]
) -> tuple[list[R], list[Any]]:
    """Return rows with what belongs to them, and beside them the value of the wanted column."""
    shown = len(select.outputs())
    here = [relation.here for relation in select.related]
    extended, places = _with(select, [*here, *wanted])
    answer = reader._rows(extended)  # noqa: SLF001 - a verb's own part
    found = answer if isinstance(answer, list) else await answer
    make = maker(select.info, select.outputs(), reader.dialect)
    rows = make(found if extended is select else [values[:shown] for values in found])
    await fill(reader, select.related, rows, found, places[: len(here)])
    return rows, [values[places[-1]] for values in found] if wanted else []


def _with(select: Select[R], columns: Sequence[Column[Any]]) -> tuple[Select[R], list[int]]:
    outputs = list(select.outputs())
    shown = len(outputs)
    places = []
    for column in columns:
        place = next((at for at, output in enumerate(outputs) if output is column), len(outputs))
        if place == len(outputs):
            outputs.append(column)
        places.append(place)
    if len(outputs) == shown:
        return select, places
    if select.is_grouped():
        names = ", ".join(map(repr, outputs[shown:]))
        raise StatementError(f"with_related() of grouped or distinct rows: select {names} too")
    return select.add(*hidden(tuple(outputs[shown:]))), places


async def _partners(
    reader: Reader, relation: Relation, keys: Sequence[Any]
) -> dict[Any, list[Any]]:
    partners: dict[Any, list[Any]] = {}
    distinct = [key for key in dict.fromkeys(keys) if key is not None]
    stored, kind = reader.dialect.stored, relation.there.type
    for start in range(0, len(distinct), KEYS_MOST):
        some = distinct[start : start + KEYS_MOST]
        some += some[-1:] * (_rounded(len(some)) - len(some))
        values = Tuple(tuple(Bound(stored(relation.here.type, key), kind) for key in some))
        select = relation.select.where(Binary(relation.there, " IN ", values))
        rows, theirs = await _read(reader, select, relation.there)
        for row, key in zip(rows, theirs, strict=True):
            partners.setdefault(key, []).append(row)
    return partners


def _rounded(number: int) -> int:
    """Round up to a power of two."""
    return 1 << (number - 1).bit_length()
