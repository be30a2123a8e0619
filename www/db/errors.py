"""Everything that the data layer raises; equal on every database.

DatabaseError
├── DefinitionError        a table class is wrong; found when the class is made
├── StatementError         a statement is wrong; found before it reaches the database
│   └── BadValue           a value does not fit its column (type, range, length)
├── InvalidCursor          a page cursor that this query did not make
├── RowNotFound            one row was asked for and none came back
├── VersionConflict        somebody else changed or deleted the row since it was read
├── IntegrityError         the database refused the change
│   ├── UniqueViolation    .table .columns
│   ├── ForeignKeyViolation
│   ├── NotNullViolation   .table .columns
│   └── CheckViolation     .constraint
├── OperationalError       the statement was right, the circumstances were not
│   ├── Busy               another writer held the database for longer than the timeout
│   │   └── SerializationFailure   two transactions cannot both happen; run this one again
│   ├── Timeout            the statement ran longer than it may
│   ├── DiskFull
│   └── ConnectionLost     the database cannot be opened or has gone away
├── MigrationError         the schema cannot be brought to where the program needs it
└── CopyError              rows cannot be copied to another database; nothing was
"""

from typing import Final

# 32,766 on SQLite, one more on PostgreSQL.
TOO_MANY_VALUES: Final = (
    "a statement takes at most 32,766 values: hand them over in parts, or rows to insert_many()"
)


class DatabaseError(Exception):
    """Any error of the data layer."""


class DefinitionError(DatabaseError, TypeError):
    """A table class is wrong; the message names class and column."""


class StatementError(DatabaseError):
    """A statement cannot be compiled; the message says what to write instead."""


class BadValue(StatementError, ValueError):
    """A value does not fit its column."""


class InvalidCursor(DatabaseError, ValueError):
    """A page cursor is damaged or belongs to another query."""


class RowNotFound(DatabaseError, LookupError):
    """One row was asked for and none came back."""


class VersionConflict(DatabaseError):
    """The row was changed or deleted by somebody else since it was read."""


class IntegrityError(DatabaseError):
    """A constraint refused the change; nothing was stored."""


class UniqueViolation(IntegrityError):
    """Another row has the same values in `columns` of `table`.

    Where the index is over expressions, `columns` is empty and `constraint` the index's name.
    """

    def __init__(
        self, message: str, table: str, columns: tuple[str, ...], constraint: str = ""
    ) -> None:
        """Keep which table and columns clashed; of an index over expressions, its name."""
        super().__init__(message)
        self.table = table
        self.columns = columns
        self.constraint = constraint


class ForeignKeyViolation(IntegrityError):
    """A row refers to one that does not exist, or is still referred to."""


class NotNullViolation(IntegrityError):
    """A column that must have a value has none."""

    def __init__(self, message: str, table: str, columns: tuple[str, ...]) -> None:
        """Keep which table and column stayed empty."""
        super().__init__(message)
        self.table = table
        self.columns = columns


class CheckViolation(IntegrityError):
    """A CHECK constraint refused the row."""

    def __init__(self, message: str, constraint: str) -> None:
        """Keep the name of the constraint."""
        super().__init__(message)
        self.constraint = constraint


class OperationalError(DatabaseError):
    """The statement was right, the circumstances were not."""


class Busy(OperationalError):
    """Another writer held the database for longer than the timeout."""


class SerializationFailure(Busy):
    """Two transactions stood in each other's way and this one was undone: run it again."""


class Timeout(OperationalError):
    """The statement was stopped because it ran for too long."""


class DiskFull(OperationalError):
    """The disk or its quota is full; the transaction was rolled back."""


class ConnectionLost(OperationalError):
    """The database cannot be opened, or has gone away."""


class MigrationError(DatabaseError):
    """The schema cannot be brought to where the program needs it."""


class CopyError(DatabaseError):
    """Rows cannot be copied into another database; it is as empty as before."""
