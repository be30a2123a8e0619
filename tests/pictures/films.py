"""Films made for the tests, box by box, as phones and action cameras write them."""

import struct

from tests.pictures.samples import SECRET

PIXELS = bytes(range(1, 256)) * 4
HEADER = struct.pack(">IIII", 0, 3_900_000_000, 3_900_000_001, 600)  # made and changed in 2027
IDENTITY = bytes(44)
SIZE = struct.pack(">HHIIIH", 640, 480, 72 << 16, 72 << 16, 0, 1)


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def wide_box(kind, body):
    """A box whose size has 64 bits."""
    return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body


def table(kind, numbers, form="I", each=1):
    packed = struct.pack(f">{len(numbers)}{form}", *numbers)
    return box(kind, bytes(4), struct.pack(">I", len(numbers) // each), packed)


def described(handler):
    """What a track's samples are: of pictures, with the 32 bytes for the encoder's name."""
    if handler != b"vide":
        return box(b"none", bytes(8))
    name = bytes([len(SECRET)]) + SECRET[:31].ljust(31, b"\0")
    return box(
        b"avc1", bytes(7), b"\1", bytes(16), SIZE, name, b"\0\x18\xff\xff", box(b"avcC", b"\1")
    )


def track(handler, offsets, sizes, *extra, far=False, instead=None):
    """A track with one sample in each of its chunks; `instead` replaces tables by their kinds."""
    tables = {
        b"stsd": box(b"stsd", bytes(4), struct.pack(">I", 1), described(handler)),
        b"stsz": box(b"stsz", bytes(8), struct.pack(f">{len(sizes) + 1}I", len(sizes), *sizes)),
        b"stsc": table(b"stsc", [1, 1, 1], each=3),
        b"stco": table(b"co64", offsets, "Q") if far else table(b"stco", offsets),
        b"uuid": box(b"uuid", SECRET),
    }
    stbl = box(b"stbl", *(tables | (instead or {})).values())
    name = b"GoPro MET " + SECRET
    media = box(
        b"mdia",
        box(b"mdhd", HEADER, bytes(8)),
        box(b"hdlr", bytes(8), handler, bytes(12), name),
        box(b"minf", box(b"nmhd", bytes(4)), stbl),
    )
    return box(b"trak", box(b"tkhd", HEADER, IDENTITY), media, *extra)


def place():
    """Where it was taken: as QuickTime, 3GPP and Apple's newer list say it, and as XMP."""
    udta = box(
        b"udta",
        box(b"\xa9xyz", struct.pack(">HH", len(SECRET), 0x15C7), SECRET),
        box(b"loci", bytes(6), SECRET, bytes(20)),
    )
    keys = box(b"keys", bytes(8), box(b"mdta", b"com.apple.quicktime.location.ISO6709"))
    listed = box(b"ilst", box(b"\0\0\0\1", box(b"data", bytes(8), SECRET)))
    return [
        udta,
        box(b"meta", box(b"hdlr", bytes(24)), keys, listed),
        box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), b"<x:xmpmeta>" + SECRET),
    ]


def film(brand=b"isom", *, first=True, far=False, measured=b"meta", parts=(), instead=None):
    """A film with pictures and a track of coordinates; the list of both comes first or last."""

    def listed(at):
        tracks = [
            track(b"vide", [at], [len(PIXELS)], *place(), far=far),
            track(measured, [at + len(PIXELS)], [len(SECRET)], far=far, instead=instead),
        ]
        return box(b"moov", box(b"mvhd", HEADER, bytes(80)), *tracks, *place(), *parts)

    head = box(b"ftyp", brand, bytes(4), brand)
    around = box(b"free", SECRET) + place()[2] + box(b"skip", SECRET)
    size_bytes = len(listed(0)) if first else 0
    at = len(head) + len(around) + size_bytes + (16 if far else 8)
    data = (wide_box if far else box)(b"mdat", PIXELS + SECRET)
    if first:
        return head + around + listed(at) + data
    return head + around + data + listed(at)
