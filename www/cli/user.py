"""`www user`: add people, list them, and let somebody in who has lost the password."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from getpass import getpass
from typing import TYPE_CHECKING, Any, Final

from www.cli.say import hint_for_others, say, say_error
from www.models import Role

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from www.accounts.forms import NewAccount
    from www.db import Connection
    from www.models import User
    from www.settings import Settings

ACTOR: Final = "(command line)"
_HEAD: Final = ("id", "name", "role", "active", "created")


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Describe the command and what it can do."""
    parser = commands.add_parser("user", help="add people, list them, let somebody in again")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = actions.add_parser("add", parents=[shared], help="add an account")
    add.add_argument("name", metavar="NAME")
    add.add_argument(
        "--role",
        required=True,
        choices=[role.value for role in Role],
        help="what the person may do",
    )
    add.add_argument("--email", default="", metavar="ADDRESS")
    help_ = "read the password from standard input, to its end or the first line break"
    add.add_argument("--password-stdin", action="store_true", help=help_)
    add.set_defaults(run=run_add)
    help_ = "list all accounts: a table on a terminal, tab-separated lines in a pipe"
    actions.add_parser("list", parents=[shared], help=help_).set_defaults(run=run_list)
    help_ = "print a link by which somebody chooses a new password, once"
    reset = actions.add_parser("reset-link", parents=[shared], help=help_)
    reset.add_argument("name", metavar="NAME")
    help_ = "port that the server listens on, if its settings do not say so"
    reset.add_argument("--port", dest="server.port", metavar="PORT", help=help_)
    reset.set_defaults(run=run_reset_link)


def run_add(arguments: argparse.Namespace, settings: Settings) -> int:
    """Add an account; print every mistake."""
    from www.errors import Invalid

    if _is_missing(settings):
        return 1
    try:
        password = _password(from_stdin=arguments.password_stdin)
        if password is None:
            return 2
        user = asyncio.run(_add(arguments, password, settings))
    except Invalid as err:
        for field, messages in err.errors.items():
            for message in messages:
                filled = getattr(message, "filled", str)
                say_error(f"{field}: {filled(str(message))}" if field else filled(str(message)))
        return 1
    say(f"added {user.name} ({user.role})")
    return 0


def run_list(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print all accounts, oldest first."""
    del arguments
    if _is_missing(settings):
        return 1
    rows = asyncio.run(_list(settings))
    if sys.stdout.isatty():
        _print_table(rows)
    else:
        for row in rows:
            say("\t".join(row))
    return 0


def run_reset_link(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the link and until when it is good."""
    from www.auth.links import LIFETIMES
    from www.models import Purpose
    from www.server import local_url

    if _is_missing(settings):
        return 1
    server = settings.server
    if not server.base_url and not server.port:
        say_error("the settings let the server take any port: say with --port which one it took")
        return 2
    token = asyncio.run(_reset_link(arguments.name, settings))
    if token is None:
        say_error(f"there is no active account called {arguments.name}; `www user list` shows all")
        return 1
    hours = round(LIFETIMES[Purpose.RESET].total_seconds() / 3600)
    link = f"{server.base_url or local_url(server.host, server.port)}/setup/{token}"
    say(link)
    say(f"valid once, for {hours} hours; older links of {arguments.name} are void")
    if not server.base_url:
        if getattr(arguments, "server.port") is None:
            say(f"This assumes that the server listens on port {server.port}; if not, add --port.")
        for line in hint_for_others(link):
            say(line)
    return 0


def _is_missing(settings: Settings) -> bool:
    """Say that there is no database; to make one here would hide a mistake in its path."""
    from www import database

    missing = database.is_missing(settings.db)
    if missing:
        path = database.shown(settings.db)
        say_error(f"there is no database {path}: run `www init-db` first")
    return missing


def _password(*, from_stdin: bool) -> str | None:
    """Return the password, None if there is no way to ask; raises Invalid if the answers differ."""
    from www.errors import Invalid

    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        say_error("there is no terminal to ask for a password: use --password-stdin")
        return None
    password = getpass("Password: ")
    if getpass("Once more: ") != password:
        raise Invalid({"password": ["the two answers differ"]})
    return password


def _account(arguments: argparse.Namespace, password: str) -> NewAccount:
    """Judge what was typed by the rules of the sign-up form; raises Invalid."""
    from multidict import MultiDict

    from www.accounts.forms import NewAccount

    typed = {"name": arguments.name, "email": arguments.email, "password": password}
    return NewAccount.read(MultiDict(typed), reserved=False)


async def _add(arguments: argparse.Namespace, password: str, settings: Settings) -> User:
    from www import database
    from www.accounts import actions
    from www.auth.passwords import Passwords

    new, now = _account(arguments, password), datetime.now(UTC)
    password_hash = await Passwords().hash(new.password)
    async with database.opened(settings.db) as engine, engine.transaction() as conn:
        if arguments.role == Role.ADMIN:
            await actions.hold_administrators(conn)
        user = await actions.add(
            conn,
            name=new.name,
            email=new.email,
            password_hash=password_hash,
            role=Role(arguments.role),
            now=now,
        )
        await _note(conn, "add", f"{user.name}: {user.role}", now)
    return user


async def _list(settings: Settings) -> list[tuple[str, ...]]:
    from www import database
    from www.models import User

    select = User.select(User.id, User.name, User.role, User.active, User.created_at)
    async with database.opened(settings.db) as engine:
        return [
            (
                str(user.id),
                user.name,
                user.role,
                "yes" if user.active else "no",
                f"{user.created_at:%Y-%m-%d %H:%M}",
            )
            async for user in engine.stream(select.order_by(User.id))
        ]


async def _reset_link(name: str, settings: Settings) -> str | None:
    from www import database
    from www.accounts import actions, names
    from www.models import User

    now = datetime.now(UTC)
    async with database.opened(settings.db) as engine, engine.transaction() as conn:
        mine = User.select().where(User.name_key == names.key_of(name), User.active)
        user = await conn.first(mine)
        if user is None:
            return None
        await _note(conn, "reset-link", user.name, now)
        return await actions.issue_reset_link(conn, user, created_by=None, now=now)


async def _note(conn: Connection, action: str, target: str, now: datetime) -> None:
    """Leave a row in the audit log; whoever holds the machine has no account there."""
    from www.models import AuditEntry

    entry = AuditEntry(actor_id=None, actor_name=ACTOR, action=action, target=target[:200], at=now)
    await conn.insert(entry)


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*_HEAD, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
