"""Where a server is, and how its connections are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class Options:
    """One database on one server; times in seconds.

    A request waits at most `acquire_timeout_s` for a connection, also while the server restarts. A
    statement ends after `statement_timeout_s`, a wait for somebody's lock after `busy_timeout_s`.
    """

    url: str = field(repr=False)  # it may hold a password
    durability: Literal["full", "normal"] = "full"
    connections: int = 10
    kept: int = 1
    acquire_timeout_s: float = 10.0
    connect_timeout_s: float = 5.0
    connection_age_s: float = 1800.0
    idle_s: float = 300.0
    statement_timeout_s: float = 30.0
    busy_timeout_s: float = 10.0
    cached_statements: int = 500


def address(
    *, host: str, database: str, port: int = 5432, user: str = "", password: str = ""
) -> str:
    """Write the address of a database; `host` may be the folder of a Unix socket."""
    secret = f":{quote(password, safe='')}" if password else ""
    who = f"{quote(user, safe='')}{secret}@" if user else ""
    name = quote(database, safe="")
    if host.startswith("/"):
        return f"postgresql://{who}/{name}?host={quote(host, safe='')}&port={port}"
    return f"postgresql://{who}{f'[{host}]' if ':' in host else host}:{port}/{name}"


def without_password(url: str) -> str:
    """Return `url` as it may be shown and logged."""
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    shown = f"{user.partition(':')[0]}@{place}" if user else place
    query = "&".join(part for part in parts.query.split("&") if not part.startswith("password="))
    return urlunsplit(parts._replace(netloc=shown, query=query))
