"""GIF without comments, XMP and texts; movement, loops and colours as they were."""

import struct
import time

import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pictures import samples
from tests.pictures.planning import broken, clean, plan

GIF = "image/gif"
CHANGES = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=6)


def pieces(data):
    """Data in lengths of at most 255 bytes, and the end of it."""
    cut = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"".join(bytes([len(part)]) + part for part in cut) + b"\0"


# As Adobe writes it: XMP unpacked, and a ramp of lengths that leads out of it from anywhere.
RAMP = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
XMP = b"!\xff\x0bXMP DataXMP" + samples.XMP + RAMP
COMMENT = b"!\xfe" + pieces(samples.SECRET * 20)
TEXT = b"!\x01\x0c" + bytes(12) + pieces(samples.SECRET)
OTHER = b"!\xff\x0bMAGPIE  1.0" + pieces(samples.SECRET)
UNKNOWN = b"!\x42" + pieces(samples.SECRET)
PROFILE = b"!\xff\x0bICCRGBG1012" + pieces(b"a colour profile")
LOOP = b"!\xff\x0bANIMEXTS1.0\x03\x01\x05\x00\x00"


def told(plain):
    """The same GIF with everything that tells something, at its beginning and between frames."""
    at = 13 + (3 << (plain[10] & 7) + 1 if plain[10] & 0x80 else 0)
    extra = XMP + COMMENT + TEXT + OTHER + UNKNOWN
    second = plain.index(b"!\xf9\x04", plain.index(b"!\xf9\x04") + 1)
    return plain[:at] + extra + plain[at:second] + extra + plain[second:-1] + extra + b";" + COMMENT


def test_it_works():
    plain = samples.moving(".gif", 5)
    original = told(plain)
    assert samples.SECRET in original
    assert clean(original, GIF) == plain
    assert plan(plain, GIF) is None
    found = [
        pyvips.Image.new_from_buffer(one, "", n=-1) for one in (original, clean(original, GIF))
    ]
    for field in ("n-pages", "delay", "loop", "page-height"):
        assert found[0].get(field) == found[1].get(field)
    assert found[0].get("n-pages") == 5
    assert found[0].write_to_memory() == found[1].write_to_memory()


def test_it_keeps_what_shows_it():
    plain = samples.gif(2)
    original = plain[:19] + PROFILE + LOOP + COMMENT + plain[19:]
    assert clean(original, GIF) == plain[:19] + PROFILE + LOOP + plain[19:]


def test_it_cleans_what_is_cut():
    original = told(samples.moving(".gif", 3))
    for size_bytes in range(6, len(original)):
        cleaned = clean(original[:size_bytes], GIF)
        assert samples.SECRET not in cleaned
        assert b"xmpmeta" not in cleaned


@pytest.mark.parametrize("junk", [b"\0", b"junk"])
def test_it_ends_where_it_is_not_understood(junk):
    plain = samples.gif(2)
    assert clean(plain[:-1] + junk + COMMENT, GIF).startswith(plain[:-1])
    assert samples.SECRET not in clean(plain[:-1] + junk + COMMENT, GIF)


@settings(max_examples=400, deadline=None)
@given(CHANGES, st.integers(0, 5000))
def test_it_survives_whatever_comes(changes, cut):
    original = told(samples.gif(4))
    content = broken(original, changes)[: cut % (2 * len(original)) or None]
    assert len(clean(content, GIF)) <= len(content)


def test_it_is_bounded():
    """Four million pieces of one byte each, and a picture of them."""
    picture = b"," + struct.pack("<HHHHB", 0, 0, 9, 9, 0) + b"\x02" + b"\x01x" * 2_000_000 + b"\0"
    original = samples.gif(1)[:-1] + picture + b"!\xfe" + b"\x01x" * 2_000_000 + b"\0;"
    began = time.process_time()
    assert clean(original, GIF) == samples.gif(1)[:-1] + picture + b";"
    assert time.process_time() - began < 10
