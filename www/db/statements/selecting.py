"""Selecting: `select` of tables and aliases, and what type checkers know of its rows as tuples.

`Blog.select(Blog.id, Blog.title)` is a `Select[Blog, tuple[int, str]]`, so `tuples` gives a
`list[tuple[int, str]]`. They know the types of up to eight columns; there may be more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

from www.db.statements.select import Select

if TYPE_CHECKING:
    from www.db.expression import Expression as E  # noqa: N817 - it stands here 80 times
    from www.db.metadata import TableInfo

R = TypeVar("R")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")
T7 = TypeVar("T7")
T8 = TypeVar("T8")


class Selecting:
    """What a table class inherits."""

    __slots__ = ()
    info: ClassVar[TableInfo[Any]]

    # fmt: off
    @overload
    @classmethod
    def select(cls) -> Select[Self]: ...
    @overload
    @classmethod
    def select(cls, a: E[T1], /) -> Select[Self, tuple[T1]]: ...
    @overload
    @classmethod
    def select(cls, a: E[T1], b: E[T2], /) -> Select[Self, tuple[T1, T2]]: ...
    @overload
    @classmethod
    def select(cls, a: E[T1], b: E[T2], c: E[T3], /) -> Select[Self, tuple[T1, T2, T3]]: ...
    @overload
    @classmethod
    def select(
        cls, a: E[T1], b: E[T2], c: E[T3], d: E[T4], /
    ) -> Select[Self, tuple[T1, T2, T3, T4]]: ...
    @overload
    @classmethod
    def select(
        cls, a: E[T1], b: E[T2], c: E[T3], d: E[T4], e: E[T5], /
    ) -> Select[Self, tuple[T1, T2, T3, T4, T5]]: ...
    @overload
    @classmethod
    def select(
        cls, a: E[T1], b: E[T2], c: E[T3], d: E[T4], e: E[T5], f: E[T6], /
    ) -> Select[Self, tuple[T1, T2, T3, T4, T5, T6]]: ...
    @overload
    @classmethod
    def select(
        cls, a: E[T1], b: E[T2], c: E[T3], d: E[T4], e: E[T5], f: E[T6], g: E[T7], /
    ) -> Select[Self, tuple[T1, T2, T3, T4, T5, T6, T7]]: ...
    @overload
    @classmethod
    def select(
        cls, a: E[T1], b: E[T2], c: E[T3], d: E[T4], e: E[T5], f: E[T6], g: E[T7], h: E[T8], /
    ) -> Select[Self, tuple[T1, T2, T3, T4, T5, T6, T7, T8]]: ...
    @overload
    @classmethod
    def select(
        cls, a: E[Any], b: E[Any], c: E[Any], d: E[Any], e: E[Any], f: E[Any], g: E[Any],
        h: E[Any], i: E[Any], /, *more: E[Any],
    ) -> Select[Self]: ...
    # fmt: on
    @classmethod
    def select(cls, *what: E[Any]) -> Select[Any, Any]:
        """Select whole rows, or the given columns and labelled expressions."""
        return Select(cls.info, what)


class SelectingRows(Generic[R]):
    """What an alias inherits: the same, of rows of the class `R`."""

    __slots__ = ()
    info: TableInfo[R]

    # fmt: off
    @overload
    def select(self) -> Select[R]: ...
    @overload
    def select(self, a: E[T1], /) -> Select[R, tuple[T1]]: ...
    @overload
    def select(self, a: E[T1], b: E[T2], /) -> Select[R, tuple[T1, T2]]: ...
    @overload
    def select(self, a: E[T1], b: E[T2], c: E[T3], /) -> Select[R, tuple[T1, T2, T3]]: ...
    @overload
    def select(
        self, a: E[T1], b: E[T2], c: E[T3], d: E[T4], /
    ) -> Select[R, tuple[T1, T2, T3, T4]]: ...
    @overload
    def select(
        self, a: E[T1], b: E[T2], c: E[T3], d: E[T4], e: E[T5], /
    ) -> Select[R, tuple[T1, T2, T3, T4, T5]]: ...
    @overload
    def select(
        self, a: E[T1], b: E[T2], c: E[T3], d: E[T4], e: E[T5], f: E[T6], /
    ) -> Select[R, tuple[T1, T2, T3, T4, T5, T6]]: ...
    @overload
    def select(
        self, a: E[T1], b: E[T2], c: E[T3], d: E[T4], e: E[T5], f: E[T6], g: E[T7], /
    ) -> Select[R, tuple[T1, T2, T3, T4, T5, T6, T7]]: ...
    @overload
    def select(
        self, a: E[T1], b: E[T2], c: E[T3], d: E[T4], e: E[T5], f: E[T6], g: E[T7], h: E[T8], /
    ) -> Select[R, tuple[T1, T2, T3, T4, T5, T6, T7, T8]]: ...
    @overload
    def select(
        self, a: E[Any], b: E[Any], c: E[Any], d: E[Any], e: E[Any], f: E[Any], g: E[Any],
        h: E[Any], i: E[Any], /, *more: E[Any],
    ) -> Select[R]: ...
    # fmt: on
    def select(self, *what: E[Any]) -> Select[Any, Any]:
        """Select whole rows, or the given columns and labelled expressions."""
        return Select(self.info, what)
