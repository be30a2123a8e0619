"""The data layer: tables as classes, statements as values, connections that run them.

Floors, each importing only those below: engine, connection, verbs, table, statements, metadata |
functions, full_text, column, expression, dialects, compile, types, drivers, errors; `schema`
stands beside.
"""

from www.db.aggregates import (
    average,
    count,
    dense_rank,
    lag,
    largest,
    lead,
    rank,
    row_number,
    smallest,
    string_agg,
    total,
)
from www.db.column import Column
from www.db.connection import Connection
from www.db.engine import Engine, Limits
from www.db.errors import (
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
from www.db.expression import Expression
from www.db.functions import (
    case,
    coalesce,
    date_part,
    exists,
    length,
    lower,
    now,
    today,
    upper,
    value,
)
from www.db.metadata import Check, ForeignKey, Index
from www.db.prepared import Prepared, given
from www.db.statements import Alias, Compound, Delete, Insert, Query, Select, Update
from www.db.statements.insert import excluded
from www.db.statements.page import Page
from www.db.statements.related import Related
from www.db.table import Table, TableMetaClass
from www.db.types import ColumnType
from www.db.verbs import StoredRow

__all__ = [
    "Alias",
    "BadValue",
    "Busy",
    "Check",
    "CheckViolation",
    "Column",
    "ColumnType",
    "Compound",
    "Connection",
    "ConnectionLost",
    "CopyError",
    "DatabaseError",
    "DefinitionError",
    "Delete",
    "DiskFull",
    "Engine",
    "Expression",
    "ForeignKey",
    "ForeignKeyViolation",
    "Index",
    "Insert",
    "IntegrityError",
    "InvalidCursor",
    "Limits",
    "MigrationError",
    "NotNullViolation",
    "OperationalError",
    "Page",
    "Prepared",
    "Query",
    "Related",
    "RowNotFound",
    "Select",
    "SerializationFailure",
    "StatementError",
    "StoredRow",
    "Table",
    "TableMetaClass",
    "Timeout",
    "UniqueViolation",
    "Update",
    "VersionConflict",
    "average",
    "case",
    "coalesce",
    "count",
    "date_part",
    "dense_rank",
    "excluded",
    "exists",
    "given",
    "lag",
    "largest",
    "lead",
    "length",
    "lower",
    "now",
    "rank",
    "row_number",
    "smallest",
    "string_agg",
    "today",
    "total",
    "upper",
    "value",
]
