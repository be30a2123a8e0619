"""SQL functions that both databases know, as expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from www.db.expression import Expression, Function, Literal, Nested, Written
from www.db.types import INTEGER, TEXT

if TYPE_CHECKING:
    from www.db.compile import Node

T = TypeVar("T")


def count(what: Expression[Any] | None = None) -> Expression[int]:
    """`count(*)`, or how often `what` is not null."""
    return Function("count", (Literal("*", INTEGER) if what is None else what,), INTEGER)


def total(what: Expression[T]) -> Expression[T | None]:
    """`sum(what)`; None where there is no row."""
    summed: Expression[T | None] = Function("sum", (what,), what.type)
    return (
        Written("CAST(", summed, " AS BIGINT)", what.type) if what.type.storage is int else summed
    )


def largest(what: Expression[T]) -> Expression[T | None]:
    """`max(what)`; None where there is no row."""
    return Function("max", (what,), what.type)


def smallest(what: Expression[T]) -> Expression[T | None]:
    """`min(what)`; None where there is no row."""
    return Function("min", (what,), what.type)


def coalesce(what: Expression[T | None], instead: T) -> Expression[T]:
    """The value of `what`, or `instead` where that is null."""
    return Function("coalesce", (what, what.lift(instead)), what.type)


def lower(what: Expression[str]) -> Expression[str]:
    """`lower(what)`; only the letters of ASCII are folded."""
    return Function("lower", (what,), TEXT)


def length(what: Expression[Any]) -> Expression[int]:
    """`length(what)` in characters or bytes."""
    return Function("length", (what,), INTEGER)


def exists(select: Node) -> Expression[bool]:
    """`EXISTS (select)`."""
    return Nested(select, before="EXISTS ")
