"""Keyset pages: page 1,000 costs what page 1 costs, and nothing is shown twice or skipped.

The cursor is the order values of the last row, as base64url of a JSON list. It is not a secret and
not signed: it only ever becomes bound values of a comparison.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from www.db.column import Column
from www.db.errors import BadValue, InvalidCursor, StatementError
from www.db.expression import (
    Binary,
    Bound,
    Expression,
    Logic,
    Ordering,
    Tuple,
    Written,
    all_of,
    any_of,
)
from www.db.hydrate import maker
from www.db.statements.select import Select, hidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.db.compile import Dialect

R = TypeVar("R")
CURSOR_MAX_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some rows, and the cursor of what follows them; None at the end."""

    rows: Sequence[R]
    next: str | None


class Keyset(Generic[R]):
    """A select turned into pages of `size` rows."""

    def __init__(self, select: Select[R], after: str | None, size: int, dialect: Dialect) -> None:
        """Order by what `select` orders by, then by its primary key."""
        _check(select, size)
        self._terms = _with_key(select)
        self._size = size
        self._shown = len(select.outputs())
        paged = select.order_by(*self._terms).limit(size + 1)
        if after is not None:
            empty = [_may_be_null(select, term.expression) for term in self._terms]
            paged = paged.where(_beyond(self._terms, decode(after, self._terms, empty), empty))
        self._make = maker(select.info, select.outputs(), dialect)
        self._dialect = dialect
        self.select = paged.add(*hidden(tuple(term.expression for term in self._terms)))

    def page(self, found: list[tuple[Any, ...]]) -> Page[R]:
        """Make the page of the tuples that came back, one more than are shown."""
        rows = self._make([values[: self._shown] for values in found[: self._size]])
        more = len(found) > self._size
        return Page(rows, self._cursor(found[self._size - 1]) if more else None)

    def _cursor(self, last: tuple[Any, ...]) -> str:
        stored = self._dialect.stored
        pairs = zip(self._terms, last[self._shown : self._shown + len(self._terms)], strict=True)
        return encode([stored(term.expression.type, value) for term, value in pairs])


def _check(select: Select[Any], size: int) -> None:
    given: object = select
    if not isinstance(given, Select):
        message = f"page() takes a select of a table, not a {type(given).__name__}: use limit()"
        raise StatementError(message)
    if not select.order():
        raise StatementError("a page needs order_by(): nothing else says what comes next")
    if select.is_limited():
        raise StatementError("a page counts its rows itself: leave out limit() and offset()")
    if not select.info.primary_key:
        name = select.info.called
        raise StatementError(f"{name} has no primary key to make pages by: use limit()")
    if not select.keeps(select.info.primary_key):
        keys = ", ".join(column.attribute for column in select.info.primary_key)
        message = f"the primary key ({keys}) to what distinct() or group_by() looks at"
        raise StatementError(f"a page goes on behind a row of {select.info.called}: add {message}")
    number: object = size
    if not isinstance(number, int) or number < 1:
        raise StatementError(f"page(size=...) takes a number of rows from 1, got {size!r}")


def encode(values: Sequence[Any]) -> str:
    """Write order values as a cursor."""
    told = [base64.b64encode(v).decode() if isinstance(v, bytes) else v for v in values]
    text = json.dumps(told, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(cursor: str, terms: Sequence[Ordering], empty: Sequence[bool]) -> list[Any]:
    """Read a cursor; anything that this query cannot have written is refused.

    `empty` says which of the terms may be null.
    """
    if len(cursor) > CURSOR_MAX_CHARS:
        raise InvalidCursor("the cursor is too long")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as err:
        raise InvalidCursor("the cursor is damaged") from err
    if not isinstance(values, list) or len(values) != len(terms):
        raise InvalidCursor("the cursor belongs to another list")
    return [
        None if value is None and null else _checked(value, term)
        for value, term, null in zip(values, terms, empty, strict=True)
    ]


def _checked(value: Any, term: Ordering) -> Any:
    kind = term.expression.type
    told = str if kind.storage is bytes else kind.storage
    if type(value) is not told:
        raise InvalidCursor("the cursor belongs to another list")
    try:
        if kind.storage is bytes and isinstance(value, str):
            value = base64.b64decode(value, validate=True)
        return kind.encode(value if kind.decode is None else kind.decode(value))
    except (BadValue, ValueError, TypeError, ArithmeticError) as err:
        raise InvalidCursor("the cursor is damaged") from err


def _with_key(select: Select[Any]) -> tuple[Ordering, ...]:
    terms = select.order()
    there = {term.expression for term in terms}
    key = (column for column in select.info.primary_key if column not in there)
    last = terms[-1].descending
    return (*terms, *(Ordering(column, descending=last) for column in key))


def _may_be_null(select: Select[Any], expression: Expression[Any]) -> bool:
    """Tell whether the rows of `select` may lack this value: then a page has to look for nulls."""
    if isinstance(expression, Column) and not select.may_lack(expression):
        return False
    return not any(condition is expression for condition in _given(select.conditions))


_STRICT = frozenset({" = ", " <> ", " < ", " <= ", " > ", " >= ", " IN ", " LIKE "})


def _given(conditions: Sequence[Expression[Any]]) -> Iterator[Expression[Any]]:
    """Yield what has a value wherever the conditions hold."""
    for condition in conditions:
        if isinstance(condition, Logic) and condition.operator == " AND ":
            yield from _given(condition.conditions)
        elif isinstance(condition, Binary) and condition.operator in _STRICT:
            yield condition.left
        elif isinstance(condition, Written) and condition.after == " IS NOT NULL":
            yield condition.inner


def _beyond(
    terms: Sequence[Ordering], values: Sequence[Any], empty: Sequence[bool]
) -> Expression[Any]:
    """Return the condition of what stands behind `values`; null stands below every value."""
    bound: list[Bound[Any] | None] = [
        None if value is None else Bound(value, term.expression.type)
        for term, value in zip(terms, values, strict=True)
    ]
    descending = {term.descending for term in terms}
    if None not in values and (descending == {False} or (descending == {True} and not any(empty))):
        # A row value is one range of the index; the expanded form below is not always.
        left = Tuple(tuple(term.expression for term in terms))
        right = Tuple(tuple(value for value in bound if value is not None))
        return left < right if descending.pop() else left > right
    cases = []
    for index, term in enumerate(terms):
        beyond = _beyond_one(term, bound[index], may_be_null=empty[index])
        if beyond is not None:
            same = (e.expression == v for e, v in zip(terms[:index], bound[:index], strict=True))
            cases.append(all_of((*same, beyond)))
    return any_of(tuple(cases))


def _beyond_one(
    term: Ordering, value: Bound[Any] | None, *, may_be_null: bool
) -> Expression[Any] | None:
    expression = term.expression
    if not term.descending:
        return expression.is_not(None) if value is None else expression > value
    if value is None:
        return None  # nothing stands below null
    below = expression < value
    return below | expression.is_(None) if may_be_null else below
