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
    r"\s*(SELECT|VALUES)\b"
    r"|\s*(WITH|EXPLAIN)\b(?!.*\b(INSERT|UPDATE|DELETE|MERGE|REPLACE\s+INTO)\b)",
    re.IGNORECASE | re.DOTALL,
)
# A connection that goes back to the others in a transaction would take their changes into it.
_CONTROLS = re.compile(
    r"(BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE\s+TRANSACTION)\b",
    re.IGNORECASE,
)
_MAY_HOLD_OTHERS = re.compile(r"CREATE\s+(TEMP\s+|TEMPORARY\s+)?TRIGGER\b", re.IGNORECASE)
_COMMENT = ("--", "/*")


def compiled(sql: str, values: tuple[Any, ...], dialect: Dialect) -> Compiled:
    """Bind `values` to the question marks; `??` is a question mark."""
    out = dialect.compiler()
    left = list(values)
    pieces = _PIECES.split(sql)
    bare = "".join(piece for piece in pieces if not piece.startswith(_COMMENT))
    _check_is_one(bare.strip(), dialect)
    for piece in pieces:
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


def _check_is_one(sql: str, dialect: Dialect) -> None:
    """Raise StatementError where the text, without comments, is not one statement.

    PostgreSQL counts statements itself.
    """
    if not sql.strip(";"):
        raise StatementError("raw() takes a statement, and there is none in this text")
    if word := _CONTROLS.match(sql):
        message = "transaction() begins and ends transactions, and nests them"
        raise StatementError(f"raw() takes no {word[1].upper()}: {message}")
    if _MAY_HOLD_OTHERS.match(sql):
        return
    bare = "".join(piece for piece in _PIECES.split(sql) if not piece.startswith(("'", '"')))
    if dialect.name == "sqlite" and ";" in bare.rstrip("; \t\r\n"):
        raise StatementError("raw() takes one statement: call it for each")


def reads_only(sql: str) -> bool:
    """Tell whether a statement surely changes nothing."""
    return _READS.match(sql) is not None
