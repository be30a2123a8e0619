"""Share links: what they open, for whom, how often and how long."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
import pyvips

from tests.files.door import upload
from tests.files.test_folders import make, put
from tests.files.test_pictures import copy_of, fetch, uploaded
from tests.sharing.door import content, share
from www.models import AuditEntry, ShareLink


async def test_a_link_opens_a_private_file(alice, client, file):
    link = await share(alice)
    page = await client.get(link)
    assert page.status == 200
    assert "照片 1.txt" in await page.text()
    assert page.headers["Cache-Control"] == "no-store"
    assert await (await client.get(content(link))).read() == b"hello"
    assert (await client.get(file["url"])).status == 404
    assert (await client.get(content(link, 2))).status == 404
    assert (await client.get(content(link, 1, "other"))).status == 404
    assert (await client.get("/s/no-such-link")).status == 404


async def test_it_ends_when_it_expires_or_is_revoked(alice, client, file, engine):
    link = await share(alice)
    past = datetime.now(UTC) - timedelta(seconds=1)
    await engine.run(ShareLink.update(expires_at=past).where(ShareLink.id == 1))
    for path in (link, content(link)):
        answer = await client.get(path)
        assert answer.status == 410
        assert "has expired" in await answer.text()
    other = await share(alice)
    await client.get(content(other))  # counted: this browser may resume it, but not now
    assert (await alice.post("/links/2/revoke")).status == 200
    for path in (other, content(other)):
        answer = await client.get(path)
        assert answer.status == 410
        assert "was revoked" in await answer.text()


async def test_a_preview_counts_only_where_downloads_are_limited(alice, client, file, engine):
    free, limited = await share(alice), await share(alice, limit="1")
    await client.get(f"{content(free)}?preview=1")
    assert (await engine.get(ShareLink, 1)).downloads == 0
    await client.get(f"{content(limited)}?preview=1")
    assert (await engine.get(ShareLink, 2)).downloads_left == 0


async def test_a_password_is_asked_for(alice, visitor, file):
    link, first, second = (
        await share(alice, password="open sesame"),
        await visitor(),
        await visitor(),
    )
    page = await (await first.get(link)).text()
    assert "照片" not in page
    assert str((await first.get(content(link))).url).endswith(link)
    assert (await first.post(link, data={"password": "wrong"})).status == 422
    assert "照片" in await (await first.post(link, data={"password": "open sesame"})).text()
    assert await (await first.get(content(link))).read() == b"hello"
    assert "照片" not in await (await second.get(link)).text()


@pytest.mark.parametrize("settings", [{"limits": {"login_attempts": 3}}], indirect=True)
async def test_guesses_are_slowed_down(alice, client, file):
    link = await share(alice, password="open sesame")
    answers = [await client.post(link, data={"password": f"{n}"}) for n in range(4)]
    assert [answer.status for answer in answers] == [422, 422, 422, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert (await client.post(link, data={"password": "open sesame"})).status == 429


@pytest.mark.parametrize("settings", [{"limits": {"login_attempts": 3}}], indirect=True)
async def test_guesses_at_the_same_time_are_counted_each(alice, visitor, file):
    link = await share(alice, password="open sesame")
    guessers = [await visitor() for _ in range(20)]
    guesses = (one.post(link, data={"password": f"{n}"}) for n, one in enumerate(guessers))
    answers = await asyncio.gather(*guesses)
    assert sorted(answer.status for answer in answers) == [422] * 3 + [429] * 17


async def test_a_folder_opens_with_all_in_it_and_nothing_beside(alice, client):
    top = await make(alice, "top")
    low = await make(alice, "low", top)
    beside = await make(alice, "beside")
    await put(alice, top, ("a.txt", b"1"))
    await put(alice, low, ("b.txt", b"2"))
    await put(alice, beside, ("c.txt", b"3"))
    link = await share(alice, f"/folders/{top}")
    assert "a.txt" in await (await client.get(link)).text()
    assert "b.txt" in await (await client.get(f"{link}?in={low}")).text()
    assert (await client.get(f"{link}?in={beside}")).status == 404
    assert (await client.get(f"{link}/2/b.txt")).status == 200
    assert (await client.get(f"{link}/3/c.txt")).status == 404
    only_low = await share(alice, f"/folders/{low}")
    assert (await client.get(f"{only_low}?in={top}")).status == 404
    data = {"name": "low", "parent": "", "visibility": "unlisted"}
    await alice.post(f"/folders/{low}/edit", data=data)
    assert (await client.get(f"{link}/2/b.txt")).status == 404  # it was moved out


async def test_only_who_manages_a_file_shares_it(alice, bob, admin, file, engine):
    assert (await bob.post("/files/1/share", data={"days": "7"})).status == 404
    link = await share(admin)
    assert (await bob.post("/links/1/revoke")).status == 404
    assert (await alice.post("/links/1/revoke")).status == 200  # hers, though an admin made it
    assert (await bob.get(link)).status == 410
    rows = await engine.tuples(AuditEntry.select(AuditEntry.action, AuditEntry.target))
    assert rows == [("share", "alice: 照片 1.txt")]


async def test_links_are_listed_with_what_became_of_them(alice, admin, file, engine):
    for fields in ({}, {"lifetime": "never"}, {"limit": "1"}):
        await share(alice, **fields)
    await alice.post("/links/1/revoke")
    await engine.run(ShareLink.update(downloads_left=0).where(ShareLink.id == 3))
    page = await (await alice.get("/links")).text()
    assert re.findall(r'class="badge[^"]*">([^<]+)<', page) == ["Used up", "Valid", "Revoked"]
    assert "No links yet" in await (await admin.get("/links")).text()
    assert "照片" in await (await admin.get("/links?show=everybody")).text()
    assert "照片" not in await (await admin.get("/links")).text()


@pytest.mark.parametrize(
    "fields", [{"lifetime": "2"}, {"limit": "0"}, {"limit": "x"}, {"password": "short"}]
)
async def test_it_refuses_what_is_no_link(alice, file, engine, fields):
    answer = await alice.post("/files/1/share", data={"lifetime": "7", **fields})
    assert answer.status == 422
    assert await engine.count(ShareLink.select()) == 0


@pytest.fixture
async def photo(alice):
    """A private picture in a private folder, whose size is known."""
    await alice.post("/folders", data={"name": "Summer", "parent": ""})
    file = await uploaded(alice)
    data = {"name": file.name, "folder": "1", "visibility": "private"}
    await alice.post(f"/files/{file.id}/edit", data=data)
    return file


def copies(page, link):
    """The addresses of the copies that a page shows."""
    return sorted(set(re.findall(rf"{re.escape(link)}/1/w[0-9]+[.]webp", page)))


@pytest.mark.parametrize("thing", ["/files/1", "/folders/1"])
async def test_pages_show_pictures_smaller(alice, visitor, photo, thing):
    link, browser = await share(alice, thing), await visitor()
    found = copies(await (await browser.get(link)).text(), link)
    assert f"{link}/1/w320.webp" in found
    for path in found:
        answer, made = await fetch(browser, path)
        assert pyvips.Image.new_from_buffer(made, "").width <= 800
        assert answer.headers["Cache-Control"] == "private, no-cache"
        again = {"If-None-Match": answer.headers["ETag"]}
        await fetch(browser, path, 304, **again)
    await fetch(browser, copy_of(alice, photo), 404)  # it is private


async def test_copies_need_the_password(alice, visitor, photo):
    link, browser = await share(alice, password="letmein"), await visitor()
    await fetch(browser, f"{link}/1/w320.webp", 404)
    await browser.post(link, data={"password": "letmein"})
    await fetch(browser, f"{link}/1/w320.webp")
    await fetch(await visitor(), f"{link}/1/w320.webp", 404)


async def test_copies_end_with_the_link(alice, visitor, photo, engine):
    link, browser = await share(alice), await visitor()
    answer, _ = await fetch(browser, f"{link}/1/w320.webp")
    past = datetime.now(UTC) - timedelta(seconds=1)
    await engine.run(ShareLink.update(expires_at=past).where(ShareLink.id == 1))
    await fetch(browser, f"{link}/1/w320.webp", 410, **{"If-None-Match": answer.headers["ETag"]})
    other = await share(alice)
    await alice.post("/links/2/revoke")
    await fetch(browser, f"{other}/1/w320.webp", 410)


@pytest.mark.parametrize("thing", ["/files/1", "/folders/1"])
async def test_where_downloads_are_limited_nothing_is_shown(alice, visitor, photo, thing):
    link, browser = await share(alice, thing, limit="2"), await visitor()
    assert copies(await (await browser.get(link)).text(), link) == []
    await fetch(browser, f"{link}/1/w320.webp", 404)


async def test_copies_are_of_what_the_link_opens(alice, client, photo):
    other = await uploaded(alice, name="dog.jpg")
    link = await share(alice, "/folders/1")
    await fetch(client, f"{link}/{other.id}/w320.webp", 404)
    await fetch(client, f"{link}/1/w321.webp", 404)
    await fetch(client, "/s/no-such-link/1/w320.webp", 404)


async def test_a_file_may_be_called_like_a_copy(alice, client):
    [file] = await upload(alice, ("w320.webp", b"hello"))
    link = await share(alice, limit="1")
    assert (await fetch(client, f"{link}/{file['id']}/w320.webp"))[1] == b"hello"
