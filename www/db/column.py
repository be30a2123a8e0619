"""Column: on the class an expression, on a row its value.

`Blog.title` is the column, to compare and to order by; `blog.title` is a str, and type checkers
know both. Assigning through a row remembers which columns changed, so that UPDATE writes only them.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar, cast, overload

from www.db.compile import quoted
from www.db.decimals import MOST_DIGITS
from www.db.errors import BadValue, DefinitionError
from www.db.expression import Expression
from www.db.types import DECIMAL, TEXT, ColumnType, column_type, decimal_type, limited

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypedDict, Unpack

    from www.db.compile import Compiler
    from www.db.metadata import TableInfo

    class Options(TypedDict, total=False):
        """The keywords of Column, as editors offer and check them; `nullable` decides the type."""

        primary_key: bool
        autoincrement: bool
        default: Any
        unique: bool
        index: bool
        max_length: int | None
        references: Callable[[], Column[Any]] | None
        on_delete: OnDelete
        on_update: OnDelete
        server_default: Any
        generated: Expression[Any] | None
        stored: bool
        precision: int | None
        scale: int | None
        version: bool
        name: str


T = TypeVar("T")
X = TypeVar("X")
OnDelete = Literal["cascade", "restrict", "set null"]


class _Missing:
    """Stands for "no default"; None is a default that one may want."""


MISSING: Final = _Missing()


class Column(Expression[T]):
    """One column of a table.

    `type_` is a Python type (int, str, bool, float, Decimal, bytes, datetime, date, time,
    timedelta, dict, list, UUID, an Enum of str or int values) or a ColumnType. `precision` and
    `scale` are the digits of a Decimal. `name` is the column's name in the database where it
    differs from the attribute. `references` is a function that returns the column referred to, so
    that tables may refer to tables further down. `version=True` makes updates of a row fail when
    somebody else was quicker.

    `default` is a value or a function without arguments, used when a row is made; `server_default`
    a value or an expression such as `now()`, which the database takes for a row that comes without
    one. `generated` is an expression over other columns: the database keeps the value, and nobody
    writes it (`stored=False`: SQLite computes it when it is read).
    """

    __slots__ = (
        "attribute",
        "autoincrement",
        "default",
        "generated",
        "index",
        "max_length",
        "mistake",
        "name",
        "nullable",
        "on_delete",
        "on_update",
        "owner",
        "primary_key",
        "qualified",
        "references",
        "server_default",
        "stored",
        "table",
        "unique",
        "unknown",
        "version",
    )

    @overload
    def __init__(
        self: Column[X | None],
        type_: type[X] | ColumnType[X],
        *,
        nullable: Literal[True],
        **options: Unpack[Options],
    ) -> None: ...
    @overload
    def __init__(
        self: Column[X],
        type_: type[X] | ColumnType[X],
        *,
        nullable: Literal[False] = False,
        **options: Unpack[Options],
    ) -> None: ...
    @overload
    def __init__(
        self: Column[Any],
        type_: type[Any] | ColumnType,
        *,
        nullable: bool,
        **options: Unpack[Options],
    ) -> None: ...
    def __init__(
        self,
        type_: type[Any] | ColumnType,
        *,
        primary_key: bool = False,
        autoincrement: bool = False,
        nullable: bool = False,
        default: Any = MISSING,
        unique: bool = False,
        index: bool = False,
        max_length: int | None = None,
        references: Callable[[], Column[Any]] | None = None,
        on_delete: OnDelete = "restrict",
        on_update: OnDelete = "restrict",
        server_default: Any = MISSING,
        generated: Expression[Any] | None = None,
        stored: bool = True,
        precision: int | None = None,
        scale: int | None = None,
        version: bool = False,
        name: str = "",
        **unknown: Any,
    ) -> None:
        """Describe the column; it learns its own name and table when the class is made.

        Mistakes wait until then too (`www.db.definitions`), to be told with both names.
        """
        self.unknown = tuple(unknown)
        self.mistake = ""
        kind = TEXT
        try:
            kind = column_type(type_)
            if precision is not None or scale is not None:
                kind = _with_digits(kind, precision, scale)
        except DefinitionError as err:
            self.mistake = str(err)
        self.type = limited(kind, max_length) if max_length else kind
        self.primary_key = primary_key
        self.autoincrement = autoincrement
        self.nullable = nullable
        filled = not nullable or generated is not None or server_default is not MISSING
        self.default = None if default is MISSING and not filled else default
        self.server_default = server_default
        self.generated = generated
        self.stored = stored
        self.unique = unique
        self.index = index
        self.max_length = max_length
        self.references = references
        self.on_delete = on_delete
        self.on_update = on_update
        self.version = version
        self.name = name
        self.attribute = ""
        self.table = ""
        self.qualified = ""

    owner: TableInfo[Any]  # the table, or the alias of it, to which this belongs

    def __set_name__(self, owner: type, attribute: str) -> None:
        """Learn the attribute; the metaclass binds the table."""
        self.attribute = attribute
        self.name = self.name or attribute
        self.qualified = quoted(self.name)  # as an index in the class body writes it

    def bound_to(self, table: str) -> Self:
        """Return a copy that belongs to `table`: mixins lend their columns to several."""
        column = copy.copy(self)
        column.table = table
        column.qualified = f"{quoted(table)}.{quoted(column.name)}"
        if column.generated is not None:
            column.__class__ = GeneratedColumn  # type: ignore[assignment] # an heir of the same slots
        return column

    @overload
    def __get__(self, row: None, owner: type) -> Column[T]: ...
    @overload
    def __get__(self, row: dict[str, Any], owner: type) -> T: ...
    def __get__(self, row: dict[str, Any] | None, owner: type) -> Column[T] | T:
        """Return the column for the class, the value for a row."""
        if row is None:
            return self
        try:
            return cast("T", row[self.attribute])
        except KeyError:
            message = f"{owner.__name__}.{self.attribute} was not selected with this row"
            raise AttributeError(message) from None

    def __set__(self, row: dict[str, Any], value: T) -> None:
        """Change the value of a row and remember that it changed."""
        row[self.attribute] = value

    @property
    def key(self) -> str:
        """The attribute's name is the key in the row."""
        return self.attribute

    def _wrong(self, err: BadValue) -> BadValue:
        return BadValue(f"{self.table}.{self.attribute}: {err}")

    def sql(self, out: Compiler) -> None:
        """Append the quoted name with its table."""
        out.text(self.qualified)

    def has_default(self) -> bool:
        """Tell whether a row may be made without this column."""
        return self.default is not MISSING

    def is_filled(self) -> bool:
        """Tell whether the database has a value for a row that comes without one."""
        return self.generated is not None or self.server_default is not MISSING

    def make_default(self) -> Any:
        """Return the default, made anew where it is a function."""
        return self.default() if callable(self.default) else self.default

    def target(self) -> Column[Any]:
        """Return the column that this one refers to."""
        if self.references is None:
            raise DefinitionError(f"{self.qualified} refers to no other column")
        found: object = self.references()
        if not isinstance(found, Column):
            message = f"{self.qualified}: references must return a column, got {found!r}"
            raise DefinitionError(message)
        if found.type.storage is not self.type.storage:
            kinds = f"{self.type.name} cannot refer to {found.type.name}"
            raise DefinitionError(f"{self!r}: {kinds} {found!r}")
        if not found.owner.is_unique({found.attribute}):
            message = f"{found!r} is neither the primary key nor unique: a row must be one"
            raise DefinitionError(f"{self!r}: {message}")
        return found

    def __repr__(self) -> str:
        """Show table and attribute."""
        return f"<Column {self.table}.{self.attribute}>"


class GeneratedColumn(Column[T]):
    """A column that the database computes; of a row it can only be read."""

    __slots__ = ()

    def __set__(self, row: dict[str, Any], value: T) -> None:
        """Refuse to write."""
        raise AttributeError(f"{self.table}.{self.attribute} is generated: it cannot be assigned")


def _with_digits(kind: ColumnType, precision: int | None, scale: int | None) -> ColumnType:
    if kind is not DECIMAL:
        raise DefinitionError(f"precision and scale are for Decimal, not for {kind.name}")
    if precision is None or scale is None:
        raise DefinitionError("precision and scale go together: precision=10, scale=2")
    if not 1 <= precision <= MOST_DIGITS or not 0 <= scale <= precision:
        message = f"precision={precision}, scale={scale}: precision is from 1 to {MOST_DIGITS},"
        raise DefinitionError(f"{message} scale from 0 to precision")
    return decimal_type(precision, scale)
