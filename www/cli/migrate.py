"""`www migrate`: apply migrations, undo, check and print them; `make` writes the next one."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from www.cli import init_db
from www.cli.say import say, say_error

if TYPE_CHECKING:
    from www.settings import Settings

_FILL = re.compile(r"(\w+)\.(\w+)=(.+)\Z", re.DOTALL)
_RENAME = re.compile(r"(\w+)\.(\w+)=(\w+)\Z")


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Describe the command."""
    help_ = "apply the migrations that the database lacks; undo, check, print or make them"
    parser = commands.add_parser("migrate", parents=[shared], help=help_)
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--sql", action="store_true", help="print them instead")
    help_ = "compare the migrations with the tables of the program; exit code 1 if they differ"
    only.add_argument("--check", action="store_true", help=help_)
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(metavar="ACTION")
    here = argparse.ArgumentParser(add_help=False)  # --config may stand behind the action, too
    here.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS)
    _add_make(actions, here)
    to = {"type": int, "metavar": "N", "default": None}
    down = actions.add_parser("down", parents=[here], help="undo the newest migration")
    down.add_argument("--to", help="undo all behind number N; 0 undoes everything", **to)
    down.set_defaults(run=_down)
    help_ = "put one equal migration in the place of all"
    squash = actions.add_parser("squash", parents=[here], help=help_)
    squash.add_argument("--to", help="of those up to number N", **to)
    squash.set_defaults(run=_squash)
    help_ = "note that migrations written by hand make the tables of the program"
    actions.add_parser("record", parents=[here], help=help_).set_defaults(run=_record)


def _add_make(actions: Any, here: argparse.ArgumentParser) -> None:
    help_ = "write the migration that leads to the tables of the program"
    make = actions.add_parser("make", parents=[here], help=help_)
    make.add_argument("name", metavar="NAME", help="a few words for the file: a-z, 0-9 and _")
    make.add_argument(
        "--fill",
        action="append",
        default=[],
        type=_matching(_FILL, "TABLE.COLUMN=SQL"),
        metavar="TABLE.COLUMN=SQL",
        help="what rows that exist get in a new column",
    )
    make.add_argument(
        "--rename",
        action="append",
        default=[],
        type=_matching(_RENAME, "TABLE.OLD=NEW"),
        metavar="TABLE.OLD=NEW",
        help="a column that only has a new name",
    )
    make.set_defaults(run=_make)


def _matching(pattern: re.Pattern[str], form: str) -> Any:
    """Return what reads an argument of that form."""

    def read(text: str) -> tuple[str, str, str]:
        if (match := pattern.match(text)) is None:
            raise argparse.ArgumentTypeError(f"{text!r} is not of the form {form}")
        return match[1], match[2], match[3]

    return read


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Apply, show or check."""
    if arguments.check:
        return _check(settings)
    if not arguments.sql:
        return init_db.run(arguments, settings)
    from www import database

    for step in database.pending(settings.db):
        say(f"-- {step.label}")
        say(step.sql)
    return 0


def _check(settings: Settings) -> int:
    from www import database

    lines = database.difference(settings.db)
    for line in lines:
        say(line)
    if lines:
        say_error("the migrations (-) and www/models (+) differ: `www migrate make NAME`")
        return 1
    say("the migrations make exactly the tables of www/models")
    return 0


def _make(arguments: argparse.Namespace, settings: Settings) -> int:
    from www import database
    from www.db.schema.make import Wishes

    fill = {(table, column): sql for table, column, sql in arguments.fill}
    written = database.make_migration(settings.db, arguments.name, Wishes(fill, arguments.rename))
    for path in written:
        say(f"wrote {path}")
    if not written:
        say("nothing to do: the migrations make exactly the tables of www/models")
    return 0


def _down(arguments: argparse.Namespace, settings: Settings) -> int:
    from www import database

    undone = database.undo(settings.db, arguments.to)
    for step in undone:
        say(f"undid {step.label}")
    if not undone:
        say("nothing to undo")
    return 0


def _squash(arguments: argparse.Namespace, settings: Settings) -> int:
    from www import database

    step = database.squash(settings.db, arguments.to)
    say(f"{step.label} stands for all migrations up to {step.number}")
    return 0


def _record(arguments: argparse.Namespace, settings: Settings) -> int:
    del arguments
    from www import database

    say(f"wrote {database.record(settings.db)}")
    return 0
