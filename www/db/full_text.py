"""Full text as expressions: a match of terms, and the rank of a hit.

The words are found by the search kit (which also cuts Chinese into pairs of characters); here
they become the query language of the database, in which nothing that a visitor types has a meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.db.errors import StatementError
from www.db.expression import Expression
from www.db.types import BOOLEAN, REAL, TEXT

if TYPE_CHECKING:
    from typing import Any

    from www.db.compile import Compiler, Terms
    from www.db.metadata import TableInfo


class Match(Expression[bool]):
    """Rows that hold every term; a term of several tokens is a phrase."""

    __slots__ = ("info", "prefix", "terms")
    scope = "rows"

    def __init__(self, info: TableInfo[Any], terms: Terms, *, prefix: bool) -> None:
        """Take at least one term; with `prefix` the last token may go on."""
        if not terms or not all(terms):
            raise StatementError("match() needs at least one term with a token")
        for term in terms:
            for token in term:
                TEXT.encode(token)
        self.info = info
        self.terms = terms
        self.prefix = prefix
        self.type = BOOLEAN

    def sql(self, out: Compiler) -> None:
        """Append the match with its query bound."""
        if out.scopes is not None:
            out.require(self.info.name, "match() is of a table")
        out.dialect.full_text_match(out, self.info, self.terms, prefix=self.prefix)


class Rank(Expression[float]):
    """How well a row fits; smaller is better."""

    __slots__ = ("info", "weights")
    scope = "rows"

    def __init__(self, info: TableInfo[Any], weights: tuple[float, ...]) -> None:
        """Take one weight per column."""
        self.info = info
        self.weights = weights
        self.type = REAL

    def sql(self, out: Compiler) -> None:
        """Append the ranking function of the database."""
        if out.scopes is not None:
            out.require(self.info.name, "rank() is of a table")
        out.dialect.full_text_rank(out, self.info, self.weights)
