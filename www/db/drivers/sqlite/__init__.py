"""SQLite through apsw.

A call on the loop's own thread costs about 5 us, a hop to a thread about 50. Therefore reads run
where they are called, under a time budget (`lane`); one that exceeds it runs again on a thread.
Changes have one writer (`writer`), which commits the autocommit changes of one turn of the loop
together; no fsync and no checkpoint ever runs on the loop's thread.
"""

from www.db.drivers.sqlite.driver import SQLiteDriver

__all__ = ["SQLiteDriver"]
