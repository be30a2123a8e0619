"""Unfinished uploads on the pages: what waits, how it is discarded, what it keeps of the space."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.files.test_folders import make
from tests.uploads.door import Tus, claims, noise, staged
from www import keys
from www.files.folder_queries import MAX_DEPTH
from www.models import File, Folder, Upload

CLAIMS = claims(filename="夜 & 航.bin", modified="1234567890123", relativePath="a/b/夜 & 航.bin")


def token_of(address):
    return address.rpartition("/")[2]


async def page_of(actor, path="/upload"):
    answer = await actor.get(path)
    assert answer.status == 200
    return await answer.text()


async def discard(actor, address):
    path = f"/upload/{token_of(address)}/discard"
    return await actor.post(path, allow_redirects=False)


async def test_it_lists_what_waits(tus, alice):
    address = await tus.begin(4000, noise(1000), Upload_Metadata=CLAIMS)
    page = await page_of(alice)
    assert f'data-url="/uploads/{token_of(address)}"' in page
    assert 'data-name="夜 &amp; 航.bin"' in page
    assert 'data-path="a/b/夜 &amp; 航.bin"' in page
    assert 'data-size="4000" data-arrived="1000" data-modified="1234567890123"' in page
    assert "1 kB of 4 kB have arrived." in page


async def test_it_lists_nothing_else(tus, alice, make_actor, engine):
    carol = await make_actor("carol", "author")
    await Tus(carol).begin(10, b"hello")
    await tus.begin(5, b"whole")
    await tus.begin(10, b"stale")
    late = datetime.now(UTC) - timedelta(seconds=1)
    await engine.run(Upload.update(expires_at=late).where(Upload.owner_id == alice.user.id))
    assert "data-unfinished" not in await page_of(alice)
    assert "data-unfinished" in await page_of(carol)


async def test_parts_and_those_of_unknown_length_are_listed_too(tus, alice):
    await tus.begin(10, b"hello", Upload_Concat="partial")
    await tus.begin(Upload_Defer_Length="1")
    page = await page_of(alice)
    assert "Part of a file" in page
    assert "0 B have arrived." in page


async def test_a_form_discards(tus, alice, engine):
    address = await tus.begin(4000, b"hello")
    answer = await discard(alice, address)
    assert answer.headers["Location"] == "/upload?notice=upload_discarded"
    assert (staged(alice), await engine.count(Upload.select())) == ({}, 0)
    assert "data-unfinished" not in await page_of(alice)


async def test_what_lost_its_bytes_is_discarded(tus, alice, engine):
    address = await tus.begin(4000, b"hello")
    (alice.app[keys.settings].data / "uploads" / token_of(address)).unlink()
    assert "0 B of 4 kB have arrived." in await page_of(alice)
    assert (await discard(alice, address)).status == 303
    assert await engine.count(Upload.select()) == 0


async def test_what_goes_to_the_bucket_is_listed_and_discarded(uploads, alice, engine):
    """Also where direct uploads have been switched off since."""
    upload = uploads.draft(alice.user.id, "b.bin")
    upload.length = upload.reserved = 5000
    upload.part_bytes, upload.parts_id = 5000, "x"
    await engine.insert(upload)
    page = await page_of(alice)
    assert "b.bin" in page
    assert "have arrived" not in page[page.index("data-unfinished") :]
    assert (await discard(alice, f"/uploads/{upload.token}")).status == 303
    assert await engine.count(Upload.select()) == 0


async def test_nobody_discards_what_is_anothers(tus, make_actor, bob, client, engine):
    address, carol = await tus.begin(4000, b"hello"), await make_actor("carol", "author")
    assert (await discard(carol, address)).status == 404
    assert (await discard(bob, address)).status == 403
    assert (await discard(client, address)).status == 303  # to the form that lets one in
    assert await engine.count(Upload.select()) == 1


async def test_pages_tell_what_uploads_keep(tus, alice, admin):
    assert "Unfinished" not in await page_of(alice, "/files")
    await tus.begin(3_000_000)
    assert "Unfinished uploads keep 3 MB." in await page_of(alice, "/files")
    page = await page_of(alice, "/files/usage")
    assert "Unfinished uploads keep 3 MB of it." in page
    assert re.search(r'<meter [^>]*value="3000000"', page)
    assert "keep 3 MB" in await page_of(admin, "/files/usage?of=alice")


async def paths(engine):
    """Return the names of the folders of each file, the outermost first."""
    folders = {row.id: row for row in await engine.all(Folder.select())}

    def path(id_):
        return [] if id_ is None else [*path(folders[id_].parent_id), folders[id_].name]

    files = await engine.tuples(File.select(File.name, File.folder_id))
    return {name: path(folder_id) for name, folder_id in files}


async def test_files_of_a_folder_stay_in_it(tus, alice, engine):
    top = await make(alice, "top")
    for lay, folder in (
        ("照片/2026/a.txt", str(top)),
        ("照片/b.txt", str(top)),
        ("照片/c.txt", ""),
    ):
        sent = claims(filename=lay.rpartition("/")[2], relativePath=lay, folder=folder)
        await tus.begin(1, b"x", Upload_Metadata=sent)
    assert await paths(engine) == {
        "a.txt": ["top", "照片", "2026"],
        "b.txt": ["top", "照片"],
        "c.txt": ["照片"],
    }
    assert await engine.count(Folder.select()) == 4


@pytest.mark.parametrize(
    ("lay", "expected"),
    [
        ("null", []),
        ("/../../etc/./a.txt", ["etc"]),
        ("a//b\\c/a.txt", ["a", "b_c"]),
        ("x" * 150 + "/a.txt", ["x" * 100]),
        ("d/" * 40 + "a.txt", ["d"] * MAX_DEPTH),
    ],
)
async def test_a_path_is_no_more_than_names(tus, engine, lay, expected):
    await tus.begin(1, b"x", Upload_Metadata=claims(filename="a.txt", relativePath=lay))
    assert await paths(engine) == {"a.txt": expected}
