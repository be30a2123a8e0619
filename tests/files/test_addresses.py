"""Addresses that people copy are whole, also where no script completes them."""

import re

import pytest

from tests.files.door import upload
from tests.files.test_folders import make
from tests.sharing.door import share

BASED = {"server": {"base_url": "http://files.example"}}


async def copied(actor, path, **options):
    """Return what stands in the fields for copying."""
    page = await (await actor.get(path, **options)).text()
    return re.findall(r'data-copy>\s*<input [^>]*? value="([^"]+)" readonly', page)


@pytest.mark.parametrize("path", ["/files", "/files?view=grid", "/files/1/edit"])
async def test_they_name_the_host_that_was_asked(alice, path):
    [file] = await upload(alice, ("图.png", b"1"))
    assert await copied(alice, path) == [str(alice.make_url(file["url"]))]


@pytest.mark.parametrize("settings", [BASED], indirect=True)
async def test_they_name_the_address_of_the_site(alice):
    host = {"Host": "files.example"}
    answer = await alice.post("/folders", data={"name": "a"}, headers=host, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/folders/1")
    made = {"data": {"lifetime": "7"}, "allow_redirects": False}
    assert (await alice.post("/folders/1/share", headers=host, **made)).status == 303
    for path in ("/folders/1/share", "/links"):
        [address] = await copied(alice, path, headers=host)
        assert address.startswith("http://files.example/s/")


async def test_links_are_whole(alice):
    link = await share(alice, f"/folders/{await make(alice, 'a')}")
    assert await copied(alice, "/links") == [str(alice.make_url(link))]
