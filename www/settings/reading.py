"""The one function that reads the settings, from files, environment and flags.

A value comes from `config/default.yaml`, then the file of `--config` or `WWW_CONFIG`, then
`WWW_SECTION__KEY` in the environment (a secret also from the file that `WWW_SECTION__KEY_FILE`
names), then flags: the later one wins. Each source is checked alone, so that a mistake is reported
with its place even where another source hides it, and all of them at once. Plain pydantic:
pydantic-settings knows no line numbers, passes over unknown variables in silence and costs 0.1 s of
every start.

The surprise: relative paths mean the working directory, not the folder of the file that names them.
"""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from www.settings.sections import Settings
from www.utils.lined_yaml import KeyPath
from www.utils.sections import known, mistakes
from www.utils.sources import Source, from_environ, from_flags, from_yaml

KNOWN: Final[Mapping[KeyPath, FieldInfo]] = known(Settings)
"""Every setting by section and key."""
TARGET: Final = "WWW_TO_"
"""In front of a variable that is a setting of the site that `www move` writes to."""
PREVIOUS: Final = "WWW_FROM_"
"""In front of a variable that is a setting of the storage that `storage.previous` names."""


class SettingsError(Exception):
    """The settings cannot be used; `problems` holds one sentence for each mistake."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


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
        yield from _hosts_of_buckets(settings)


def _hosts_of_buckets(settings: Settings) -> Iterator[str]:
    """Without path_style the bucket is a name in front of the endpoint's: an address has none."""
    for key in ("endpoint", "public_endpoint"):
        endpoint = getattr(settings.storage, key)
        if endpoint and not settings.storage.path_style and _is_address(endpoint):
            yield (
                f"storage.path_style: found false; allowed: true, because storage.{key} "
                f"({endpoint}) is an IP address, and no bucket can be a name in front of that"
            )


def _is_address(endpoint: str) -> bool:
    try:
        ip_address(urlsplit(endpoint).hostname or "")
    except ValueError:
        return False
    return True


def default_file() -> Path:
    """Find config/default.yaml: inside an installed package, or beside `www` in a checkout."""
    package = Path(__file__).parent.parent
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
