"""Header fields of both protocols, read strictly; what breaks a rule is a 400.

The IETF's are structured fields (RFC 9651), of which only three forms occur; the rule there is that
a malformed one counts as absent.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aiohttp import hdrs

from www.errors import BadRequest
from www.files.folder_queries import MAX_DEPTH
from www.files.forms import visibility_of
from www.i18n import N_
from www.utils import disposition
from www.utils.names import file_name, safe_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from www.models import Visibility

_NATURAL: Final = re.compile(r"0*([0-9]{1,18})|[0-9]+", re.ASCII)
_MOST: Final = 10**18
_SF_PARAMETERS: Final = r"(?:;\s*[a-z*][a-z0-9_.*-]*(?:=[!-:<-~]+)?)*"
_SF_INTEGER: Final = re.compile(r"(-?[0-9]{1,15})" + _SF_PARAMETERS, re.ASCII)
_SF_BOOLEAN: Final = re.compile(r"\?([01])" + _SF_PARAMETERS, re.ASCII)
_PAIR: Final = re.compile(r"([!-+\--~]+)(?: ([A-Za-z0-9+/]*={0,2}))?", re.ASCII)
_ADDRESS: Final = re.compile(r"(?:.*/)?uploads/([0-9a-f]{32})")
_MOST_CHARS: Final = 8190
_NAMES: Final = ("filename", "name")
_PATH: Final = "relativePath"


@dataclass(frozen=True, slots=True)
class Concat:
    """What Upload-Concat says: a part, or which parts make a final upload."""

    value: str = ""
    parts: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Tell whether this is a part of something else, and never a file by itself."""
        return self.value == "partial"

    @property
    def is_final(self) -> bool:
        """Tell whether this is put together of parts."""
        return self.value.startswith("final;")


def natural(request: web.Request, name: str) -> int | None:
    """Return a number from 0, None where the header is missing. Raises BadRequest.

    What has more than 18 digits is larger than anything that can be stored, and read as 10**18.
    """
    value = request.headers.get(name)
    if value is None:
        return None
    found = _NATURAL.fullmatch(value)
    if found is None or len(request.headers.getall(name)) > 1:
        raise BadRequest(N_("The header %(name)s is not a number."), name=name)
    return _MOST if found[1] is None else int(found[1])


def sf_integer(request: web.Request, name: str) -> int | None:
    """Return a number from 0 of a structured field; None where it is missing or malformed."""
    found = _SF_INTEGER.fullmatch(_single(request, name))
    return int(found[1]) if found is not None and int(found[1]) >= 0 else None


def sf_boolean(request: web.Request, name: str) -> bool | None:
    """Return the truth of a structured field; None where it is missing or malformed."""
    found = _SF_BOOLEAN.fullmatch(_single(request, name))
    return found[1] == "1" if found is not None else None


def metadata(value: str) -> Mapping[str, bytes]:
    """Read Upload-Metadata. Raises BadRequest."""
    pairs: dict[str, bytes] = {}
    for item in value.split(",") if value.strip() else ():
        found = _PAIR.fullmatch(item.strip(" "))
        if found is None or found[1] in pairs:
            raise BadRequest(N_("The header Upload-Metadata cannot be read."))
        try:
            pairs[found[1]] = base64.b64decode(found[2] or "", validate=True)
        except binascii.Error as err:
            raise BadRequest(N_("The header Upload-Metadata cannot be read.")) from err
    return pairs


def claimed_name(pairs: Mapping[str, bytes]) -> str:
    """Return a harmless form of the name that the metadata give. Raises BadRequest."""
    value = next((pairs[key] for key in _NAMES if pairs.get(key)), b"")
    try:
        return file_name(value.decode())
    except UnicodeDecodeError as err:
        raise BadRequest(N_("The name of the file is not valid UTF-8.")) from err


def claimed_folder(pairs: Mapping[str, bytes]) -> int | None:
    """Return the id of the folder that the metadata name. Raises BadRequest."""
    value = pairs.get("folder", b"")
    if value and not (value.isdigit() and len(value) <= 18):
        raise BadRequest(N_("The header Upload-Metadata cannot be read."))
    return int(value) if value else None


def claimed_visibility(pairs: Mapping[str, bytes]) -> Visibility | None:
    """Return who may read the file, None where the metadata do not say it. Raises Invalid."""
    return visibility_of({"visibility": [pairs.get("visibility", b"").decode("utf-8", "replace")]})


def claimed_path(pairs: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the folders in which the file lay at its person's: what Uppy and others send too."""
    names = pairs.get(_PATH, b"").decode("utf-8", "replace").split("/")[:-1]
    return tuple(safe_name(name) for name in names if name.strip(" .\\"))[:MAX_DEPTH]


def written(pairs: Mapping[str, str]) -> str:
    """Return Upload-Metadata of what is not empty, what `metadata` reads."""
    coded = {key: base64.b64encode(value.encode()).decode() for key, value in pairs.items()}
    return ",".join(f"{key} {value}" for key, value in coded.items() if value)


def disposed_name(request: web.Request) -> str:
    """Return a harmless form of the name in Content-Disposition. Raises BadRequest."""
    value = request.headers.get(hdrs.CONTENT_DISPOSITION, "")
    if not value:
        return file_name("")
    try:
        _, parameters = disposition.parse(value)
        name = parameters.get("filename", "")
        name.encode()
    except ValueError as err:
        raise BadRequest(N_("The header Content-Disposition cannot be read.")) from err
    return file_name(name)


def concat(value: str) -> Concat:
    """Read Upload-Concat; the parts' addresses may be absolute or relative. Raises BadRequest."""
    if value in {"", "partial"}:
        return Concat(value)
    kind, _, addresses = value.partition(";")
    parts = []
    for address in addresses.split():
        try:
            found = _ADDRESS.fullmatch(urlsplit(address).path)
        except ValueError:
            found = None
        if found is None:
            raise BadRequest(N_("The header Upload-Concat names no upload of this site."))
        parts.append(found[1])
    if kind.strip() != "final" or not parts or len(value) > _MOST_CHARS:
        raise BadRequest(N_("The header Upload-Concat cannot be read."))
    return Concat(value, tuple(parts))


def _single(request: web.Request, name: str) -> str:
    values = request.headers.getall(name, [])
    return values[0].strip(" ") if len(values) == 1 else ""
