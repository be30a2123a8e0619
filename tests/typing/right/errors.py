# pyright: strict
"""One small hierarchy, with what each error knows."""

from typing import assert_type

from www.db import (
    BadValue,
    Busy,
    CheckViolation,
    ConnectionLost,
    CopyError,
    DatabaseError,
    DefinitionError,
    DiskFull,
    ForeignKeyViolation,
    IntegrityError,
    InvalidCursor,
    MigrationError,
    NotNullViolation,
    OperationalError,
    RowNotFound,
    SerializationFailure,
    StatementError,
    Timeout,
    UniqueViolation,
    VersionConflict,
)

ALL: list[type[DatabaseError]] = [
    BadValue,
    CheckViolation,
    CopyError,
    DefinitionError,
    ForeignKeyViolation,
    InvalidCursor,
    MigrationError,
    NotNullViolation,
    RowNotFound,
    StatementError,
    VersionConflict,
]
OF_THE_SERVER: list[type[OperationalError]] = [Busy, ConnectionLost, DiskFull, Timeout]
AGAIN: list[type[Busy]] = [SerializationFailure]


def caught(error: UniqueViolation) -> IntegrityError:
    assert_type(error.table, str)
    assert_type(error.columns, tuple[str, ...])
    return error
