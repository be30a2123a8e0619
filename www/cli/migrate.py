"""`www migrate`: apply migrations; `--sql` shows them, `--check` compares them with the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from www.cli import init_db
from www.cli.say import say, say_error

if TYPE_CHECKING:
    import argparse

    from www.settings import Settings


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Describe the command."""
    help_ = "apply the migrations that the database lacks"
    parser = commands.add_parser("migrate", parents=[shared], help=help_)
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--sql", action="store_true", help="print them instead")
    help_ = "compare the migrations with the tables of the program; exit code 1 if they differ"
    only.add_argument("--check", action="store_true", help=help_)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Apply, show or check."""
    if arguments.check:
        return _check(settings)
    if not arguments.sql:
        return init_db.run(arguments, settings)
    from www import database

    for step in database.pending(settings.db):
        say(f"-- {step.number:04}_{step.name}")
        say(step.sql)
    return 0


def _check(settings: Settings) -> int:
    from www import database

    lines = database.difference(settings.db)
    for line in lines:
        say(line)
    if lines:
        say_error("the migrations (-) and www/models (+) differ: write a new migration")
        return 1
    say("the migrations make exactly the tables of www/models")
    return 0
