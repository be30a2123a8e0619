"""SQL as text, for what the statements cannot say: `?` stands for a value, on every database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from www.db.errors import DefinitionError, StatementError
from www.db.types import column_type

if TYPE_CHECKING:
    from www.db.compile import Compiled, Dialect

# What may contain a question mark that is none: texts, names, comments.
_PIECES = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\?\?|\?)""", re.DOTALL)
_READS = re.compile(
    r"\s*(SELECT|VALUES|EXPLAIN)\b|\s*WITH\b(?!.*\b(INSERT|UPDATE|DELETE)\b)",
    re.IGNORECASE | re.DOTALL,
)


def compiled(sql: str, values: tuple[Any, ...], dialect: Dialect) -> Compiled:
    """Bind `values` to the question marks; `??` is a question mark."""
    out = dialect.compiler()
    left = list(values)
    for piece in _PIECES.split(sql):
        if piece != "?":
            out.text("?" if piece == "??" else piece)
            continue
        if not left:
            raise StatementError(f"{len(values)} values are too few for {sql!r}")
        value = left.pop(0)
        if value is None:
            out.text("NULL")  # which has no type to bind
            continue
        try:
            kind = column_type(type(value))
        except DefinitionError as err:
            raise StatementError(f"{value!r:.80} cannot be bound: {err}") from err
        out.bind(kind.encode(value), kind)
    if left:
        raise StatementError(f"{len(values)} values are too many for {sql!r}")
    return out.done()


def reads_only(sql: str) -> bool:
    """Tell whether a statement surely changes nothing."""
    return _READS.match(sql) is not None
