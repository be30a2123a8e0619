"""Signed addresses (AWS Signature Version 4, by query): what obstore cannot sign.

obstore signs a method and a path. A link that gives a download its name, an upload whose length is
bound, and the listing of unfinished uploads need query parameters and signed headers.
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one bucket. `address` is the bucket's, without a slash at its end."""

    address: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)

    def url(
        self,
        method: str,
        key: str,
        *,
        expires_s: int,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        now: datetime | None = None,
    ) -> str:
        """Return an address that works for `expires_s`; `headers` must be sent as they are here."""
        parts = urlsplit(self.address)
        path = quote(f"{parts.path}/{key}" if key else parts.path or "/", safe="/~")
        now = now or datetime.now(UTC)
        day, moment = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{day}/{self.region}/s3/aws4_request"
        lines = {"host": parts.netloc}
        lines |= {name.lower(): text for name, text in (headers or {}).items()}
        names = ";".join(sorted(lines))
        asked = {
            **(query or {}),
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self.access_key}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(expires_s),
            "X-Amz-SignedHeaders": names,
        }
        words = "&".join(f"{_quoted(name)}={_quoted(asked[name])}" for name in sorted(asked))
        heads = "".join(f"{name}:{lines[name].strip()}\n" for name in sorted(lines))
        request = f"{method}\n{path}\n{words}\n{heads}\n{names}\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}"
        signature = _hmac(self._key(day), text).hex()
        return f"{parts.scheme}://{parts.netloc}{path}?{words}&X-Amz-Signature={signature}"

    def _key(self, day: str) -> bytes:
        key = _hmac(f"AWS4{self.secret_key}".encode(), day)
        for word in (self.region, "s3", "aws4_request"):
            key = _hmac(key, word)
        return key


def _quoted(text: str) -> str:
    return quote(text, safe="~")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
