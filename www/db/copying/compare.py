"""Whether two databases hold the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.db.copying.places import count_rows, in_order
from www.db.copying.rows import Summary, Watcher, summarised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from www.db.connection import Connection
    from www.db.table import Table


async def compare_tables(
    one: Connection, other: Connection, tables: Sequence[type[Table]], watcher: Watcher
) -> list[tuple[Summary, Summary]]:
    """Return what each table holds here and there; equal summaries mean equal rows.

    Of full text tables only the keys are compared: no database gives back the words.
    """
    here, there = await count_rows(one, tables), await count_rows(other, tables)
    watcher.begin(sum(here.values()) + sum(there.values()))
    found = []
    for info in in_order(tables):
        pair = (await summarised(one, info, watcher), await summarised(other, info, watcher))
        watcher.done(pair[0])
        found.append(pair)
    return found
