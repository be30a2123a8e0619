"""The database's plan for SQL text that has run, and whether it reads a whole table.

PostgreSQL reads small tables whole whatever indexes there are. There the second question is put
with `enable_seqscan` off: what still reads the whole table then has no index that would do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from www.db.drivers.base import arrived
from www.db.errors import DatabaseError
from www.db.seen import is_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db.compile import Dialect
    from www.db.drivers.base import Driver, Params

_NO_SCANS: Final = "SELECT set_config('enable_seqscan', 'off', true)"
_PASSED: Final = re.compile(r'[\w."]+ IS NOT NULL|[() ]|AND')
_STRING: Final = re.compile(r"E?'(?:[^']|'')*'")
_NUMBER: Final = re.compile(r"(?<![\w.$])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
_CONDITION: Final = re.compile(r"^[^()]*: ")
_EXPLAINED: Final = ("SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "REPLACE", "(")


class Plan(NamedTuple):
    """The steps of a statement, and those of them that read a whole table or index."""

    steps: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()


async def plan_of(driver: Driver, dialect: Dialect, sql: str, params: Params) -> Plan:
    """Ask the database how it would run `sql`, which is not run; no observer is told.

    What has no plan, such as CREATE TABLE, has an empty one.
    """
    if is_command(sql) or not sql.lstrip().upper().startswith(_EXPLAINED):
        return Plan()
    try:
        steps = await _steps(driver, dialect.explain + sql, params)
        if dialect.name == "postgres":
            scans = _indented(await _without_scans(driver, dialect.explain + sql, params))
        else:
            scans = [step for step in steps if is_scan(step)]
        if stops_early(sql):
            scans = []
    except DatabaseError:  # the table may be gone since, or the database busy
        return Plan()
    return Plan(tuple(steps), tuple(scans))


def is_scan(step: str) -> bool:
    """Tell whether a step of SQLite's plan reads a whole table or a whole index."""
    # Virtual tables say SCAN always; a CONSTANT ROW is VALUES or a SELECT without FROM.
    return step.startswith("SCAN ") and "CONSTANT ROW" not in step and "VIRTUAL TABLE" not in step


def stops_early(sql: str) -> bool:
    """Tell whether a scan in order ends with the page: nothing that it passes is left out."""
    where = sql.partition(" WHERE ")[2].partition(" ORDER BY ")[0]
    left_out = _PASSED.sub("", where)
    return " ORDER BY " in sql and " LIMIT " in sql and not left_out


def without_values(steps: Sequence[str]) -> list[str]:
    """Return PostgreSQL's steps with `?` for the values that it writes into their conditions."""
    # One text first: a value with a line end in it stands on several lines.
    lines = _STRING.sub("?", "\n".join(steps)).split("\n")
    return [_NUMBER.sub("?", line) if _CONDITION.match(line) else line for line in lines]


async def _steps(driver: Driver, sql: str, params: Params) -> list[str]:
    return without_values([str(row[-1]) for row in await arrived(driver.read(sql, params))])


async def _without_scans(driver: Driver, sql: str, params: Params) -> list[str]:
    session = await driver.begin(read_only=True)
    try:
        await arrived(session.read(_NO_SCANS, ()))
        return without_values([str(row[-1]) for row in await arrived(session.read(sql, params))])
    finally:
        await session.rollback()


def _indented(steps: Sequence[str]) -> list[str]:
    return [step.strip(" ->") for step in steps if "Seq Scan on" in step]
