"""Through the door of the real process: many at once, sudden deaths, and a clean end."""

import asyncio
import hashlib
import os
import re
from dataclasses import dataclass, field

from aiohttp import ClientError

from tests.e2e.site import post, read, upload, write
from www.server import DRAIN_S

MEGABYTE = 1_000_000


def comments_path(blog):
    return f"/blogs/{blog.removeprefix('/blogs/').partition('-')[0]}/comments"


async def all_comments(client, blog):
    """Return the text of all comments of a post, over all its pages."""
    texts, path = [], blog
    while path:
        page = await read(client, path)
        texts += re.findall(r'<div class="prose"><p>(number \d+)</p>', page)
        more = re.search(r'rel="next" href="([^"]*comments=[^"]*)"', page)
        path = more and more[1].replace("&amp;", "&")
    return texts


async def test_two_hundred_comments_at_once_are_two_hundred(site):
    async with site.person("alice") as alice, site.person("bob") as bob:
        blog = await write(alice, "Talk", "about it")
        path = comments_path(blog)
        await asyncio.gather(
            *(post((alice, bob)[n % 2], path, body=f"number {n}", parent="") for n in range(200))
        )
        assert sorted(await all_comments(bob, blog)) == sorted(f"number {n}" for n in range(200))
        assert "200 comments" in await read(bob, "/")


@dataclass
class Kept:
    """What the server has acknowledged: a post, comments on it, further posts, files."""

    blog: str
    posts: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    def __len__(self):
        return len(self.posts) + len(self.comments) + len(self.files)


async def write_until_killed(client, site, enough):
    """Send posts, comments and files; return what was acknowledged. Dies with the site."""
    kept = Kept(await write(client, "Before", "the end"))

    async def posts(n):
        kept.posts[await write(client, f"post {n}", f"text {n}")] = f"text {n}"

    async def comments(n):
        await post(client, comments_path(kept.blog), body=f"number {n}", parent="")
        kept.comments.append(f"number {n}")

    async def files(n):
        data = os.urandom(300_000 + n)
        (file,) = await upload(client, **{f"file {n}.bin": data})
        kept.files[file["url"]] = hashlib.sha256(data).hexdigest()

    async def forever(kind):
        n = 0
        while True:
            await kind(n)
            n += 1
            if len(kept) >= enough:
                site.kill()
                return

    tasks = [forever(kind) for kind in (posts, comments, files)]
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(end is None or isinstance(end, ClientError | OSError) for end in ends), ends
    return kept


async def test_what_was_acknowledged_survives_sudden_death(site):
    async with site.person("alice") as alice:
        kept = await write_until_killed(alice, site, enough=90)
        site.start()
        assert set(kept.comments) <= set(await all_comments(alice, kept.blog))
        for path, text in kept.posts.items():
            assert await read(alice, path.replace("?", "") + ".md") == text
        for path, sha256 in kept.files.items():
            async with alice.get(path) as answer:
                assert hashlib.sha256(await answer.read()).hexdigest() == sha256
        assert min(map(len, (kept.posts, kept.comments, kept.files))) > 0
        # And it goes on as if nothing had been.
        assert await write(alice, "Afterwards", "all is well")


async def slow_download(site, size_bytes):
    """Upload a file, begin to download it, and stop reading; return the answer and the content."""
    data = os.urandom(MEGABYTE) * (size_bytes // MEGABYTE)
    async with site.person("alice") as alice:
        (file,) = await upload(alice, **{"large.bin": data})
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=65536)
    writer.write(f"GET {file['url']} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"200 OK" in head
    return reader, writer, data


async def test_ctrl_c_lets_a_download_finish(site):
    reader, writer, data = await slow_download(site, 40 * MEGABYTE)
    site.interrupt()
    assert await reader.readexactly(len(data)) == data
    assert await site.ended(DRAIN_S + 10) == 0
    writer.close()


async def test_ctrl_c_does_not_wait_for_ever(site):
    _, writer, _ = await slow_download(site, 40 * MEGABYTE)
    site.interrupt()
    assert await site.ended(DRAIN_S + 10) == 0
    writer.close()
