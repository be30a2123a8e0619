"""Pictures through the door: copies, facts, clean originals, posts."""

import asyncio
import html
import io
import re
import zipfile

import pytest
import pyvips

from tests.files.door import upload
from tests.pictures import samples
from tests.posts import read, write
from www import keys
from www.models import File, Visibility

KEEP = pytest.mark.parametrize("settings", [{"storage": {"keep_metadata": True}}], indirect=True)
PHOTO = samples.jpeg(6, samples.noisy(800, 600))


async def row(actor, id, until=lambda file: file.width is not None):
    """The row of a file, once it is as it should become."""
    async with asyncio.timeout(20):
        while True:
            file = await actor.app[keys.engine].get(File, id)
            if until(file):
                return file
            await asyncio.sleep(0.01)


async def uploaded(actor, content=PHOTO, name="cat.jpg"):
    [file] = await upload(actor, (name, content))
    return await row(actor, file["id"])


def copy_of(actor, file, name="w320.webp"):
    return f"/files/{file.id}/{name}?k={actor.app[keys.copy_keys].of(file)}"


async def show(actor, file, visibility):
    """Say who may read the file."""
    change = File.update(visibility=visibility).where(File.id == file.id)
    await actor.app[keys.engine].run(change)


async def fetch(actor, path, status=200, **headers):
    async with actor.get(path, headers=headers, allow_redirects=False) as answer:
        body = await answer.read()
        assert answer.status == status, (path, answer.status, body[-300:])
        return answer, body


async def test_a_search_shows_them_too(alice):
    """What the index of names finds is joined with files, and is no row of theirs."""
    file = await uploaded(alice)
    for path in ("/files?q=cat", "/files?q=cat&view=grid"):
        _, body = await fetch(alice, path)
        assert copy_of(alice, file, "w320.webp") in html.unescape(body.decode()), path


async def test_it_works(alice, client):
    file = await uploaded(alice)
    assert (file.width, file.height) == (600, 800)
    answer, body = await fetch(client, copy_of(alice, file))
    made = pyvips.Image.new_from_buffer(body, "")
    assert (made.width, made.height) == (320, 427)
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    etag = answer.headers["ETag"]
    await fetch(client, copy_of(alice, file), 304, **{"If-None-Match": etag})
    answer, part = await fetch(client, copy_of(alice, file), 206, Range="bytes=0-3")
    assert part == b"RIFF"
    _, body = await fetch(client, copy_of(alice, file, "w160.avif"))
    assert body[4:12] == b"ftypavif"


async def test_it_learns_of_resumed_uploads(alice):
    """Whichever way a file comes in."""
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(PHOTO))}
    headers |= {
        "Upload-Metadata": "filename Y2F0LmpwZw==",
        "Content-Type": "application/offset+octet-stream",
    }
    async with alice.post("/uploads", data=io.BytesIO(PHOTO), headers=headers) as answer:
        assert answer.status == 201, await answer.text()
    assert (await row(alice, 1)).width == 600


async def test_it_catches_up_on_what_was_missed(alice):
    file = await uploaded(alice)
    await alice.app[keys.engine].run(File.update(width=None).where(File.id == file.id))
    await alice.app[keys.facts].catch_up()
    assert (await row(alice, file.id)).width == 600


async def test_it_hides_from_who_counts(alice, bob, client, admin):
    """Also from whoever has the same picture: neither its hash nor the key of their own fits."""
    file, same = await uploaded(alice), await uploaded(admin)
    assert file.sha256 == same.sha256
    wrong = alice.app[keys.copy_keys].of(same)
    for actor in (bob, client):
        await fetch(actor, f"/files/{file.id}/w320.webp", 404)
        for key in ("0123456789abcdef", "é", file.sha256[:16], file.sha256, wrong, "A" * 100):
            await fetch(actor, f"/files/{file.id}/w320.webp?k={key}", 404)
    await fetch(alice, f"/files/{file.id}/w320.webp")


async def test_it_shows_private_ones_to_their_owner_only(alice, bob, admin, client):
    file = await uploaded(alice)
    await show(alice, file, Visibility.PRIVATE)
    for path in (copy_of(alice, file), f"/files/{file.id}/w320.webp"):
        for actor in (bob, client):
            await fetch(actor, path, 404)
        for actor in (alice, admin):
            answer, _ = await fetch(actor, path)
            assert answer.headers["Cache-Control"].startswith("private")


async def test_a_text_tells_nothing_of_others_files(alice, admin):
    """Neither whether a name is right, nor the size, the colours or the key of the copies."""
    file = await uploaded(alice)
    for visibility in (Visibility.UNLISTED, Visibility.PRIVATE):
        await show(alice, file, visibility)
        right, wrong = (f"![a](/files/{file.id}/{name})" for name in ("cat.jpg", "dog.jpg"))
        for path, data in (("/preview", {}), ("/write", {"title": "x", "action": "preview"})):
            found = [
                (await (await admin.post(path, data={**data, "body": body})).text())
                for body in (right, wrong)
            ]
            assert "<img" in found[0], path
            assert found[0].count("likeness") == found[0].count("srcset") == 0, path
            if not data:
                assert found[0].replace("cat", "dog") == found[1]


@pytest.mark.parametrize("visibility", [Visibility.UNLISTED, Visibility.PUBLIC])
async def test_an_editor_keeps_what_the_author_shows(alice, admin, visibility):
    file = await uploaded(alice)
    await show(alice, file, visibility)
    post, _ = await write(alice, body=f"![a](/files/{file.id}/cat.jpg)")
    data = {"title": "y", "body": f"![a](/files/{file.id}/cat.jpg)", "action": "preview"}
    answer = await admin.post(f"/blogs/{post}/edit", data=data)
    assert "srcset" in await answer.text()


async def test_a_private_picture_leaves_no_likeness_in_a_post(alice):
    file = await uploaded(alice)
    await show(alice, file, Visibility.PRIVATE)
    answer = await alice.post("/preview", data={"body": f"![a](/files/{file.id}/cat.jpg)"})
    assert "likeness" not in await answer.text()


async def test_it_shows_public_ones_to_everyone(alice, bob, client):
    file = await uploaded(alice)
    await show(alice, file, Visibility.PUBLIC)
    for path in (
        copy_of(alice, file),
        f"/files/{file.id}/w320.webp",
        f"/files/{file.id}/w320.webp?k=x",
    ):
        for actor in (bob, client):
            answer, _ = await fetch(actor, path)
            assert answer.headers["Cache-Control"].startswith("public")


@pytest.mark.parametrize("name", ["w321.webp", "w320.jpg", "w320.svg", "w0320.webp", "w99999.webp"])
async def test_it_has_few_sizes(alice, client, name):
    file = await uploaded(alice)
    await fetch(client, copy_of(alice, file, name), 404)


async def test_it_hides_what_is_no_picture(alice, client):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for name, content in (("a.txt", b"text"), ("a.svg", svg)):
        [sent] = await upload(alice, (name, content))
        await fetch(client, f"/files/{sent['id']}/w320.webp", 404)


async def test_it_rejects_bombs(alice, client):
    file = await uploaded(alice, samples.bomb_png(30_000, 30_000), "bomb.png")
    assert (file.width, file.height) == (0, 0)
    await fetch(client, copy_of(alice, file), 422)
    await fetch(client, copy_of(alice, file, "w640.avif"), 422)


async def test_it_serves_a_file_of_such_a_name(alice, client):
    file = await uploaded(alice, samples.jpeg(), "w320.webp")
    _, body = await fetch(alice, f"/files/{file.id}/w320.webp")
    assert body == samples.jpeg()


@pytest.mark.parametrize("kind", samples.BY_KIND)
async def test_it_cleans_for_others_only(alice, bob, client, kind):
    original = samples.BY_KIND[kind](6)
    file = await uploaded(alice, original, "cat")
    mine, body = await fetch(alice, f"/files/{file.id}/cat")
    assert body == original
    for actor in (bob, client):
        answer, body = await fetch(actor, f"/files/{file.id}/cat")
        assert samples.SECRET not in body
        assert int(answer.headers["Content-Length"]) == len(body) < len(original)
        assert answer.headers["ETag"] != mine.headers["ETag"]
        await fetch(
            actor, f"/files/{file.id}/cat", 304, **{"If-None-Match": answer.headers["ETag"]}
        )
        _, part = await fetch(actor, f"/files/{file.id}/cat", 206, Range="bytes=10-99")
        assert part == body[10:100]


async def test_it_cleans_large_ones_in_a_stream(alice, client):
    original = samples.jpeg(1, samples.noisy(3000, 2000))
    file = await uploaded(alice, original)
    _, body = await fetch(client, f"/files/{file.id}/cat.jpg")
    assert 300_000 < len(body) < len(original)
    assert samples.SECRET not in body
    pyvips.Image.new_from_buffer(body, "", fail_on="warning").avg()


async def test_it_cleans_in_archives(alice, bob):
    file = await uploaded(alice)
    await show(alice, file, Visibility.PUBLIC)
    for actor, secret in ((alice, True), (bob, False)):
        _, body = await fetch(actor, f"/files/archive?id={file.id}")
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            assert (samples.SECRET in archive.read("cat.jpg")) is secret


async def test_it_cleans_in_archives_of_folders(alice, client):
    await alice.post("/folders", data={"name": "Summer", "parent": ""})
    file = await uploaded(alice)
    data = {"name": file.name, "folder": "1", "visibility": "private"}
    await alice.post(f"/files/{file.id}/edit", data=data)
    page = await (await alice.post("/folders/1/share", data={})).text()
    [link] = re.findall(r'value="[^"]*(/s/[^"]+)"', page)
    for actor, path, secret in (
        (alice, "/folders/1/archive", True),
        (alice, f"{link}/archive", True),
        (client, f"{link}/archive", False),
    ):
        _, body = await fetch(actor, path)
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            assert (samples.SECRET in archive.read("Summer/cat.jpg")) is secret


@KEEP
async def test_it_keeps_metadata_where_settings_say_so(alice, client):
    file = await uploaded(alice)
    _, body = await fetch(client, f"/files/{file.id}/cat.jpg")
    assert body == PHOTO


async def test_it_offers_sizes_in_posts(alice, client):
    file = await uploaded(alice)
    _, path = await write(alice, body=f'![A cat](/files/{file.id}/cat.jpg "Felix")')
    page = await read(client, path)
    [source] = re.findall(r"<source [^>]*>", page)
    [image] = re.findall(r'<img src="/files/[^>]*>', page)
    for word in ('alt="A cat"', 'title="Felix"', 'width="600"', 'height="800"', 'loading="lazy"',
                 'decoding="async"', 'class="likeness l', "sizes=", " 160w,", " 600w"):  # fmt: skip
        assert word in image
    assert 'type="image/avif"' in source
    assert "style=" not in source + image
    addresses = re.findall(r"(/files/\S+) \d+w", html.unescape(source + image))
    assert len(addresses) == 6
    for address in addresses:
        await fetch(client, address)


async def test_it_waits_for_pictures_of_a_moment_ago(alice, client):
    [sent] = await upload(alice, ("cat.jpg", PHOTO))
    _, path = await write(alice, body=f"![A cat](/files/{sent['id']}/cat.jpg)")
    assert 'width="600"' in await read(client, path)


async def test_it_leaves_moving_pictures_moving(alice, client):
    file = await uploaded(alice, samples.moving(".gif"), "a.gif")
    _, path = await write(alice, body=f"![Moves](/files/{file.id}/a.gif)")
    page = await read(client, path)
    assert 'width="120"' in page
    assert "srcset" not in page


async def test_it_tells_nothing_to_who_guesses_a_number(alice, admin, client):
    """A number without the name is no picture of the post: not its size, not its key."""
    file = await uploaded(alice)
    _, path = await write(admin, body=f"![?](/files/{file.id}/other.jpg)")
    page = await read(client, path)
    assert alice.app[keys.copy_keys].of(file) not in page
    assert 'width="600"' not in page


async def test_it_lets_no_writer_say_where_from(alice, client):
    body = '<picture><source srcset="https://evil.example/x 1w"><img src="/files/1/a.jpg" srcset="https://evil.example/y 2w"></picture>'
    _, path = await write(alice, body=body)
    assert "evil.example" not in await read(client, path)
