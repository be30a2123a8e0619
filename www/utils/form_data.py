"""The usual encoding of HTML forms: bytes in, pairs of text out, ValueError for what is none.

Ours, because a form must not hold up the loop: for 1.9 MB of escapes urllib takes 150 to 700 ms and
this 6. The limit of the body's length is the caller's. The other encoding: `www.bodies.multipart`.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

_MALFORMED: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_MAX_MALFORMED: Final = 1000


class TooManyFields(ValueError):
    """More fields than allowed."""


def urlencoded(body: bytes, max_fields: int) -> list[tuple[str, str]]:
    """Decode application/x-www-form-urlencoded as browsers read it; empty fields are kept.

    Raises TooManyFields, ValueError for wrong UTF-8 or a thousand lonely percent signs.
    """
    if body.count(b"&") >= max_fields:
        raise TooManyFields
    body, repaired = _MALFORMED.subn(b"%25", body.strip(), count=_MAX_MALFORMED)
    if repaired == _MAX_MALFORMED:
        raise ValueError("malformed escapes")
    pairs = []
    for field in body.split(b"&"):
        if field:
            name, _, value = field.partition(b"=")
            pairs.append((_unquoted(name), _unquoted(value)))
    return pairs


def _unquoted(text: bytes) -> str:
    # Quoted-printable is the same code with another escape sign, and its decoder is in C.
    if b"%" in text:
        text = text.replace(b"\r", b"%0D").replace(b"\n", b"%0A").replace(b"=", b"%3D")
        text = binascii.a2b_qp(text.replace(b"+", b" ").replace(b"%", b"="))
    else:
        text = text.replace(b"+", b" ")
    return text.decode("utf-8")
