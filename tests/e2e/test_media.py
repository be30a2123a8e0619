"""A long recording in a real browser: it plays from where the reader clicks, by ranges."""

import contextlib
import math
import re
import struct
import wave
from io import BytesIO
from pathlib import Path

import pytest

from tests.e2e.site import post, read, upload
from tests.e2e.visitor import visiting

SECONDS, RATE = 120, 44_100


def recording():
    """Return two minutes of a tone, as large as a film of that length: 21 MB."""
    tone = b"".join(
        struct.pack("<2h", *[int(9000 * math.sin(n * 440 * math.tau / RATE))] * 2)
        for n in range(RATE)
    )
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(tone * SECONDS)
    return out.getvalue()


@contextlib.asynccontextmanager
async def playing(browser, shared, name, data, by=None):
    """Upload `data` and open it; give the page and the answers' statuses by the Range asked for.

    `by` makes the address that is opened, of the file's.
    """
    async with shared.person("media") as client:
        [file] = await upload(client, **{name: data})
        path = await by(client, file) if by else file["url"]
    async with visiting(browser, shared.url) as visitor:
        asked = []

        def note(response):
            if response.url.endswith(name):
                asked.append((response.request.headers.get("range"), response.status))

        visitor.page.on("response", note)
        await visitor.go(path)
        await visitor.page.wait_for_function("() => document.querySelector('video').duration > 0")
        yield visitor.page, asked


async def seek(page, seconds):
    """Click on the time line; return where it plays on."""
    return await page.evaluate(
        """async (seconds) => {
            const video = document.querySelector("video");
            video.currentTime = seconds;
            await new Promise((done) => video.addEventListener("seeked", done, { once: true }));
            return video.currentTime;
        }""",
        seconds,
    )


async def colour(page):
    """Return the picture's colour in its middle."""
    return await page.evaluate(
        """() => {
            const video = document.querySelector("video");
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 1;
            const paper = canvas.getContext("2d");
            paper.drawImage(video, 20, 20, 8, 8, 0, 0, 1, 1);
            const [red, green, blue] = paper.getImageData(0, 0, 1, 1).data;
            return red > 200 ? "red" : blue > 200 ? "blue" : `${red} ${green} ${blue}`;
        }"""
    )


async def test_a_film_seeks(browser, shared):
    """film.webm is half a minute: red for its first half, then blue."""
    film = (Path(__file__).parent / "film.webm").read_bytes()
    async with playing(browser, shared, "film.webm", film) as (page, asked):
        for seconds, shown in ((25, "blue"), (2, "red"), (29, "blue"), (14, "red")):
            assert await seek(page, seconds) == pytest.approx(seconds, abs=0.11)  # a picture
            assert await colour(page) == shown
        assert asked[1:]
        assert {status for _, status in asked[1:]} <= {206, 304}


@pytest.mark.parametrize("kind", ["small", "large"])
async def test_a_film_is_one_download_of_a_link(browser, shared, kind):
    """Chromium asks for it as a page and again as a player, looks up its end, and jumps."""
    film = (Path(__file__).parent / "film.webm").read_bytes()
    film += bytes(3_000_000) if kind == "large" else b""
    links = []

    async def by(client, file):
        await post(client, f"/files/{file['id']}/share", limit="1")
        page = await read(client, f"/files/{file['id']}/share")
        links.extend(re.findall(r'href="(/s/[^"]+)"', page))
        return f"{links[0]}/{file['id']}/{kind}.webm"

    async with playing(browser, shared, f"{kind}.webm", film, by) as (page, asked):
        for seconds, shown in ((25, "blue"), (2, "red"), (29, "blue")):
            assert await seek(page, seconds) == pytest.approx(seconds, abs=0.11)
            assert await colour(page) == shown
    assert {status for _, status in asked} <= {200, 206, 304}
    async with shared.person("media") as client:
        page = await read(client, "/links")
    assert "1 download" in page
    assert "0 left" in page


async def test_a_long_recording_asks_only_for_what_is_played(browser, shared):
    data = recording()
    async with playing(browser, shared, "long.wav", data) as (page, asked):
        assert await seek(page, 100) == pytest.approx(100, abs=0.01)
        await page.evaluate("() => document.querySelector('video').play()")
        await page.wait_for_function("() => document.querySelector('video').currentTime > 100.2")
        starts = [
            int(r.removeprefix("bytes=").partition("-")[0]) for r, s in asked if r and s == 206
        ]
        assert any(start > 90 * RATE * 4 for start in starts), asked
