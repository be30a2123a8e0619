"""Which files a post refers to: found in its HTML, and kept in a table when it is saved."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from www.models import BlogFile, File, FormerName

if TYPE_CHECKING:
    from www.db.verbs import Verbs

MOST: Final = 1000
"""So many files are kept for one post; a text of the greatest length holds some thousands more."""

_LINK: Final = re.compile(
    r'(?:href|src)="(?P<host>https?://[^/"]+)?/files/(?P<id>[1-9][0-9]{0,17})/(?P<name>[^"?#]*)'
)


def found(html: str) -> dict[int, str]:
    """Return the files that rendered HTML refers to, and "" or the name that must fit.

    A whole address may be that of another site, which has files with the same numbers: then the
    name decides.
    """
    files: dict[int, str] = {}
    for link in _LINK.finditer(html):
        name = unquote(unescape(link["name"])) if link["host"] else ""
        if not name or files.get(int(link["id"])) is None:
            files[int(link["id"])] = name
        if len(files) == MOST:
            break
    return files


async def keep(conn: Verbs, blog_id: int, files: dict[int, str]) -> None:
    """Let a post refer to these files, those that there are, and to no others."""
    await conn.run(BlogFile.delete().where(BlogFile.blog_id == blog_id))
    if not files:
        return
    there = dict(await conn.tuples(File.select(File.id, File.name).where(File.id.in_(list(files)))))
    former = FormerName.select(FormerName.file_id, FormerName.name)
    named = set(await conn.tuples(former.where(FormerName.file_id.in_(list(there)))))
    fitting = [
        id_ for id_, name in there.items() if files[id_] in {"", name} or (id_, files[id_]) in named
    ]
    await conn.insert_many([BlogFile(blog_id=blog_id, file_id=id_) for id_ in fitting])
