"""One file per verb; each statement is an immutable value that a connection runs."""

from www.db.statements.alias import Alias
from www.db.statements.compound import Compound
from www.db.statements.delete import Delete
from www.db.statements.insert import Insert
from www.db.statements.query import Query
from www.db.statements.select import Select
from www.db.statements.update import Update

__all__ = ["Alias", "Compound", "Delete", "Insert", "Query", "Select", "Update"]
