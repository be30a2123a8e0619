"""The bucket's rules for pages of other origins (CORS): browsers send it files only with one.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
"""

from __future__ import annotations

from http.client import HTTPException
from typing import TYPE_CHECKING, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from xml.etree import ElementTree as ET

from www.errors import Unavailable
from www.storage.asking import Refused, ask, md5_header, text_of
from www.storage.inbox import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from www.storage.bucket import Place

_SPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
_AGE_S: Final = "3600"  # for so long a browser does not ask again
_TIMEOUT_S: Final = 10


def allow(place: Place, origins: Sequence[str]) -> None:
    """Let pages of `origins` send files to the bucket; other rules stay. Raises Unavailable."""
    mine = {f"www {origin}" for origin in origins}
    rules = ET.Element(f"{{{_SPACE}}}CORSConfiguration")
    try:
        rules.extend(rule for rule in _rules(place) if text_of(rule, "ID") not in mine)
        rules.extend(_rule(origin) for origin in origins)
        ET.register_namespace("", _SPACE)
        body = ET.tostring(rules, encoding="utf-8", xml_declaration=True)
        ask(place, "PUT", "", {"cors": ""}, headers=md5_header(body), body=body)
    except Refused as err:
        raise Unavailable from err


def allows(place: Place, endpoint: str, origin: str) -> bool:
    """Ask as a browser does before it sends a part: may a page of `origin`? Raises Unavailable."""
    address = f"{place.address_at(endpoint or place.endpoint)}/{place.key(FOLDER)}/x"
    headers = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    # S310: the settings allow http and https alone.
    request = Request(address, method="OPTIONS", headers=headers)  # noqa: S310
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            return answer.headers.get("Access-Control-Allow-Origin") in {"*", origin}
    except HTTPError as err:
        err.close()
        return False
    except (URLError, OSError, HTTPException) as err:
        raise Unavailable from err


def _rules(place: Place) -> Iterable[ET.Element]:
    try:
        return list(ask(place, "GET", "", {"cors": ""}).xml("CORSConfiguration"))
    except Refused as err:
        if err.status == 404:  # it has none
            return []
        raise


def _rule(origin: str) -> ET.Element:
    rule = ET.Element(f"{{{_SPACE}}}CORSRule")
    lines = (
        ("ID", f"www {origin}"),
        ("AllowedOrigin", origin),
        ("AllowedMethod", "PUT"),
        ("AllowedHeader", "*"),
        ("MaxAgeSeconds", _AGE_S),
    )
    for name, text in lines:
        ET.SubElement(rule, f"{{{_SPACE}}}{name}").text = text
    return rule
