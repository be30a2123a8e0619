"""Migrations of one's own tables in a folder of one's own: everything that `www migrate` does.

    MIGRATIONS = Migrations("migrations", TABLES)
    MIGRATIONS.make("add_summary")          # writes files, which one reads and commits
    MIGRATIONS.apply("library.db")          # before the engine opens it

Nothing here may run on the loop's thread: call it before `asyncio.run`, or by `asyncio.to_thread`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from www.db.drivers.base import is_address
from www.db.drivers.sqlite.lane import Options
from www.db.errors import MigrationError
from www.db.schema import compare, migrate
from www.db.schema.files import read_migrations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from www.db.schema.files import Migration
    from www.db.table import Table

Database = str | Path


class Migrations:
    """Numbered files for `tables` in `folder`, which has one folder for each database.

    A database is the path of a file, or `postgresql://user:password@host:port/name`.
    """

    def __init__(
        self,
        folder: Database,
        tables: Sequence[type[Table]],
        durability: Literal["full", "normal"] = "full",
    ) -> None:
        """Take the folder, which the first `make` fills, and the tables, parents first."""
        self.folder = Path(folder)
        self.tables = tables
        self._durability: Literal["full", "normal"] = durability

    def make(
        self,
        name: str,
        *,
        fill: Mapping[tuple[str, str], str] | None = None,
        rename: Sequence[tuple[str, str, str]] = (),
    ) -> list[Path]:
        """Write the files that lead to the tables; return their paths, none if nothing changed.

        `fill` has the SQL of new columns by (table, column), `rename` (table, old, new) names of
        columns. It needs Alembic, and no server. A MigrationError says what cannot be written.
        """
        from www.db.schema import make

        return make.make(self.folder, self.tables, name, make.Wishes(fill or {}, rename))

    def apply(self, database: Database) -> list[Migration]:
        """Create the database's tables or bring them up to date; return what was applied.

        A missing file of SQLite is made; on a server the database itself must be there.
        """
        module, options, files = self._for(database)
        done: list[Migration] = module.apply(options, files)
        return done

    def pending(self, database: Database) -> list[Migration]:
        """Return what the database still lacks."""
        module, options, files = self._for(database)
        lacking: list[Migration] = module.pending(options, files)
        return lacking

    def undo(self, database: Database, to: int | None = None) -> list[Migration]:
        """Undo the steps above `to` (None: the newest alone); return them, the newest first."""
        module, options, files = self._for(database)
        undone: list[Migration] = module.undo(options, files, to)
        return undone

    def difference(self, database: Database = "") -> list[str]:
        """Return where the files (-) and the tables (+) differ, a line each; nothing is written.

        SQLite's are looked at always, PostgreSQL's by what is recorded, and on the server if
        `database` names one. Steps that can be undone are taken forth and back.
        """
        from www.db.schema import make

        files = self._files("sqlite")
        lines = compare.difference(self.tables, files) or compare.not_undone(files)
        lines += make.not_recorded(self.folder, self.tables)
        if is_address(database):
            server, options, files = self._for(database)
            lines += server.difference(options, self.tables, files)
            lines += [] if lines else server.not_undone(options, files)
        return lines

    def squash(self, to: int | None = None) -> Migration:
        """Put one file in the place of those up to `to` (None: of all) and return it."""
        from www.db.schema import make

        return make.squash(self.folder, self.tables, to).sqlite

    def record(self, database: Database = "") -> Path:
        """Note that files written by hand make the tables; a MigrationError where they do not."""
        from www.db.schema import make

        files = make.read_both(self.folder)
        lines = compare.difference(self.tables, [both.sqlite for both in files])
        if is_address(database):
            server, options, steps = self._for(database)
            lines += server.difference(options, self.tables, steps)
        if lines:
            raise MigrationError("\n".join(["the migrations do not make the tables", *lines]))
        return make.record(self.folder, self.tables, files[-1].sqlite.number)

    def _for(self, database: Database) -> tuple[Any, Any, list[Migration]]:
        """Return what applies files there, how it is opened, and the files."""
        if not is_address(database):
            options = Options(path=Path(database), durability=self._durability)
            return migrate, options, self._files("sqlite")
        from www.db.drivers.postgres.options import Options as ServerOptions
        from www.db.schema import postgres

        server = ServerOptions(url=str(database), durability=self._durability)
        return postgres, server, self._files("postgres")

    def _files(self, kind: str) -> list[Migration]:
        if not (self.folder / kind).is_dir():
            raise MigrationError(f"{self.folder / kind} is missing: make the first migration")
        return read_migrations(self.folder / kind)
