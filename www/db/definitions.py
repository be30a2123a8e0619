"""Mistakes in a table class that its columns cannot see alone: said when the class is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from www.db import rules
from www.db.column import MISSING, Column
from www.db.compile import NAME
from www.db.errors import BadValue, DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from www.db.metadata import ForeignKey, TableInfo

_ACTIONS = ("cascade", "restrict", "set null")


def check(cls: type, info: TableInfo[Any]) -> None:
    """Raise DefinitionError with class and column where one is wrong."""
    if not NAME.match(info.name):
        raise DefinitionError(f"{cls.__name__}: {info.name!r} is no table name: a-z, 0-9 and _")
    if info.name.startswith("sqlite_"):
        raise DefinitionError(f"{cls.__name__}: SQLite keeps names like {info.name!r} for itself")
    _check_each(cls, info)
    if not info.primary_key:
        raise DefinitionError(f"{cls.__name__} has no column with primary_key=True")
    names = [column.name for column in info.columns.values()]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise DefinitionError(f"{cls.__name__} has two columns named {twice!r} in the database")
    for column in info.columns.values():
        _check_role(f"{cls.__name__}.{column.attribute}", info, column)
    rules.check(cls, info)


def _check_each(cls: type, info: TableInfo[Any]) -> None:
    for column in info.columns.values():
        where = f"{cls.__name__}.{column.attribute}"
        _check_options(where, column)
        _check_default(where, column)
        _check_reference(where, column)
    for key in info.foreign_keys:
        _check_foreign_key(f"{cls.__name__}.{key.name}", info, key)
    if len(info.guard) > 1:
        names = " and ".join(column.attribute for column in info.guard)
        raise DefinitionError(f"{cls.__name__} has several version columns: {names}")


def _check_options(where: str, column: Column[Any]) -> None:
    length: object = column.max_length
    if length is not None and (type(length) is not int or length < 1):
        raise DefinitionError(f"{where}: max_length is a number from 1, not {length!r}")
    if column.mistake:
        raise DefinitionError(f"{where}: {column.mistake}")
    for word in column.unknown:
        from difflib import get_close_matches  # nobody needs it while nothing is wrong

        near = get_close_matches(word, Column.__slots__, 1)
        hint = f", did you mean {near[0]}?" if near else ""
        raise DefinitionError(f"{where}: a column has no option {word!r}{hint}")


def _check_default(where: str, column: Column[Any]) -> None:
    default = column.default
    if default is MISSING:
        return
    if callable(default):
        _check_call(where, default)
        return
    if isinstance(default, dict | list):
        kind = type(default).__name__
        raise DefinitionError(f"{where}: every row would share this {kind}: default=lambda: ...")
    if default is None:
        if not column.nullable:
            raise DefinitionError(f"{where}: default=None needs nullable=True")
        return
    try:
        column.type.encode(default)
    except BadValue as err:
        raise DefinitionError(f"{where}: the default is wrong: {err}") from err


def _check_call(where: str, default: Callable[..., Any]) -> None:
    from inspect import signature

    try:
        needed = signature(default)
    except ValueError:  # some of those written in C
        return
    try:
        needed.bind()
    except TypeError as err:
        message = "a function is called without arguments for each row"
        raise DefinitionError(f"{where}: the default is wrong: {message}: {err}") from None


def _check_reference(where: str, column: Column[Any]) -> None:
    references: object = column.references
    if references is not None and not callable(references):
        message = "references takes a function, so that the other table may stand further down"
        raise DefinitionError(f"{where}: {message}: references=lambda: Other.column")
    _check_actions(where, column, nullable=column.nullable)
    for option, action in (("on_delete", column.on_delete), ("on_update", column.on_update)):
        if action != "restrict" and column.references is None:
            raise DefinitionError(f"{where}: {option} needs references=lambda: Other.column")


def _check_foreign_key(where: str, info: TableInfo[Any], key: ForeignKey) -> None:
    if len(key.columns) < 2:
        raise DefinitionError(f"{where}: for one column say Column(..., references=lambda: ...)")
    for column in cast("tuple[object, ...]", key.columns):
        if not isinstance(column, Column) or column.attribute not in info.columns:
            raise DefinitionError(f"{where} takes columns of this table, got {column!r}")
    references: object = key.references
    if not callable(references):
        message = "references takes a function, so that the other table may stand further down"
        raise DefinitionError(f"{where}: {message}: references=lambda: (Other.a, Other.b)")
    _check_actions(where, key, nullable=all(column.nullable for column in key.columns))


def _check_actions(where: str, key: Column[Any] | ForeignKey, *, nullable: bool) -> None:
    for option, action in (("on_delete", key.on_delete), ("on_update", key.on_update)):
        if action not in _ACTIONS:
            known = ", ".join(map(repr, _ACTIONS))
            raise DefinitionError(f"{where}: {option} is one of {known}, not {action!r}")
        if action == "set null" and not nullable:
            raise DefinitionError(f"{where}: {option}='set null' needs nullable=True")


def _check_role(where: str, info: TableInfo[Any], column: Column[Any]) -> None:
    if column.primary_key and column.nullable:
        raise DefinitionError(f"{where}: a primary key cannot be nullable")
    alone = column.primary_key and len(info.primary_key) == 1
    if column.autoincrement and not (alone and column.type.storage is int):
        raise DefinitionError(f"{where}: autoincrement is for a single int primary key")
    if column.version and column.type.storage is not int:
        raise DefinitionError(f"{where}: a version is counted, so it must be an int")
    counted = column.has_default() or column.is_filled()
    if column.version and (column.nullable or not counted):
        raise DefinitionError(f"{where}: a version is counted from a number: default=1")
    if column.max_length is not None and column.type.storage not in {str, bytes}:
        raise DefinitionError(f"{where}: max_length is for str and bytes")
