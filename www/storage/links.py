"""Links into the bucket: the reader's browser fetches from there, and our wires stay free.

A link names the answer's type and file name, works for a while and for whoever has it: the check
who may read comes before it is given. The bucket's answer has another origin than our pages, so
what it says runs without our cookies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from www.storage.bucket import Place


@dataclass(frozen=True, slots=True)
class Links:
    """Signs links that work for `expires_s`; `endpoint` is where browsers reach the service.

    Those of films and sound work for `media_expires_s`: a player asks us once, and then the bucket
    for every piece, also after a long pause.
    """

    place: Place
    endpoint: str = ""
    expires_s: int = 3600
    media_expires_s: int = 12 * 3600

    def download(self, key: str, headers: Mapping[str, str]) -> str:
        """Return a link to an object, whose answer carries `headers`."""
        query = {f"response-{name.lower()}": text for name, text in headers.items()}
        signer = self.place.signer(self.endpoint)
        is_media = headers.get("Content-Type", "").startswith(("audio/", "video/"))
        expires_s = self.media_expires_s if is_media else self.expires_s
        return signer.url("GET", self.place.key(key), expires_s=expires_s, query=query)
