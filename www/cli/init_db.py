"""`www init-db`: create the database or bring it up to date; a second run changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from www.cli.say import say

if TYPE_CHECKING:
    import argparse

    from www.settings import Settings


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Describe the command."""
    help_ = "create the database, or bring it up to date"
    commands.add_parser("init-db", parents=[shared], help=help_).set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Apply what is missing and say what that was."""
    del arguments
    from www import database

    applied = database.upgrade(settings.db)
    for step in applied:
        say(f"applied {step.number:04}_{step.name}")
    say(f"{database.shown(settings.db)} is {'ready' if applied else 'up to date already'}")
    return 0
