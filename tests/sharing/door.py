"""What the tests of share links share."""

import re


async def share(actor, thing="/files/1", **fields):
    """Make a link; return its path."""
    answer = await actor.post(f"{thing}/share", data={"lifetime": "7", **fields})
    page = await answer.text()
    assert answer.status == 200, page
    return re.findall(r'value="[^"]*(/s/[^"]+)"', page)[0]


def content(link, id_=1, name="照片 1.txt"):
    return f"{link}/{id_}/{name}"
