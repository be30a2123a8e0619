"""Whether a database is whole, by its own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.db.drivers.sqlite.lane import connect

if TYPE_CHECKING:
    from www.db.drivers.sqlite.lane import Options


def damages(options: Options) -> list[str]:
    """Return a line per damage; every page and every reference is looked at."""
    connection = connect(options)
    try:
        checked = connection.execute("PRAGMA integrity_check").fetchall()
        dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        connection.close()
    found = [str(row[0]) for row in checked if row[0] != "ok"]
    return [*found, *(f"table {row[0]}, row {row[1]}: refers to nothing" for row in dangling)]
