"""Copying whole tables from one database to another, which may be of the other kind.

    async with source.transaction(read_only=True) as reading, target.transaction() as writing:
        await copy_tables(reading, writing, TABLES)

The source is read in one state, in the order of its keys, some rows at a time; the target is
written in one transaction and read back before it commits: it has everything, or nothing. Knows
tables and nothing of what they are for.
"""

from www.db.copying.compare import compare_tables
from www.db.copying.copy import copy_tables
from www.db.copying.places import are_same, count_rows, holding_rows, in_order
from www.db.copying.rows import Derive, Summary, Watcher

__all__ = [
    "Derive",
    "Summary",
    "Watcher",
    "are_same",
    "compare_tables",
    "copy_tables",
    "count_rows",
    "holding_rows",
    "in_order",
]
