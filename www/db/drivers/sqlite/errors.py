"""From apsw's exceptions to those of the data layer."""

from __future__ import annotations

import apsw

from www.db import errors

_UNIQUE = (
    apsw.SQLITE_CONSTRAINT_UNIQUE,
    apsw.SQLITE_CONSTRAINT_PRIMARYKEY,
    apsw.SQLITE_CONSTRAINT_ROWID,
)

# What ON DELETE RESTRICT refuses is said with the code of a trigger.
_FOREIGN_KEY = (apsw.SQLITE_CONSTRAINT_FOREIGNKEY, apsw.SQLITE_CONSTRAINT_TRIGGER)

_NOT_WRITABLE = (
    "the database cannot be written: let this user write the file, its folder, and the files "
    "beside it that end in -wal and -shm"
)


def translate(err: Exception, connection: apsw.Connection | None = None) -> Exception:  # noqa: C901, PLR0911, PLR0912  a table of cases
    """Return the error of the data layer that says the same; what is unknown stays as it is."""
    match err:
        case apsw.ConstraintError():
            return _constraint(err, connection)
        case apsw.BusyError() | apsw.LockedError():
            return errors.Busy("another process holds the database")
        case apsw.InterruptError():
            return errors.Timeout("the statement was stopped: it ran for too long")
        case apsw.FullError():
            return errors.DiskFull("the disk of the database is full: make room, then try again")
        case apsw.CantOpenError():
            return errors.ConnectionLost(f"the database cannot be opened: {err}")
        case apsw.NotADBError():
            return errors.ConnectionLost(f"the file is not an SQLite database: {err}")
        case apsw.ReadOnlyError():
            return errors.ConnectionLost(_NOT_WRITABLE)
        case apsw.IOError() | apsw.CorruptError():
            return errors.ConnectionLost(f"the database cannot be used: {err}")
        case UnicodeEncodeError() | OverflowError() | apsw.TooBigError():
            return errors.BadValue(f"a value cannot be stored: {err}")
        case apsw.SQLError() if "too many SQL variables" in str(err):
            return errors.StatementError(errors.TOO_MANY_VALUES)
        case apsw.SQLError() if str(err) == "integer overflow":
            return errors.BadValue(f"a value cannot be stored: {err}")
        case apsw.SQLError():
            return errors.StatementError(str(err))
        case apsw.ThreadingViolationError():
            return errors.StatementError("two tasks use one connection at once")
        case apsw.Error():
            return errors.OperationalError(f"{type(err).__name__}: {err}")
    return err


def _constraint(  # noqa: PLR0911 - a table of cases
    err: apsw.ConstraintError, connection: apsw.Connection | None
) -> errors.DatabaseError:
    message = str(err)
    code = err.extendedresult  # type: ignore[attr-defined] # apsw documents it, its stub does not
    detail = message.partition("failed: ")[2]
    if code in _UNIQUE and detail.startswith("index '"):
        # Over an expression: the columns are not told, and the table only by the schema.
        index = detail.removeprefix("index '").removesuffix("'")
        return errors.UniqueViolation(message, _table_of(index, connection), (), index)
    if code in _UNIQUE:
        table, columns = _columns(detail)
        return errors.UniqueViolation(message, table, columns)
    if code == apsw.SQLITE_CONSTRAINT_NOTNULL:
        table, columns = _columns(detail)
        return errors.NotNullViolation(message, table, columns)
    if code in _FOREIGN_KEY:
        return errors.ForeignKeyViolation(message)
    if code == apsw.SQLITE_CONSTRAINT_CHECK:
        return errors.CheckViolation(message, detail)
    if code == apsw.SQLITE_CONSTRAINT_DATATYPE:  # an int that grew out of 64 bits is a REAL
        return errors.BadValue(f"a value cannot be stored: {message}")
    return errors.IntegrityError(message)


def _table_of(index: str, connection: apsw.Connection | None) -> str:
    if connection is None:
        return ""
    query = "SELECT tbl_name FROM sqlite_schema WHERE type = 'index' AND name = ?"
    return "".join(str(row[0]) for row in connection.execute(query, (index,)).fetchall())


def _columns(detail: str) -> tuple[str, tuple[str, ...]]:
    """Read `users.name, users.email`."""
    pairs = [part.partition(".") for part in detail.split(", ")]
    return pairs[0][0], tuple(column for _, _, column in pairs)
