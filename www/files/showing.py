"""Which pictures of this site a text shows, so that its page can offer them in several sizes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from www.markup import Picture
from www.models import File, Visibility
from www.pictures import placeholder
from www.pictures.formats import FORMATS, KINDS, candidates, copy_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from www.db import Engine, Select
    from www.files.copy_keys import CopyKeys
    from www.files.facts import Facts

    Address: TypeAlias = Callable[[str], str]

PATIENCE_S: Final = 5.0
"""How long a post or a share page waits for pictures that were uploaded a moment ago."""
_MOST: Final = 500
_FILE: Final = re.compile(r"/files/([1-9][0-9]{0,17})/([^\s\"'<>()?#]{1,1000})")


async def pictures_of(
    engine: Engine, facts: Facts, copy_keys: CopyKeys, text: str, *, author_id: int
) -> Mapping[tuple[int, str], Picture]:
    """Return the pictures that `text` of this author may show, by id and name.

    Those are public ones, and unlisted ones of the author's own: of all others nobody learns by
    trying names whether they are there, nor their size and colours. What is private stays so, for
    a text is read by others than its author.
    """
    named = {(int(id), unquote(name)) for id, name in _FILE.findall(text)}
    if not named:
        return {}
    ids = sorted({id for id, _ in named})[:_MOST]
    found = await engine.all(pictures(ids, author_id))
    rows = [row for row in found if (row.id, row.name) in named]
    await facts.learn([row for row in rows if row.width is None], timeout_s=PATIENCE_S)
    return {
        (row.id, row.name): described(row, _with_key(copy_keys, row))
        for row in rows
        if row.width is not None
    }


def described(file: File, address: Address) -> Picture:
    """Return what a page says of a picture whose facts are known; refused ones have no width.

    `address` gives that of a copy by its name.
    """
    width, height = file.width or 0, file.height or 0
    found = placeholder.parse(file.placeholder or "")
    sources: dict[str, str] = {}
    # The copies of what moves stand still, so the page shows the original.
    if width and height and not found.animated:
        sources = {
            content_type: ", ".join(
                f"{address(copy_name(wanted, form))} {made}w"
                for wanted, made in candidates(width, height)
            )
            for form, content_type in FORMATS.items()
        }
    return Picture(width, height, found.classes, sources)


def below(link: str, file: File) -> Address:
    """Return the addresses of copies for readers of a share link, who get them below it."""
    return lambda copy: f"{link}/{file.id}/{copy}"


def _with_key(copy_keys: CopyKeys, file: File) -> Address:
    """Return the addresses of copies with a key, which stands for the name of the file."""
    key = copy_keys.of(file)
    return lambda copy: f"/files/{file.id}/{copy}?k={key}"


def pictures(ids: list[int], author_id: int) -> Select[Any]:
    """The question of `pictures_of`."""
    own = (File.owner_id == author_id) & (File.visibility == Visibility.UNLISTED)
    select = File.select().where(File.id.in_(ids), File.content_type.in_(sorted(KINDS)))
    return select.where((File.visibility == Visibility.PUBLIC) | own)
