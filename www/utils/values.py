"""Kinds of values that settings have: each reads what YAML or the environment says, or refuses it.

A refusal is a ValueError, which pydantic collects; its text is for tests and logs, people are told
what the setting itself says about its values.
"""

import re
from pathlib import Path
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr

from www.utils.sizes import parse_size


def number(value: object) -> object:
    """Refuse yes and no, which pydantic would read as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a number is needed")  # noqa: TRY004  pydantic collects ValueErrors only
    return value


def size(value: object) -> object:
    """Read a size with its unit."""
    return parse_size(value) if isinstance(value, str) else number(value)


def origin(value: object) -> str | None:
    """Return `https://example.org` without a slash at its end, or None for nothing."""
    if value is None or value == "":
        return None
    parts = urlsplit(str(value))
    port = f":{parts.port}" if parts.port is not None else ""  # raises ValueError for nonsense
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("a scheme and a host are needed")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("a path is not possible")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def listed(value: object) -> object:
    """Split what an environment variable can only say with commas."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def path(value: object) -> object:
    """Read a path; `~` is the home folder."""
    if not isinstance(value, str | Path) or value == "" or "\0" in str(value):
        raise ValueError("a path is needed")
    return Path(value).expanduser()


def path_or_nothing(value: object) -> object:
    """Read a path, or None for nothing."""
    return None if value is None or value == "" else path(value)


def listener(value: str) -> str:
    """Refuse what is neither the path of a socket nor a host with a port."""
    if value and "/" not in value and not re.fullmatch(r".+:[0-9]{1,5}", value):
        raise ValueError("the path of a socket or a host and port are needed")
    return value


def secret(value: SecretStr) -> SecretStr:
    """Refuse what could be guessed, or could not stand in a header."""
    text = value.get_secret_value()
    if text and not re.fullmatch(r"[!-~]{16,200}", text):
        raise ValueError("16 to 200 visible ASCII characters are needed")
    return value


def zone(value: object) -> ZoneInfo:
    """Read a time zone."""
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (KeyError, OSError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("no such time zone") from error


Bytes: TypeAlias = Annotated[int, BeforeValidator(size), Field(gt=0, le=2**53)]
Number: TypeAlias = Annotated[int, BeforeValidator(number)]
Folder: TypeAlias = Annotated[Path, BeforeValidator(path)]
Line: TypeAlias = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
