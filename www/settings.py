"""Every setting, typed and frozen, and the one function that reads them.

A value comes from `config/default.yaml`, then the file of `--config` or `WWW_CONFIG`, then
`WWW_SECTION__KEY` in the environment (a secret also from the file that `WWW_SECTION__KEY_FILE`
names), then flags: the later one wins. Each source is checked alone, so that a mistake is reported
with its place even where another source hides it, and all of them at once. Plain pydantic:
pydantic-settings knows no line numbers, passes over unknown variables in silence and costs 0.1 s of
every start.

The surprise: relative paths mean the working directory, not the folder of the file that names them.
"""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic.fields import FieldInfo

from www.utils.lined_yaml import KeyPath
from www.utils.sections import About, Section, known, mistakes
from www.utils.sources import Source, from_environ, from_flags, from_yaml
from www.utils.values import (
    Bytes,
    Folder,
    Line,
    Number,
    listed,
    listener,
    origin,
    path_or_nothing,
    secret,
    size,
    zone,
)


class SettingsError(Exception):
    """The settings cannot be used; `problems` holds one sentence for each mistake."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


_PORT: Final = "a number from 0 to 65535"
_BYTES: Final = "a size above 0, such as `512 kB`, `4 GiB` or a number of bytes"


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


class Storage(Section):
    """Where uploaded files live."""

    kind: Annotated[
        Literal["local", "s3"],
        About(
            "uploaded files lie in the data folder, or in the bucket of an S3-compatible service"
        ),
    ] = "local"
    min_free_bytes: Annotated[
        Bytes, About("space on the disk that uploads leave to the database", _BYTES)
    ] = 256 * 1024**2
    keep_metadata: Annotated[
        bool,
        About(
            "other people get pictures with the place, time and camera that they tell",
            "true or false",
        ),
    ] = False
    bucket: Annotated[
        str,
        Field(pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$"),
        About("bucket for storage.kind `s3`; it must exist", "a name as S3 allows it"),
    ] = ""
    endpoint: Annotated[
        str | None,
        BeforeValidator(origin),
        About(
            "address of the S3 service, without the bucket",
            "`https://host` or `http://host:port` without a path, or nothing: Amazon's",
        ),
    ] = None
    region: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9-]{1,50}$"),
        About("region of the bucket; many services take any", "a name such as `eu-central-1`"),
    ] = "us-east-1"
    access_key: Annotated[Line, About("access key of the S3 service", "text")] = ""
    secret_key: Annotated[SecretStr, About("secret key that belongs to it", "text")] = SecretStr("")
    prefix: Annotated[
        str,
        Field(
            max_length=200,
            pattern=r"^([A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$",
        ),
        About(
            "folder in the bucket for all that www stores",
            "letters, digits, `.`, `_`, `-`, and `/` between, or nothing",
        ),
    ] = ""
    path_style: Annotated[
        bool,
        About(
            "the bucket is a folder of the endpoint (MinIO, Ceph) and not a host of its own",
            "true or false",
        ),
    ] = False
    presign_downloads: Annotated[
        bool,
        About("readers are sent to the bucket by links that last an hour", "true or false"),
    ] = False
    presign_uploads: Annotated[
        bool,
        About(
            "browsers send files to the bucket itself; it needs the rule of `www storage cors`",
            "true or false",
        ),
    ] = False
    public_endpoint: Annotated[
        str | None,
        BeforeValidator(origin),
        About(
            "endpoint as browsers reach it, where that differs",
            "`https://host` or `http://host:port` without a path, or nothing: as storage.endpoint",
        ),
    ] = None
    previous: Annotated[
        Path | None,
        BeforeValidator(path_or_nothing),
        About(
            "settings of the storage that files are moved from: what is missing is read there",
            "a YAML file, or nothing; secrets as WWW_FROM_STORAGE__SECRET_KEY",
        ),
    ] = None
    sendfile_header: Annotated[
        Literal["", "X-Accel-Redirect", "X-Sendfile"],
        About("how a server of server.trusted_proxies is told to send a stored file itself"),
    ] = ""


class Pictures(Section):
    """What smaller copies of pictures may cost; a worker that exceeds it is killed."""

    workers: Annotated[
        Number,
        Field(ge=1, le=64),
        About("processes of one server that make them, at most", "a number from 1 to 64"),
    ] = 2
    max_pixels: Annotated[
        Number,
        Field(ge=1, le=10**10),
        About("pixels of a picture, at most", "a number from 1 to 10000000000"),
    ] = 200_000_000
    max_frames: Annotated[
        Number,
        Field(ge=1, le=10**6),
        About("frames of an animation, at most", "a number from 1 to 1000000"),
    ] = 1000
    memory_bytes: Annotated[
        Bytes,
        Field(ge=256 * 1024**2),
        About("address space of one process", "a size of at least 256 MiB, such as `1 GiB`"),
    ] = 1024**3
    cpu_seconds: Annotated[
        Number,
        Field(ge=1, le=600),
        About("CPU time for one picture", "a number from 1 to 600"),
    ] = 20
    cache_bytes: Annotated[Bytes, About("space on the disk for what was made", _BYTES)] = 1024**3


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


class Limits(Section):
    """What one request, or one person, may use."""

    upload_bytes: Annotated[Bytes, About("size of one uploaded file", _BYTES)] = 5 * 1000**3
    quota_bytes: Annotated[Bytes, About("size of all files of one person", _BYTES)] = 20 * 1000**3
    upload_hours: Annotated[
        Number,
        Field(ge=1, le=8760),
        About(
            "hours for which an unfinished upload waits to be resumed", "a number from 1 to 8760"
        ),
    ] = 168
    body_bytes: Annotated[
        Bytes, Field(le=512_000), About("size of one post's Markdown", "a size from 1 to 512 kB")
    ] = 512_000
    form_bytes: Annotated[
        Bytes,
        About(
            "size of a submitted form without files",
            f"{_BYTES}; at least three times limits.body_bytes",
        ),
    ] = 2_000_000
    clamd: Annotated[
        Line,
        AfterValidator(listener),
        About(
            "virus scanner (clamd) that looks at every file before it is kept",
            "the path of its socket, `host:port`, or nothing: files are not scanned",
        ),
    ] = ""
    clamd_down: Annotated[
        Literal["refuse", "accept"],
        About("what happens to files that the scanner does not answer for or finds too large"),
    ] = "refuse"
    download_bytes_per_s: Annotated[
        int,
        BeforeValidator(size),
        Field(ge=0, le=2**53),
        About(
            "how fast files go out over one connection; 0 is as fast as they can",
            "0, or a size such as `2 MB` or a number of bytes",
        ),
    ] = 0
    login_attempts: Annotated[
        Number,
        Field(ge=1, le=1000),
        About(
            "wrong passwords for one account from one address in fifteen minutes",
            "a number from 1 to 1000",
        ),
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
    pictures: Pictures = Pictures()
    site: Site = Site()
    limits: Limits = Limits()
    log: Log = Log()


TARGET: Final = "WWW_TO_"
"""In front of a variable that is a setting of the site that `www move` writes to."""
PREVIOUS: Final = "WWW_FROM_"
"""In front of a variable that is a setting of the storage that `storage.previous` names."""


def load_other(config: Path, environ: Mapping[str, str], prefix: str = TARGET) -> Settings:
    """Read the settings of another site: the one that is written to, or with PREVIOUS read from.

    What the environment says is about this site, apart from variables with `prefix` in front.
    """
    named = {
        f"WWW_{name.removeprefix(prefix)}": value
        for name, value in environ.items()
        if name.startswith(prefix)
    }
    return load(config, environ=named)


def load(
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read all sources; raises SettingsError with every mistake that they hold.

    `flags` are named after their setting, `{"server.port": 80}`; None is a flag that was not given.
    """
    environ = environ or {}
    if config is None and environ.get("WWW_CONFIG"):
        config = Path(environ["WWW_CONFIG"])
    secrets = {path for path, info in KNOWN.items() if info.annotation is SecretStr}
    sources = [
        from_yaml(default_file()),
        *([from_yaml(config)] if config else []),
        from_environ(
            environ, secrets=secrets, ignore=("WWW_CONFIG", "WWW_TEST_", TARGET, PREVIOUS)
        ),
        from_flags(flags or {}),
    ]
    problems = [
        line for source in sources for line in (*source.problems, *mistakes(Settings, source))
    ]
    if problems:
        raise SettingsError(problems)
    settings = Settings.model_validate(_merged(sources))
    if disagreeing := list(_disagreeing(settings)):
        raise SettingsError(disagreeing)
    return settings


def _disagreeing(settings: Settings) -> Iterator[str]:
    """Name values that are right alone and wrong together."""
    if settings.limits.form_bytes < 3 * settings.limits.body_bytes:
        yield (
            f"limits.form_bytes: found {settings.limits.form_bytes}; allowed: at least three times "
            f"limits.body_bytes ({settings.limits.body_bytes}), because a form sends Chinese text "
            "in three times its size"
        )
    if settings.db.host and "/" in str(settings.db.database):
        yield (
            f"db.database: found {settings.db.database}; allowed: a name without slashes, because "
            "db.host is set and it names a database of that server"
        )
    if settings.storage.kind == "s3":
        for key in ("bucket", "access_key", "secret_key"):
            value = getattr(settings.storage, key)
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                yield f"storage.{key}: found nothing; allowed: text, because storage.kind is s3"


def default_file() -> Path:
    """Find config/default.yaml: inside an installed package, or beside `www` in a checkout."""
    package = Path(__file__).parent
    inside = package / "config" / "default.yaml"
    return inside if inside.exists() else package.parent / "config" / "default.yaml"


def _merged(sources: Iterable[Source]) -> dict[str, object]:
    merged: dict[str, object] = {}
    for source in sources:
        for name, values in source.values.items():
            before = merged.get(name)
            both = isinstance(before, dict) and isinstance(values, Mapping)
            merged[name] = {**before, **values} if both else values  # type: ignore[dict-item]  # isinstance says nothing of the keys
    return merged


KNOWN: Final[Mapping[KeyPath, FieldInfo]] = known(Settings)
"""Every setting by section and key."""
