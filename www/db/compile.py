"""From statement values to SQL text and parameters, in one walk.

Every node appends ready fragments and its bound values in the order of the text; nothing is looked
up twice, so that the walk costs about what building a cache key for it would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class Dialect(Protocol):
    """What differs between databases, as far as statements are concerned."""

    name: str

    def placeholder(self, number: int) -> str:
        """Return the text that stands for the bound value `number`, counted from 1."""
        ...

    def full_text_query(self, terms: tuple[tuple[str, ...], ...], *, prefix: bool) -> str:
        """Write terms in the query language of the database."""
        ...

    def full_text_match(self, table: str) -> str:
        """Return the SQL in front of the placeholder of the query."""
        ...

    def full_text_rank(self, table: str, weights: tuple[float, ...]) -> str:
        """Return the expression that orders hits, the best first when ascending."""
        ...


class Node(Protocol):
    """Whatever can write itself as SQL."""

    def sql(self, out: Compiler) -> None:
        """Append text and parameters to `out`."""
        ...


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL text and the values to bind, in order."""

    text: str
    params: tuple[Any, ...]


class Compiler:
    """Collects the fragments of one statement."""

    __slots__ = ("_parts", "dialect", "params")

    def __init__(self, dialect: Dialect) -> None:
        """Start empty."""
        self.dialect = dialect
        self._parts: list[str] = []
        self.params: list[Any] = []

    def text(self, fragment: str) -> None:
        """Append a fragment as it is; never a value, never a name that is not a column's."""
        self._parts.append(fragment)

    def bind(self, value: Any) -> None:
        """Append a placeholder and keep the (already encoded) value."""
        self.params.append(value)
        self._parts.append(self.dialect.placeholder(len(self.params)))

    def list(self, nodes: tuple[Node, ...], between: str) -> None:
        """Append nodes with `between` in the gaps."""
        for index, node in enumerate(nodes):
            if index:
                self._parts.append(between)
            node.sql(self)

    def done(self) -> Compiled:
        """Join what was collected."""
        return Compiled("".join(self._parts), tuple(self.params))


def compile_node(node: Node, dialect: Dialect) -> Compiled:
    """Write `node` for `dialect`."""
    out = Compiler(dialect)
    node.sql(out)
    return out.done()


def quoted(name: str) -> str:
    """Quote an identifier, as both databases do."""
    return '"' + name.replace('"', '""') + '"'
