"""From asyncpg's exceptions to those of the data layer.

The server's details are read for names and left out of messages: they quote values of rows.
"""

from __future__ import annotations

import re

import asyncpg

from www.db import errors

_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
_KEY = re.compile(r"\((.*?)\)=\(")  # `Key (name, email)=(...) already exists.` in any language
_ENDED = "the database rolled this transaction back after an earlier error"
# What a call of asyncpg may raise; TimeoutError is an OSError.
DRIVER_ERRORS = (
    OSError,
    ValueError,  # of what reads a value, such as datetime.fromisoformat
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


def translate(err: BaseException) -> BaseException:  # noqa: C901, PLR0911, PLR0912 - a table of cases
    """Return the error of the data layer that says the same; what is unknown stays as it is."""
    match err:
        case asyncpg.IntegrityConstraintViolationError():
            return _constraint(err)
        case asyncpg.QueryCanceledError():
            return errors.Timeout("the statement was stopped: it ran for too long")
        case asyncpg.LockNotAvailableError():
            return errors.Busy("another transaction kept its lock for too long")
        case asyncpg.SerializationError() | asyncpg.DeadlockDetectedError():
            message = "this transaction and another stand in each other's way: run it again"
            return errors.SerializationFailure(message)
        case asyncpg.InFailedSQLTransactionError():
            return errors.OperationalError(_ENDED)
        case asyncpg.ReadOnlySQLTransactionError():
            return errors.StatementError("a read-only transaction cannot change anything")
        case asyncpg.DiskFullError():
            return errors.DiskFull("the disk of the database is full: make room, then try again")
        case asyncpg.TooManyConnectionsError():
            return errors.ConnectionLost("the server has no connection left for us")
        case (
            asyncpg.InvalidAuthorizationSpecificationError()
            | asyncpg.InvalidCatalogNameError()
            | asyncpg.PostgresConnectionError()
            | asyncpg.OperatorInterventionError()
            | asyncpg.IdleInTransactionSessionTimeoutError()
        ):
            return errors.ConnectionLost(f"the database is not there: {err}")
        case asyncpg.DataError() | asyncpg.ProgramLimitExceededError():
            return errors.BadValue(f"a value cannot be stored: {err}")
        case asyncpg.InsufficientResourcesError():
            return errors.OperationalError(f"the server lacks resources: {err}")
        case asyncpg.InterfaceError() if "query arguments cannot exceed" in str(err):
            return errors.StatementError(errors.TOO_MANY_VALUES)
        case asyncpg.InterfaceError() if "another operation" in str(err):
            return errors.StatementError("two tasks use one connection at once")
        case asyncpg.InterfaceError() | asyncpg.InternalClientError() if not isinstance(
            err, asyncpg.exceptions.UnsupportedClientFeatureError
        ):
            return errors.ConnectionLost(f"the connection to the database is gone: {err}")
        case asyncpg.PostgresError():
            return errors.StatementError(str(err))
        case ValueError():
            message = "a stored value is one that Python cannot hold, such as a time before year 1"
            return errors.BadValue(message)
        case TimeoutError():
            return errors.Timeout("the database did not answer in time")
        case OSError():
            return errors.ConnectionLost(f"the database cannot be reached: {err}")
    return err


def _constraint(err: asyncpg.IntegrityConstraintViolationError) -> errors.IntegrityError:
    table, constraint = err.table_name or "", err.constraint_name or ""
    match err:
        case asyncpg.UniqueViolationError():
            columns = _columns(err.detail or "")
            if not all(_NAME.match(column) for column in columns):  # an index over expressions
                message = f"UNIQUE constraint failed: index '{constraint}'"
                return errors.UniqueViolation(message, table, (), constraint)
            named = ", ".join(f"{table}.{column}" for column in columns)
            message = f"UNIQUE constraint failed: {named}"
            return errors.UniqueViolation(message, table, columns)
        case asyncpg.NotNullViolationError():
            column = err.column_name or ""
            message = f"NOT NULL constraint failed: {table}.{column}"
            return errors.NotNullViolation(message, table, (column,))
        case asyncpg.CheckViolationError():
            return errors.CheckViolation(f"CHECK constraint failed: {constraint}", constraint)
        case asyncpg.ForeignKeyViolationError() | asyncpg.RestrictViolationError():
            return errors.ForeignKeyViolation(f"FOREIGN KEY constraint failed: {constraint}")
    return errors.IntegrityError(f"constraint failed: {constraint}")


def _columns(detail: str) -> tuple[str, ...]:
    found = _KEY.search(detail)
    return tuple(name.strip('"') for name in found[1].split(", ")) if found else ()
