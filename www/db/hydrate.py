"""From the driver's tuples to rows, by a function written for the columns at hand.

A function that names its columns beats any loop over them: 0.6 of the time of `dict(zip(...))`,
0.5 where values are decoded (bench/orm_rows.py). The functions are kept by the table, by their
keys and decoders; labels may be anybody's, so there is a bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from www.db.column import MISSING
from www.db.errors import StatementError

if TYPE_CHECKING:
    from collections.abc import Callable

    from www.db.compile import Dialect
    from www.db.expression import Expression
    from www.db.metadata import Maker, TableInfo

R = TypeVar("R")
Decode = "Callable[[Any], Any] | None"
MAKERS_MOST = 500


def maker(info: TableInfo[R], outputs: tuple[Expression[Any], ...], dialect: Dialect) -> Maker[R]:
    """Return the function that turns tuples with the values of `outputs` into rows of `info`."""
    if outputs is info.whole and (known := info.makers.get(dialect.name)) is not None:
        return known
    keys = tuple([_key(output) for output in outputs])
    decoders = tuple([dialect.decoder(output.type) for output in outputs])
    made = info.makers.get((keys, decoders))
    if made is None:
        made = _written(info.row, keys, decoders)
        if len(info.makers) >= MAKERS_MOST:
            info.makers.clear()
        info.makers[keys, decoders] = made
    if outputs is info.whole:
        info.makers[dialect.name] = made
    return made


def tuples(
    info: TableInfo[Any], outputs: tuple[Expression[Any], ...], dialect: Dialect
) -> Maker[tuple[Any, ...]]:
    """Return the function that decodes the driver's tuples and leaves them tuples."""
    decoders = tuple([dialect.decoder(output.type) for output in outputs])
    made = info.makers.get(("tuples", decoders))
    if made is None:
        names = {f"d{number}": decode for number, decode in enumerate(decoders)}
        values = "".join(f"v{number}, " for number in range(len(decoders)))
        items = "".join(
            f"v{at}, " if decode is None else f"None if v{at} is None else d{at}(v{at}), "
            for at, decode in enumerate(decoders)
        )
        made = eval(f"lambda rows: [({items}) for {values} in rows]", names)  # noqa: S307
        info.makers["tuples", decoders] = made
    return made


def _key(output: Expression[Any]) -> str:
    if (key := output.key) is None:
        raise StatementError("an expression in select() needs a key: .label('name')")
    return key


def _written(
    row: type[R], keys: tuple[str, ...], decoders: tuple[Callable[[Any], Any] | None, ...]
) -> Maker[R]:
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise StatementError(f"two selected columns are called {twice!r}: use .label() for one")
    names: dict[str, Any] = {"new": type.__call__, "row": row}
    items = []
    for number, (key, decode) in enumerate(zip(keys, decoders, strict=True)):
        value = f"v{number}"
        if decode is not None:
            names[f"d{number}"] = decode
            value = f"(None if {value} is None else d{number}({value}))"
        items.append(f"{key!r}: {value}")
    values = "".join(f"v{number}, " for number in range(len(keys)))
    source = f"lambda rows: [new(row, {{{', '.join(items)}}}) for {values} in rows]"
    made: Maker[R] = eval(source, names)  # noqa: S307  keys are written by repr, all else is ours
    return made


def builder(info: TableInfo[Any]) -> Callable[..., dict[str, Any]]:
    """Write the function that makes a new row's dict, with its defaults: 2x a loop over them."""
    ours = "_"
    while any(key.startswith(ours) for key in info.columns):
        ours += "_"
    names: dict[str, Any] = {ours: MISSING}
    given, lines = "", ""
    for number, (key, column) in enumerate(info.columns.items()):
        if column.generated is not None:
            continue
        given += f", {key}={ours}"
        if column.default is MISSING:
            lines += f"    if {key} is not {ours}: {ours}r[{key!r}] = {key}\n"
            continue
        default = f"{ours}{number}"
        names[default] = column.default
        made = f"{default}()" if callable(column.default) else default
        lines += f"    {ours}r[{key!r}] = {made} if {key} is {ours} else {key}\n"
    source = f"def build(*{given}):\n    {ours}r = {{}}\n{lines}    return {ours}r"
    exec(source, names)  # noqa: S102  it holds the names of attributes
    build: Callable[..., dict[str, Any]] = names["build"]
    info.build = build
    return build
