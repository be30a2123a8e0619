"""Films through the door: strangers get them without place and date, in ranges, and as quickly."""

import os

import pytest

from tests.files.door import upload
from tests.files.test_pictures import fetch, show
from tests.pictures import films, samples, tiffs
from tests.pictures.films import box
from tests.pictures.planning import clean
from www import keys
from www.models import File, Visibility

LONG = b"pixels after pixels, "
KEEP = pytest.mark.parametrize("settings", [{"storage": {"keep_metadata": True}}], indirect=True)


def long_film(size_bytes):
    """Longer than what is sent in one step."""
    return films.film(parts=[]) + box(b"mdat", (LONG * (size_bytes // len(LONG) + 1))[:size_bytes])


async def kept(actor, content, name):
    [sent] = await upload(actor, (name, content))
    return await actor.app[keys.engine].get(File, sent["id"])


@pytest.mark.parametrize("size_bytes", [10, 3_000_000])
async def test_it_cleans_for_others_only(alice, bob, client, size_bytes):
    original = long_film(size_bytes)
    file = await kept(alice, original, "walk.mp4")
    assert file.content_type == "video/mp4"
    mine, body = await fetch(alice, f"/files/{file.id}/walk.mp4")
    assert body == original
    for actor in (bob, client):
        answer, body = await fetch(actor, f"/files/{file.id}/walk.mp4")
        assert body == clean(original, "video/mp4")
        assert samples.SECRET not in body
        etag = answer.headers["ETag"]
        assert etag != mine.headers["ETag"]
        for first, last in (
            (0, 0),
            (30, 4000),
            (700, 700 + size_bytes),
            (len(body) - 9, len(body) - 1),
        ):
            asked = {"Range": f"bytes={first}-{last}", "If-Range": etag}
            _, part = await fetch(actor, f"/files/{file.id}/walk.mp4", 206, **asked)
            assert part == body[first : last + 1]


async def test_it_is_still_sent_by_the_kernel(alice, client, monkeypatch):
    """What is kept in one long piece needs not pass through this process."""
    file = await kept(alice, long_film(3_000_000), "walk.mp4")
    sent = []
    by_kernel = os.sendfile

    def counting(out, source, at, count):
        sent.append(by_kernel(out, source, at, count))
        return sent[-1]

    monkeypatch.setattr(os, "sendfile", counting)
    _, body = await fetch(client, f"/files/{file.id}/walk.mp4")
    assert body == clean(long_film(3_000_000), "video/mp4")
    assert sum(sent) >= 3_000_000


@pytest.mark.parametrize(
    ("name", "content"),
    [("walk.mp4", films.film(instead={b"stsz": b""})), ("scan.tif", b"II*\0" + samples.SECRET * 9)],
)
async def test_it_hands_out_nothing_where_it_cannot_tell(alice, client, name, content):
    file = await kept(alice, content, name)
    _, body = await fetch(alice, f"/files/{file.id}/{name}")
    assert body == content
    _, page = await fetch(client, f"/files/{file.id}/{name}", 422)
    assert b"only its owner" in page
    assert samples.SECRET not in page


async def test_it_cleans_scans_and_moving_pictures(alice, client):
    moving = samples.moving(".gif", 3)
    told = moving[:-1] + b"!\xfe\x15" + samples.SECRET + b"\0;"
    for name, content in (("scan.tif", tiffs.tiff(">", big=True)), ("moving.gif", told)):
        file = await kept(alice, content, name)
        await show(alice, file, Visibility.PUBLIC)
        assert samples.SECRET in content
        _, body = await fetch(client, f"/files/{file.id}/{name}")
        assert samples.SECRET not in body
        assert body == clean(content, file.content_type)


@KEEP
async def test_it_keeps_metadata_where_settings_say_so(alice, client):
    file = await kept(alice, long_film(10), "walk.mp4")
    _, body = await fetch(client, f"/files/{file.id}/walk.mp4")
    assert body == long_film(10)
