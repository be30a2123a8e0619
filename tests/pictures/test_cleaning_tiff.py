"""TIFF without what it tells: every page, both byte orders, and every way to lead a reader round."""

import struct
import time

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pictures import samples, tiffs
from tests.pictures.planning import broken, clean, plan
from tests.pictures.tiffs import Tiff, shown, telling

TIFF = "image/tiff"
LAYOUTS = pytest.mark.parametrize(
    ("order", "big"), [("<", False), (">", False), ("<", True), (">", True)]
)
CHANGES = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=6)


def pages(content, **options):
    """Size, pixels and orientation of every page."""
    count = pyvips.Image.new_from_buffer(content, "").get("n-pages")
    found = [
        pyvips.Image.new_from_buffer(content, "", page=page, **options) for page in range(count)
    ]
    return [(one.width, one.height, one.get("orientation"), one.write_to_memory()) for one in found]


@LAYOUTS
def test_it_works(order, big):
    original = tiffs.tiff(order, big=big)
    cleaned = clean(original, TIFF)
    for sign in (samples.SECRET, b"xmpmeta", b"2024", b"Canonette", b"notes of the maker"):
        assert sign in original
        assert sign not in cleaned
    assert len(cleaned) == len(original)
    assert len(pages(original)) == 3
    assert pages(cleaned) == pages(original)
    assert pages(original)[0][2] == 6
    small = [pyvips.Image.new_from_buffer(one, "", subifd=0) for one in (original, cleaned)]
    assert small[0].write_to_memory() == small[1].write_to_memory() == tiffs.pixels(9)
    assert plan(cleaned, TIFF) is None


@pytest.mark.parametrize(
    "options",
    [
        {}, {"compression": "lzw", "predictor": "horizontal"}, {"compression": "jpeg"},
        {"tile": True, "compression": "deflate"}, {"bigtiff": True},
        {"tile": True, "pyramid": True}, {"tile": True, "pyramid": True, "subifd": True},
    ],
    ids=str,
)  # fmt: skip
def test_it_keeps_every_kind(options):
    image = samples.noisy(300, 200).icc_export(output_profile="p3").copy()
    plain = bytes(image.write_to_buffer(".tif", keep="icc", **options))
    assert clean(plain, TIFF) == plain
    image.set_type(pyvips.GValue.blob_type, "exif-data", b"Exif\0\0" + samples.exif_block())
    image.set_type(pyvips.GValue.blob_type, "xmp-data", samples.XMP)
    image.set_type(pyvips.GValue.gstr_type, "image-description", samples.SECRET.decode())
    original = bytes(image.write_to_buffer(".tif", keep="all", **options))
    cleaned = clean(original, TIFF)
    assert samples.SECRET in original
    assert samples.SECRET not in cleaned
    assert pages(cleaned) == pages(original)
    profiles = [
        pyvips.Image.new_from_buffer(one, "").get("icc-profile-data") for one in (original, cleaned)
    ]
    assert profiles[0] == profiles[1]


@LAYOUTS
@pytest.mark.parametrize("photometric", [32803, 34892])
def test_it_leaves_raw_pictures_to_be_developed(order, big, photometric):
    """The maker's notes and the model stay; place, time and names go."""
    original = tiffs.tiff(order, big=big, pages=1, photometric=photometric)
    cleaned = clean(original, TIFF)
    assert samples.SECRET not in cleaned
    assert b"2024" not in cleaned
    for needed in (b"notes of the maker", b"Canonette", tiffs.pixels(0)):
        assert needed in cleaned


def test_it_cleans_what_is_cut():
    original = tiffs.tiff()
    for size_bytes in range(8, len(original)):
        assert samples.SECRET not in clean(original[:size_bytes], TIFF)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from("<>"), st.booleans(), CHANGES, st.integers(0, 5000))
def test_it_survives_whatever_comes(order, big, changes, cut):
    original = tiffs.tiff(order, big=big, pages=2)
    content = broken(original, changes)[: cut % (2 * len(original)) or None]
    assert len(clean(content, TIFF)) in {len(content), 0}


def one_page(*extra, order="<", big=False, following=0):
    """A file of one directory that has these entries too."""
    made = Tiff(order, big=big)
    entries = [*shown(made, 1), *telling(made), *extra]
    made.set(made.first, made.directory(entries, following))
    return made.bytes()


def soon(content):
    """The clean file, which takes no two seconds."""
    began = time.process_time()
    cleaned = clean(content, TIFF)
    assert time.process_time() - began < 2
    assert samples.SECRET not in cleaned
    return cleaned


@LAYOUTS
def test_it_goes_round_once(order, big):
    """A directory that follows itself, and one that has itself inside."""
    probe = one_page((330, 13, [0]), order=order, big=big)
    word = "Q" if big else "I"
    at = struct.unpack_from(order + word, probe, 8 if big else 4)[0]
    loop = one_page((330, 13, [at]), order=order, big=big, following=at)
    assert tiffs.pixels(1) in soon(loop)


MANY = 2**32 - 1
HOSTILE = {
    "many values": [(320, 3, MANY, 8)],
    "values behind the end": [(320, 3, 1000, MANY)],
    "many directories inside": [(330, 4, MANY, 8)],
    "directories anywhere": [(330, 4, 300, 8)],
    "a kind that is none": [(320, 99, 4, 8), (282, 0, 1, 0)],
    "a directory of text": [(34665, 2, 9, 8)],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_bounded(name):
    made = Tiff()
    entries = [*shown(made, 1), *telling(made)]
    at = made.directory(entries)
    made.set(4, at)
    given = HOSTILE[name]
    raw = bytearray(made.data)
    for number, entry in enumerate(given):  # in the place of what tells
        struct.pack_into("<HHII", raw, at + 2 + 12 * (len(entries) - 1 - number), *entry)
    soon(bytes(raw))


def test_it_hands_out_nothing_where_it_cannot_tell():
    """Strips without lengths, or more of them than there are: not a byte."""
    for tag, entry in (
        (279, (65001, 4, 1, 64)),
        (273, (273, 4, MANY, 8)),
        (279, (279, 4, MANY, 8)),
    ):
        made = Tiff()
        entries = sorted([*shown(made, 1), *telling(made)])
        at = made.directory(entries)
        made.set(4, at)
        place = [one[0] for one in entries].index(tag)
        struct.pack_into("<HHII", made.data, at + 2 + 12 * place, *entry)
        assert tiffs.pixels(1) not in soon(made.bytes())


def test_it_is_bounded_in_directories(monkeypatch):
    monkeypatch.setattr("www.pictures.cleaning.tiff._MOST_DIRECTORIES", 10)
    assert len(pages(soon(tiffs.tiff(pages=3)))) == 3
    assert soon(tiffs.tiff(pages=12)) == b""


def test_it_is_bounded_in_pieces(monkeypatch):
    """Strips with something between them; what fills up a word is no such thing."""
    monkeypatch.setattr("www.pictures.cleaning.spans.MOST_PIECES", 10)
    monkeypatch.setattr("www.pictures.cleaning.spans._HELD", 20)
    for gap, is_whole in ((2, True), (40, False)):
        made = Tiff()
        strips = [made.put(b"x" * 8 + samples.SECRET[:gap]) for _ in range(100)]
        entries = [one for one in shown(made, 1) if one[0] not in {273, 279}]
        entries += [(273, 4, strips), (279, 4, [8] * 100)]
        made.set(4, made.directory([*entries, (315, 2, samples.SECRET)]))
        assert bool(soon(made.bytes())) == is_whole
