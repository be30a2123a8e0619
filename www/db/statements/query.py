"""What SELECT and UNION share: order, limit, names for their columns, and a place in another."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from www.db.compile import quoted
from www.db.errors import StatementError
from www.db.expression import Expression, Nested, Ordering, ordering
from www.db.statements.base import Statement
from www.db.types import INTEGER

if TYPE_CHECKING:
    from collections.abc import Callable

    from www.db.compile import Compiler
    from www.db.metadata import TableInfo
    from www.db.statements.alias import Alias
    from www.db.statements.compound import Compound

R = TypeVar("R")
X = TypeVar("X")
if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault

    C_co = TypeVarWithDefault(
        "C_co", bound=tuple[Any, ...], covariant=True, default=tuple[Any, ...]
    )
else:
    C_co = TypeVar("C_co", covariant=True)


class Query(Statement[R], Generic[R, C_co]):
    """Anything that gives rows and changes none.

    `R` is the class of the rows, `C_co` what each is as a tuple: `Query[Blog, tuple[int, str]]`.
    """

    if not TYPE_CHECKING:  # `Query[Blog]` will do: then nothing is known of the tuple
        __class_getitem__ = classmethod(GenericAlias)

    _order: tuple[Ordering, ...] = ()
    _limit: int | None = None
    _offset: int | None = None
    _with: tuple[TableInfo[Any], ...] = ()

    def order(self) -> tuple[Ordering, ...]:
        """Return the terms of ORDER BY."""
        return self._order

    def order_by(self, *terms: Expression[Any] | Ordering) -> Self:
        """Order by columns or `column.desc()`; a second call replaces the first."""
        return self._but(_order=tuple(ordering(term) for term in terms))

    def limit(self, rows: int) -> Self:
        """Return at most `rows` rows."""
        return self._but(_limit=_count("limit", rows))

    def at_most(self, rows: int) -> Self:
        """Return this with a limit of `rows`, unless it has a lower one."""
        return self if self._limit is not None and self._limit <= rows else self.limit(rows)

    def offset(self, rows: int) -> Self:
        """Skip `rows` rows; what is skipped is read all the same, so prefer `page`."""
        return self._but(_offset=_count("offset", rows))

    def with_(self, *tables: Alias[Any]) -> Self:
        """Write these named selects (`as_cte`, `recursive`) in front, so that this may use them."""
        for table in tables:
            if not table.info.is_cte:
                message = f"with_() takes what as_cte() or recursive() made, got {table!r}"
                raise StatementError(message)
        return self._but(_with=self._with + tuple(table.info for table in tables))

    def as_scalar(self: Query[Any, tuple[X]]) -> Expression[X | None]:
        """Return this select of one column as a value within another statement."""
        return Nested(self, self.outputs()[0].type)

    # A select is a table for other selects, and the alias that names it makes selects: therefore
    # the imports of these methods come late.
    def as_table(self, name: str) -> Alias[R]:
        """Return this as a table that other selects may select from and join."""
        from www.db.statements.alias import derived

        return derived(self, name, is_cte=False)

    def as_cte(self, name: str) -> Alias[R]:
        """Like as_table, but written once, in front of the statement that says `with_`."""
        from www.db.statements.alias import derived

        return derived(self, name, is_cte=True)

    def recursive(self, name: str, step: Callable[[Alias[R]], Query[Any]]) -> Alias[R]:
        """Start with these rows, then add what `step` finds from those found before.

        tree = roots.recursive("tree", lambda tree: Comment.select(...).join(tree, on=...))
        """
        table = self.as_cte(name)
        table.info.body = self.union_all(step(table))
        return table

    def union(self, *others: Query[Any]) -> Compound[R, C_co]:
        """Return the rows of all; equal rows once."""
        return self._combined(" UNION ", others)

    def union_all(self, *others: Query[Any]) -> Compound[R, C_co]:
        """Return the rows of all, one after the other."""
        return self._combined(" UNION ALL ", others)

    def intersect(self, *others: Query[Any]) -> Compound[R, C_co]:
        """Return the rows that all have, each once."""
        return self._combined(" INTERSECT ", others)

    def except_(self, *others: Query[Any]) -> Compound[R, C_co]:
        """Return the rows of this that no other has, each once."""
        return self._combined(" EXCEPT ", others)

    def _combined(self, operator: str, others: tuple[Query[Any], ...]) -> Compound[R, C_co]:
        from www.db.statements.compound import Compound

        return Compound(operator, (self, *others))

    def write(self, out: Compiler, *, named: bool) -> None:
        """Append the statement; `named` gives every column its key as its name."""
        raise NotImplementedError

    def sql(self, out: Compiler) -> None:
        """Append the statement."""
        self.write(out, named=False)

    def output_keys(self) -> tuple[str, ...]:
        """Return the keys of the result's rows; an expression without one is an error."""
        keys = []
        for output in self.outputs():
            if output.key is None:
                raise StatementError("an expression in select() needs a key: .label('name')")
            keys.append(output.key)
        return tuple(keys)

    def is_open(self) -> bool:
        """Tell whether nothing stands behind or in front, so that UNION may follow."""
        return not (self._order or self._with) and self._limit is None and self._offset is None

    def _write_with(self, out: Compiler) -> None:
        """Append WITH; RECURSIVE allows a select to name itself, and changes nothing else."""
        for index, info in enumerate(self._with):
            out.text(", " if index else "WITH RECURSIVE ")
            out.ctes += (info.name,)
            out.text(quoted(info.name) + " AS (")
            if info.body is not None:
                info.body.write(out, named=True)
            out.text(")")
        out.text(" ")

    def _write_end(self, out: Compiler) -> None:
        if self._order:
            out.text(" ORDER BY ")
            out.list(self._order, ", ")
        if self._limit is not None:
            out.text(" LIMIT ")
            out.bind(self._limit, INTEGER)
        if self._offset is not None:
            out.text(" OFFSET " if self._limit is not None else out.dialect.no_limit + " OFFSET ")
            out.bind(self._offset, INTEGER)


def _count(word: str, rows: object) -> int:
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
        raise StatementError(f"{word}() takes a number of rows from 0, got {rows!r}")
    return min(rows, 2**62)
