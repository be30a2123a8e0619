"""What stands for a file's name in addresses of its smaller copies: nobody else can make it.

It is signed over the file's number and its content with a secret of the site. A part of the
content's hash would tell whoever has a picture which unlisted files hold the same.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Final, Self

from www.models import Blog, File, SiteSecret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from www.db import Engine, Select

_NAME: Final = "copies"
_KEY_BYTES: Final = 12
_AT_ONCE: Final = 100
# As posts were stored that were rendered before there was a secret.
_FORMER: Final = re.compile(r"/files/([1-9][0-9]{0,17})/(w[0-9]+\.[a-z]+)\?k=[0-9a-f]{16}(?![\w-])")


class CopyKeys:
    """Makes and knows the keys of one site."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    async def opened(cls, engine: Engine) -> Self:
        """Return those of a site, whose secret is drawn if it has none."""
        secret = await engine.get(SiteSecret, _NAME)
        if secret is None:
            await engine.run(SiteSecret.insert(_drawn()).or_ignore(SiteSecret.name))
            secret = await engine.get(SiteSecret, _NAME)  # another process may have been quicker
            assert secret is not None
            await _renew(engine, cls(secret.value))
        return cls(secret.value)

    def of(self, file: Mapping[str, Any]) -> str:
        """Return the key of a file's copies: 16 characters of base64url.

        `file` has `id` and `sha256`: a row of any table that was joined with files.
        """
        signed = hmac.digest(self._secret, f"{file['id']}\0{file['sha256']}".encode(), "sha256")
        return base64.urlsafe_b64encode(signed[:_KEY_BYTES]).decode()

    def fits(self, file: File, key: str) -> bool:
        """Tell whether this is the key, in a time that says nothing of how much of it fits."""
        return hmac.compare_digest(key.encode(), self.of(file).encode())


async def _renew(engine: Engine, keys: CopyKeys) -> None:
    """Write these keys into posts that hold others; once in the life of a site."""
    last = 0
    while blogs := await engine.all(_posts_after(last)):
        last = blogs[-1].id
        for blog in blogs:
            ids = sorted({int(id) for id, _ in _FORMER.findall(blog.html)})
            for start in range(0, len(ids), _AT_ONCE):
                for file in await engine.all(_files(ids[start : start + _AT_ONCE])):
                    former = rf"(/files/{file.id}/w[0-9]+\.[a-z]+\?k=)[0-9a-f]{{16}}(?![\w-])"
                    blog.html = re.sub(former, rf"\g<1>{keys.of(file)}", blog.html)
            if ids:
                await engine.run(Blog.update(html=blog.html).where(Blog.id == blog.id))


def _drawn() -> dict[str, object]:
    return {"name": _NAME, "value": secrets.token_bytes(32)}


def _posts_after(id: int) -> Select[Any]:
    select = Blog.select(Blog.id, Blog.html).where(Blog.id > id)
    return select.order_by(Blog.id).limit(_AT_ONCE)


def _files(ids: list[int]) -> Select[File]:
    return File.select().where(File.id.in_(ids))
