"""Smaller copies: the right size, the right way up, nothing but the pixels."""

import asyncio

import pytest
import pyvips

from tests.pictures import samples
from www.errors import NotFound
from www.pictures.formats import candidates, copy_name, parse_copy_name
from www.pictures.maker import Pictures
from www.pictures.pool import BrokenPicture


def decoded(made):
    return pyvips.Image.new_from_buffer(made, "")


def corners(image):
    """The colours of the four quarters, as their nearest names."""
    names = {
        "red": samples.RED,
        "green": samples.GREEN,
        "blue": samples.BLUE,
        "white": samples.WHITE,
    }

    def name(x, y):
        found = image.getpoint(int(image.width * x), int(image.height * y))[:3]
        return min(
            names, key=lambda n: sum(abs(a - b) for a, b in zip(names[n], found, strict=True))
        )

    return [name(x, y) for y in (0.25, 0.75) for x in (0.25, 0.75)]


async def test_it_works_on_both_storages(storage, tmp_path):
    original = samples.jpeg(image=samples.noisy(800, 600))
    incoming = await storage.begin()
    await incoming.write(original)
    sha256 = (await incoming.commit()).sha256
    async with storage, Pictures(storage, tmp_path / "data") as pictures:
        for form, loader in (("webp", "webpload_buffer"), ("avif", "heifload_buffer")):
            made = decoded(await pictures.copy(sha256, 320, form))
            assert (made.width, made.height) == (320, 240)
            assert made.get("vips-loader") == loader
        content = await storage.open(sha256)
        assert await content.pread(0, len(original)) == original
        content.close()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["image/jpeg", "image/png"])
async def test_it_applies_orientation(pictures, make, orientation, kind):
    sha256 = await make(samples.BY_KIND[kind](orientation))
    made = decoded(await pictures.copy(sha256, 160, "webp"))
    r, g, b, w = "red", "green", "blue", "white"
    # How EXIF 3.0, 4.6.5.1.6 says that row 0 and column 0 of what is stored shall be shown.
    upright = {
        1: [r, g, b, w], 2: [g, r, w, b], 3: [w, b, g, r], 4: [b, w, r, g],
        5: [r, b, g, w], 6: [b, r, w, g], 7: [w, g, b, r], 8: [g, w, r, b],
    }  # fmt: skip
    assert corners(made) == upright[orientation]
    assert (made.width, made.height) == ((120, 80) if orientation < 5 else (80, 120))
    facts = await pictures.facts(sha256)
    assert (facts.width, facts.height) == (made.width, made.height)


@pytest.mark.parametrize("form", ["webp", "avif"])
async def test_it_holds_no_metadata(pictures, make, form):
    for original in (samples.jpeg(6), samples.png(6), samples.webp(6), samples.avif()):
        made = await pictures.copy(await make(original), 160, form)
        assert samples.SECRET in original
        assert samples.SECRET not in made
        assert not {"exif-data", "xmp-data", "icc-profile-data"} & set(decoded(made).get_fields())


async def test_it_enlarges_nothing(pictures, make):
    made = decoded(await pictures.copy(await make(samples.jpeg()), 1920, "webp"))
    assert (made.width, made.height) == (120, 80)


@pytest.mark.parametrize("size", [(5000, 4), (40, 4000), (1000, 750), (1922, 1080), (160, 160)])
async def test_it_says_which_widths_there_are(pictures, make, size):
    sha256 = await make(samples.encoded(samples.quarters(*size), ".png"))
    for wanted, promised in candidates(*size):
        assert decoded(await pictures.copy(sha256, wanted, "webp")).width == promised
    assert promised == min(size[0], 1920)


async def test_it_shows_first_frame(pictures, make):
    for ending in (".webp", ".gif"):
        sha256 = await make(samples.moving(ending))
        made = decoded(await pictures.copy(sha256, 160, "webp"))
        assert (made.width, made.height) == (120, 80)
        assert (await pictures.facts(sha256)).placeholder.startswith("a")


async def test_it_makes_each_picture_once(pictures, make, monkeypatch):
    sha256, jobs, run = (
        await make(samples.jpeg(image=samples.noisy(600, 400))),
        [],
        pictures.pool.run,
    )

    async def counted(job, fd):
        jobs.append(job)
        return await run(job, fd)

    monkeypatch.setattr(pictures.pool, "run", counted)
    made = await asyncio.gather(*(pictures.copy(sha256, 320, "webp") for _ in range(50)))
    assert len(set(made)) == len(jobs) == 1
    assert await pictures.copy(sha256, 320, "webp") == made[0]
    assert len(jobs) == 1


async def test_it_goes_on_when_who_asked_first_leaves(pictures, make):
    sha256 = await make(samples.jpeg(image=samples.noisy(600, 400)))
    first = asyncio.create_task(pictures.copy(sha256, 320, "webp"))
    second = asyncio.create_task(pictures.copy(sha256, 320, "webp"))
    await asyncio.sleep(0)
    first.cancel()
    assert decoded(await second).width == 320


async def test_it_keeps_pictures_over_restart(disk, tmp_path, make):
    sha256 = await make(samples.jpeg())
    async with Pictures(disk, tmp_path / "data") as pictures:
        made = await pictures.copy(sha256, 160, "webp")
    async with Pictures(disk, tmp_path / "data") as pictures:
        assert await pictures.copy(sha256, 160, "webp") == made
        assert pictures.pool.idle_pids == []


async def test_it_rejects_unknown_content(pictures):
    with pytest.raises(NotFound):
        await pictures.copy("0" * 64, 160, "webp")


def test_it_reads_names_of_copies():
    assert parse_copy_name(copy_name(320, "avif")) == (320, "avif")
    for name in ("w321.webp", "w320.jpg", "320.webp", "w320.webp.webp", "w0320.webp", "W320.webp"):
        assert parse_copy_name(name) is None


async def test_it_remembers_what_failed(pictures, make, monkeypatch):
    sha256 = await make(samples.encoded(samples.noisy(300, 200), ".jpg")[:5000])
    with pytest.raises(BrokenPicture):
        await pictures.copy(sha256, 160, "webp")
    monkeypatch.setattr(pictures, "_descriptor", None)
    with pytest.raises(BrokenPicture):
        await pictures.copy(sha256, 160, "webp")


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("kind", ["cmyk", "rgb16", "b-w", "grey16", "alpha"])
async def test_it_takes_every_kind_of_pixels(pictures, make, kind, ending):
    """What printers, scanners and medicine save; the colours are those of the original."""
    plain = samples.quarters()
    made = {
        "cmyk": lambda: plain.colourspace("cmyk"),
        "rgb16": lambda: plain.colourspace("rgb16"),
        "b-w": lambda: plain.colourspace("b-w"),
        "grey16": lambda: plain.colourspace("grey16"),
        "alpha": lambda: plain.bandjoin(255),
    }[kind]()
    copy = decoded(await pictures.copy(await make(samples.encoded(made, ending)), 160, "webp"))
    assert (copy.width, copy.height) == (120, 80)
    if kind not in {"b-w", "grey16"}:
        assert corners(copy) == ["red", "green", "blue", "white"]
