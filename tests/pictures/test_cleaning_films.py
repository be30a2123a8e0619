"""Films without what they tell: nothing moves, nothing that is seen or heard changes."""

import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pictures import films, samples
from tests.pictures.films import PIXELS, box
from tests.pictures.planning import broken, clean, plan

MP4 = "video/mp4"
CHANGES = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=6)


def boxes(content, at=0, end=None):
    """The kinds of boxes, and where they begin."""
    found, end = [], len(content) if end is None else end
    while end - at >= 8:
        size_bytes = int.from_bytes(content[at : at + 4]) or end - at
        if size_bytes == 1:
            size_bytes = int.from_bytes(content[at + 8 : at + 16])
        found.append((content[at + 4 : at + 8], at))
        at += size_bytes
    return found


@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("brand", [b"isom", b"qt  ", b"3gp4", b"M4V "])
def test_it_works(brand, first, far):
    original = films.film(brand, first=first, far=far)
    cleaned = clean(original, "video/quicktime" if brand == b"qt  " else MP4)
    for sign in (samples.SECRET, b"location", b"xmpmeta", b"udta", b"uuid", b"GoPro"):
        assert sign in original
        assert sign not in cleaned
    assert len(cleaned) == len(original)
    assert cleaned.index(PIXELS) == original.index(PIXELS)
    assert films.SIZE + bytes(32) + b"\0\x18\xff\xff" in cleaned
    assert cleaned.count(b"avcC") == 1
    assert [at for _, at in boxes(cleaned)] == [at for _, at in boxes(original)]
    assert {kind for kind, _ in boxes(cleaned)} == {b"ftyp", b"free", b"skip", b"moov", b"mdat"}
    assert plan(cleaned, MP4) is None


def test_it_forgets_when():
    original = films.film()
    assert original.count(films.HEADER) == 5
    cleaned = clean(original, MP4)
    assert struct.pack(">I", 3_900_000_000) not in cleaned
    assert (
        cleaned.count(bytes(12) + struct.pack(">I", 600)) == 3
    )  # of the film, the track, its media


def test_it_keeps_the_track_of_a_timecode():
    """Players look for it; it then says midnight."""
    cleaned = clean(films.film(measured=b"tmcd"), MP4)
    assert samples.SECRET not in cleaned
    assert cleaned.count(b"trak") == 2
    assert clean(films.film(), MP4).count(b"trak") == 1


@pytest.mark.parametrize("handler", [b"soun", b"text", b"sbtl", b"subt"])
def test_it_keeps_what_is_heard_and_read(handler):
    cleaned = clean(films.film(measured=handler), MP4)
    assert cleaned.count(b"trak") == 2
    assert cleaned.count(samples.SECRET) == 1  # what somebody says in it


def test_it_leaves_fragments_playable():
    parts = box(b"mvex", box(b"trex", bytes(24)))
    head = films.film(measured=b"soun", parts=[parts])
    traf = box(b"traf", box(b"tfhd", bytes(8)), box(b"trun", bytes(12)), *films.place())
    fragment = box(b"moof", box(b"mfhd", bytes(8)), traf, *films.place()) + box(b"mdat", PIXELS)
    cleaned = clean(head + fragment, MP4)[len(head) :]
    assert samples.SECRET not in cleaned
    assert [kind for kind, _ in boxes(cleaned)] == [b"moof", b"mdat"]
    assert cleaned.count(b"trun") == cleaned.count(b"tfhd") == 1
    # Where coordinates are in fragments, nobody says where they lie.
    assert clean(films.film() + fragment, MP4) == b""


def test_it_ends_where_boxes_end():
    original = films.film()
    for tail in (samples.SECRET, b"\0\0\0\x04" + samples.SECRET, b"SEFH" * 3 + samples.SECRET):
        assert clean(original + tail, MP4) == clean(original, MP4)
    # A second film behind the end, or a picture that moves: whatever its boxes are.
    assert samples.SECRET not in clean(original + box(b"sefd", samples.SECRET), MP4)


@pytest.mark.parametrize("first", [False, True])
def test_it_cleans_what_is_cut(first):
    original = films.film(first=first)
    for size_bytes in range(20, len(original)):
        assert samples.SECRET not in clean(original[:size_bytes], MP4)


def test_it_takes_a_picture_for_a_film():
    """A HEIF whose brand is not known comes as a film."""
    assert samples.SECRET not in clean(samples.avif(), MP4)
    assert clean(samples.avif(), MP4) == clean(samples.avif(), "image/avif")


def test_it_gives_no_damaged_avif_away():
    original = samples.avif()
    for size_bytes in range(20, len(original), 3):
        assert samples.SECRET not in clean(original[:size_bytes], "image/avif")


@settings(max_examples=400, deadline=None)
@given(st.booleans(), CHANGES, st.integers(0, 5000))
def test_it_survives_whatever_comes(first, changes, cut):
    original = films.film(first=first)
    content = broken(original, changes)[: cut % (2 * len(original)) or None]
    assert len(clean(content, MP4)) <= len(content)


def entries(kind, count, rest=b""):
    return box(kind, bytes(4), struct.pack(">I", count), rest)


MANY = 2**32 - 1
HOSTILE = {
    "chunks": {b"stco": entries(b"stco", MANY)},
    "far chunks": {b"stco": entries(b"co64", MANY)},
    "samples": {b"stsz": box(b"stsz", bytes(8), struct.pack(">I", MANY))},
    "equal samples": {b"stsz": box(b"stsz", bytes(4), struct.pack(">II", MANY, MANY))},
    "no chunks": {b"stco": b""},
    "no samples": {b"stsz": b""},
    "no first chunk": {b"stsc": entries(b"stsc", 1, struct.pack(">III", 2, 1, 1))},
    "no chunk at all": {b"stsc": entries(b"stsc", 0)},
    "backwards": {b"stsc": entries(b"stsc", 2, struct.pack(">IIIIII", 1, 1, 1, 1, 1, 1))},
    "a box without end": {b"stsd": struct.pack(">I4s", MANY, b"stsd")},
    "a box without length": {b"stsd": struct.pack(">I4s", 4, b"stsd")},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_hands_out_nothing_where_it_cannot_tell(name):
    """Tables that say more or less than there is: soon, and not a byte of it."""
    began = time.process_time()
    assert clean(films.film(instead=HOSTILE[name]), MP4) == b""
    assert time.process_time() - began < 2


def test_it_is_bounded_by_the_samples_that_there_are():
    """A chunk that claims four thousand million samples, and samples of as many bytes."""
    for wrong in (
        {b"stsc": entries(b"stsc", 1, struct.pack(">III", 1, MANY, 1))},
        {b"stsz": box(b"stsz", bytes(8), struct.pack(">II", 1, MANY))},
    ):
        original = films.film(instead=wrong)
        cleaned = clean(original, MP4)
        assert samples.SECRET not in cleaned
        assert len(cleaned) == len(original)


def test_it_is_bounded_in_boxes(monkeypatch):
    monkeypatch.setattr("www.pictures.cleaning.boxes._MOST", 1000)
    head = box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"mvhd", bytes(100)))
    assert clean(head + box(b"skip") * 990, MP4)
    assert clean(head + box(b"moov", box(b"skip") * 1010), MP4) == b""
    deep = box(b"udta")
    for _ in range(10_000):
        deep = box(b"moov", deep)
    assert len(clean(head + deep, MP4)) == len(head + deep)


def test_it_is_bounded_in_pieces(monkeypatch):
    """As many as there are measurements between the pictures."""
    monkeypatch.setattr("www.pictures.cleaning.source.MOST_PIECES", 10)
    assert clean(films.film(), MP4) == b""
