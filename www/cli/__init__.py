"""The command line: `www serve`, `www init-db` and the rest; one file per command.

Exit code 0: done. 1: it could not be done, and the last line says why. 2: the call or a setting is
wrong, and every mistake is listed. Commands import what they need when they run, so that `serve`
starts in well under a second.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from www import __version__
from www.cli import check, demo, init_db, migrate, move, serve, storage, user
from www.cli.say import say_error
from www.db.errors import DatabaseError
from www.errors import WwwError
from www.settings import SettingsError, load

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final = (serve, init_db, migrate, user, demo, check, move, storage)
DEFAULT: Final = "serve"
_VALUED: Final = frozenset({"--config", "--host", "--port"})
"""Options that may stand before the command, and take the next word for their value."""


class _Parser(argparse.ArgumentParser):
    """Notices a word too many even where --help follows, which would hide it."""

    def parse_known_args(  # type: ignore[override]  # the overloads only type the namespace
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse as argparse does."""
        if args and not args[0].startswith("-") and not self._get_positional_actions():
            self.error(f"unrecognized arguments: {args[0]}")
        return super().parse_known_args(args, namespace)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    parser = _parser()
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser.parse_args(_with_command(given))
    try:
        settings = load(arguments.config, _flags(arguments), os.environ)
    except SettingsError as err:
        say_error(str(err))
        return 2
    try:
        return int(arguments.run(arguments, settings))
    except SettingsError as err:  # of another file that these settings name
        say_error(str(err))
        return 2
    except (DatabaseError, WwwError) as err:
        say_error(str(err))
    except OSError as err:
        say_error(f"{err.filename or 'the system'}: {err.strerror or err}")
    except KeyboardInterrupt:
        say_error("interrupted")
    return 1


def _with_command(given: list[str]) -> list[str]:
    """Move leading options behind the command, which is the default one if none was named."""
    if given and given[0] in {"-h", "--help", "--version"}:
        return given
    start = 0
    while start < len(given) and given[start].startswith("-"):
        start += 2 if given[start] in _VALUED else 1
    return [*(given[start:] or [DEFAULT]), *given[:start]]


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="www",
        description="A self-hosted server for writing and for sharing files.",
        epilog=f"Without a command: {DEFAULT}. `www COMMAND --help` says more.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"www {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="a YAML file with settings that differ from config/default.yaml (also: WWW_CONFIG)",
    )
    for module in COMMANDS:
        module.add_to(commands, shared)
    return parser


def _flags(arguments: argparse.Namespace) -> dict[str, object]:
    """Return the flags that are settings: their `dest` holds a dot, as in `server.port`."""
    return {name: value for name, value in vars(arguments).items() if "." in name}
