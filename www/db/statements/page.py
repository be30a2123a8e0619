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

from www.db.errors import BadValue, InvalidCursor, StatementError
from www.db.expression import Bound, Expression, Ordering, Tuple, all_of, any_of
from www.db.hydrate import maker
from www.db.statements.select import Select, hidden

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        if not select.order():
            raise StatementError("a page needs order_by(): nothing else says what comes next")
        if not select.info.primary_key:
            name = select.info.called
            raise StatementError(f"{name} has no primary key to make pages by: use limit()")
        if size < 1:
            raise StatementError(f"page(size=...) takes a number of rows from 1, got {size!r}")
        self._terms = _with_key(select)
        self._size = size
        self._shown = len(select.outputs())
        paged = select.order_by(*self._terms).limit(size + 1)
        if after is not None:
            paged = paged.where(_beyond(self._terms, decode(after, self._terms)))
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


def encode(values: Sequence[Any]) -> str:
    """Write order values as a cursor."""
    if None in values:
        raise StatementError("a page cannot be ordered by a column that is null")
    text = json.dumps(list(values), separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode(cursor: str, terms: Sequence[Ordering]) -> list[Any]:
    """Read a cursor; anything that this query cannot have written is refused."""
    if len(cursor) > CURSOR_MAX_CHARS:
        raise InvalidCursor("the cursor is too long")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as err:
        raise InvalidCursor("the cursor is damaged") from err
    if not isinstance(values, list) or len(values) != len(terms):
        raise InvalidCursor("the cursor belongs to another list")
    return [_checked(value, term) for value, term in zip(values, terms, strict=True)]


def _checked(value: Any, term: Ordering) -> Any:
    kind = term.expression.type
    if type(value) is not kind.storage:
        raise InvalidCursor("the cursor belongs to another list")
    try:
        return kind.encode(value if kind.decode is None else kind.decode(value))
    except (BadValue, ValueError, TypeError, OverflowError) as err:
        raise InvalidCursor("the cursor is damaged") from err


def _with_key(select: Select[Any]) -> tuple[Ordering, ...]:
    terms = select.order()
    there = {term.expression for term in terms}
    key = (column for column in select.info.primary_key if column not in there)
    last = terms[-1].descending
    return (*terms, *(Ordering(column, descending=last) for column in key))


def _beyond(terms: Sequence[Ordering], values: Sequence[Any]) -> Expression[bool | None]:
    pairs: list[tuple[Expression[Any], Expression[Any]]] = [
        (term.expression, Bound(value, term.expression.type))
        for term, value in zip(terms, values, strict=True)
    ]
    descending = {term.descending for term in terms}
    if len(descending) == 1:
        # A row value is one range of the index; the expanded form below is not always.
        left = Tuple(tuple(expression for expression, _ in pairs))
        right = Tuple(tuple(value for _, value in pairs))
        return left < right if descending.pop() else left > right
    cases = []
    for index, term in enumerate(terms):
        expression, value = pairs[index]
        beyond = expression < value if term.descending else expression > value
        cases.append(all_of((*(e == v for e, v in pairs[:index]), beyond)))
    return any_of(tuple(cases))
