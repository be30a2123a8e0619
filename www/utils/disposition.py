"""Content-Disposition, read from a form's part (RFC 7578) and written for a download (RFC 6266).

The surprise of reading: browsers write a quote in a name as %22 and leave backslashes alone, curl
escapes both with backslashes, and neither does what the older RFC says.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal
from urllib.parse import quote, unquote_to_bytes

_TYPE: Final = re.compile(r"\s*([\w!#$%&'*+.^`|~-]+)\s*", re.ASCII)
# Neither alternative of the quoted string can match what the other does: no backtracking.
_PARAMETER: Final = re.compile(
    r"""\s*;\s*(?P<key>[\w!#$%&'*+.^`|~-]+)\s*=\s*
        (?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<token>[^\s;"]*))\s*""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_ESCAPED: Final = re.compile(r'\\(["\\])')
_EXTENDED: Final = re.compile(r"(utf-8|iso-8859-1)'[^']*'(.*)", re.IGNORECASE | re.DOTALL)
# What RFC 8187 allows unencoded (attr-char) beside letters and digits; quote() adds "_.-~".
_ATTR_CHAR: Final = "!#$&+^`|"


def parse(value: str) -> tuple[str, dict[str, str]]:
    """Return the kind and the parameters, `name*` preferred to `name`. Raises ValueError."""
    kind = _TYPE.match(value)
    if kind is None:
        raise ValueError("no disposition type")
    plain: dict[str, str] = {}
    extended: dict[str, str | None] = {}
    at = kind.end()
    while at < len(value):
        found = _PARAMETER.match(value, at)
        if found is None:
            raise ValueError("malformed parameter")
        at = found.end()
        key, text = found["key"].lower(), _unquoted(found["quoted"], found["token"])
        if key.endswith("*"):
            extended[key[:-1]] = extended.get(key[:-1]) or _decoded(text)
        else:
            plain.setdefault(key, text)
    decoded = {key: text for key, text in extended.items() if text is not None}
    # A name that is there and cannot be read must not pass for none: RFC 2231's pieces (`name*0`)
    # are no part of HTTP, and a file without a name would be taken for a text.
    unread = extended.keys() - decoded.keys() - plain.keys()
    if unread or any("*" in key for key in plain | extended):
        raise ValueError("a parameter in an unknown encoding")
    return kind[1].lower(), plain | decoded


def build(kind: Literal["inline", "attachment"], name: str) -> str:
    """Return the header for a download called `name`, in any script."""
    fallback = _ascii(name)
    value = f'{kind}; filename="{fallback}"'
    if fallback == name:
        return value
    return f"{value}; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR)}"


def _unquoted(quoted: str | None, token: str | None) -> str:
    if quoted is None:
        return token or ""
    text = _ESCAPED.sub(r"\1", quoted)
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _decoded(text: str) -> str | None:
    """Decode RFC 8187's charset'language'percent-encoded; None what is not well-formed."""
    found = _EXTENDED.fullmatch(text)
    if found is None:
        return None
    try:
        return unquote_to_bytes(found[2]).decode(found[1])
    except UnicodeDecodeError:
        return None


def _ascii(name: str) -> str:
    """A name for clients without `filename*`, which disagree on quotes, escapes and percents."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    clean = re.sub(r"[^ -~]", "", re.sub(r'["\\%/]', "_", plain)).strip()
    nameless = not clean or (clean.startswith(".") and not name.startswith("."))
    return f"file{clean}" if nameless else clean
