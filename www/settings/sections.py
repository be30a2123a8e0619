"""The sections of the settings, typed and frozen: what each value means, and what is allowed."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from www.settings.storing import Files, Limits, Pictures, Storage
from www.utils.sections import About, Section
from www.utils.values import Folder, Line, Number, listed, origin, secret, zone

_PORT: Final = "a number from 0 to 65535"


class Server(Section):
    """Where the server listens, and what stands in front of it."""

    host: Annotated[
        str,
        Field(min_length=1, max_length=255),
        About("address to listen on", "an IP address or host name"),
    ] = "0.0.0.0"  # noqa: S104  a server is meant to be reached; the data folder holds no default password
    port: Annotated[
        Number, Field(ge=0, le=65535), About("port to listen on; 0 takes any free one", _PORT)
    ] = 8080
    base_url: Annotated[
        str | None,
        BeforeValidator(origin),
        About(
            "address that readers use; requests for other Host names are then refused",
            "nothing, or `https://host` or `http://host:port` without a path",
        ),
    ] = None
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...],
        BeforeValidator(listed),
        About(
            "networks whose X-Forwarded-For, -Host, -Proto and X-Request-ID headers are believed",
            "a list such as `[127.0.0.1/32, 10.0.0.0/8]`; with commas in the environment",
        ),
    ] = ()
    metrics_token: Annotated[
        SecretStr,
        AfterValidator(secret),
        About(
            "what a program sends as `Authorization: Bearer ...` to read /metrics",
            "at least 16 visible ASCII characters, or nothing: then only administrators read it",
        ),
    ] = SecretStr("")


class Db(Section):
    """The database: SQLite in one file, or PostgreSQL where `host` names a server."""

    database: Annotated[
        Folder, About("the database's file; with db.host its name there", "a path or a name")
    ] = Path("res/www.db")
    user: Annotated[Line, About("name at the PostgreSQL server", "text")] = ""
    password: Annotated[SecretStr, About("password at the PostgreSQL server", "text")] = SecretStr(
        ""
    )
    host: Annotated[
        Line,
        About(
            "PostgreSQL server; empty means SQLite",
            "a host name, an IP address, the folder of a Unix socket, or nothing",
        ),
    ] = ""
    port: Annotated[
        Number, Field(ge=0, le=65535), About("port of the PostgreSQL server", _PORT)
    ] = 5432
    pool: Annotated[
        Number,
        Field(ge=1, le=1000),
        About("connections of one process to PostgreSQL, at most", "a number from 1 to 1000"),
    ] = 10
    replicas: Annotated[
        tuple[Line, ...],
        BeforeValidator(listed),
        About(
            "PostgreSQL servers that repeat what db.host does and answer reads",
            "a list of `host` or `host:port`; with commas in the environment",
        ),
    ] = ()
    durability: Annotated[
        Literal["full", "normal"],
        About("whether a power cut may take the last moments (normal) or nothing (full)"),
    ] = "full"
    slow_ms: Annotated[
        Number,
        Field(ge=0, le=3_600_000),
        About(
            "statements that take so many milliseconds get a line in the log, without their values",
            "a number from 0 (off) to 3600000",
        ),
    ] = 200
    loop_budget_ms: Annotated[
        Number,
        Field(ge=0, le=1000),
        About(
            "milliseconds that SQLite may keep all requests waiting for one statement; what takes "
            "longer runs again beside them",
            "a number from 0 (all run beside) to 1000",
        ),
    ] = 1
    statement_timeout_s: Annotated[
        Number,
        Field(ge=1, le=86_400),
        About("seconds after which a statement is given up", "a number from 1 to 86400"),
    ] = 30
    busy_timeout_s: Annotated[
        Number,
        Field(ge=1, le=3600),
        About(
            "seconds to wait for another process or transaction that is in the way",
            "a number from 1 to 3600",
        ),
    ] = 10


class Site(Section):
    """What the site is called, and who may join."""

    title: Annotated[
        Line,
        Field(min_length=1),
        About("name of the site, in every page's head", "text on one line"),
    ] = "www"
    tagline: Annotated[Line, About("one line under the name", "text on one line, or nothing")] = ""
    language: Annotated[
        Literal["en", "zh-Hans"],
        About("language for readers whose browser asks for none that we have"),
    ] = "en"
    timezone: Annotated[
        ZoneInfo,
        BeforeValidator(zone),
        About(
            "time zone of the dates on pages", "a name such as `Europe/Berlin` or `Asia/Shanghai`"
        ),
    ] = ZoneInfo("UTC")
    registration: Annotated[
        Literal["open", "invite", "closed"],
        About("who may register: anyone, who has an invitation, nobody"),
    ] = "open"
    new_user_role: Annotated[
        Literal["reader", "author"], About("role of who registers without an invitation")
    ] = "author"
    posts_per_page: Annotated[
        Number, Field(ge=1, le=100), About("posts on one page of a list", "a number from 1 to 100")
    ] = 10


class Log(Section):
    """What is written to standard error."""

    format: Annotated[
        Literal["text", "json"], About("lines for people, or JSON lines for programs")
    ] = "text"
    level: Annotated[
        Literal["debug", "info", "warning", "error"], About("the least important lines to write")
    ] = "info"
    statements: Annotated[
        bool,
        About(
            "for development: write each request's statements with times, rows and plans",
            "true or false",
        ),
    ] = False


class Settings(Section):
    """All sections; `Settings()` holds the defaults, which are those of config/default.yaml."""

    server: Server = Server()
    data: Annotated[Folder, About("folder of everything that is stored", "a path")] = Path("res")
    db: Db = Db()
    storage: Storage = Storage()
    files: Files = Files()
    pictures: Pictures = Pictures()
    site: Site = Site()
    limits: Limits = Limits()
    log: Log = Log()
