"""One file per verb; each statement is an immutable value that a connection runs."""

from www.db.statements.delete import Delete
from www.db.statements.insert import Insert
from www.db.statements.select import Select
from www.db.statements.update import Update

__all__ = ["Delete", "Insert", "Select", "Update"]
