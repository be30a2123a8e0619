"""The life of a schema: DDL from tables, migrations, and whether the two agree.

Imported only by the commands and at start, never by a request.
"""
