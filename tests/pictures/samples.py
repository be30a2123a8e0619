"""Pictures made for the tests: upright and turned ones, with metadata, broken ones and bombs."""

import struct
import zlib

import pyvips

# What must not be found in what is served: how a phone writes where it was, and by whom.
SECRET = b"52-31-12.5N-13-24-36E"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>%b</x:xmpmeta>" % SECRET
RED, GREEN, BLUE, WHITE = (220, 40, 40), (40, 180, 60), (40, 60, 200), (250, 250, 250)


def quarters(width=120, height=80):
    """A picture of four colours, so that one sees which way up it is."""

    def field(colour):
        plain = pyvips.Image.black(width // 2, height // 2, bands=3) + list(colour)
        return plain.cast("uchar").copy(interpretation="srgb")

    fields = [field(colour) for colour in (RED, GREEN, BLUE, WHITE)]
    return pyvips.Image.arrayjoin(fields, across=2)


def noisy(width, height):
    """Something that no format makes small."""
    bands = [pyvips.Image.gaussnoise(width, height, mean=128, sigma=40, seed=n) for n in range(3)]
    return pyvips.Image.bandjoin(bands[0], bands[1:]).cast("uchar").copy(interpretation="srgb")


def exif_block(orientation=1):
    """EXIF as a phone writes it: the orientation, and a directory of GPS with coordinates."""
    at = 8 + 2 + 2 * 12 + 4
    entries = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack(">HHII", 0x8825, 4, 1, at)
    gps = struct.pack(">HHHII", 1, 0x001B, 7, len(SECRET), at + 18) + bytes(4) + SECRET
    return b"MM\x00*" + struct.pack(">IH", 8, 2) + entries + bytes(4) + gps


def encoded(image, ending, **options):
    return bytes(image.write_to_buffer(ending, keep="none", **options))


def jpeg(orientation=1, image=None):
    """A JPEG with EXIF, XMP, IPTC, a comment, and a second picture behind its end."""
    plain = encoded(image or quarters(), ".jpg")
    blocks = [
        (0xE1, b"Exif\x00\x00" + exif_block(orientation)),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + XMP),
        (0xED, b"Photoshop 3.0\x00" + SECRET),
        (0xFE, SECRET),
    ]
    segments = b"".join(
        struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data for marker, data in blocks
    )
    return plain[:2] + segments + plain[2:] + plain[:2] + segments + plain[2:]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(orientation=1, image=None):
    plain = encoded(image or quarters(), ".png")
    head = plain[:33]
    chunks = chunk(b"eXIf", exif_block(orientation)) + chunk(b"tEXt", b"Comment\x00" + SECRET)
    chunks += chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + XMP)
    return head + chunks + plain[33:] + SECRET


def webp(orientation=1, image=None):
    picture = image or quarters()
    plain = encoded(picture, ".webp")[12:]
    flags = bytes([0x08 | 0x04, 0, 0, 0])
    size = (picture.width - 1).to_bytes(3, "little") + (picture.height - 1).to_bytes(3, "little")
    body = riff(b"VP8X", flags + size) + plain
    body += riff(b"EXIF", exif_block(orientation)) + riff(b"XMP ", XMP)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def riff(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def avif():
    """An AVIF as libheif writes it, with EXIF and XMP as items."""
    image = quarters().copy()
    image.set_type(pyvips.GValue.blob_type, "exif-data", b"Exif\x00\x00" + exif_block())
    image.set_type(pyvips.GValue.blob_type, "xmp-data", XMP)
    return bytes(image.write_to_buffer(".avif", keep="exif,xmp", compression="av1"))


def bomb_png(width, height):
    """A PNG of zeros: 30,000 by 30,000 pixels in 2.6 MB, 2.7 GB of memory when decoded.

    The same compressed rows over and over, because packing 2.7 GB would take ten seconds.
    """
    packer = zlib.compressobj(9, wbits=-15)
    some = 100
    rows = packer.compress(bytes(some * (1 + 3 * width))) + packer.flush(zlib.Z_FULL_FLUSH)
    adler = (height * (1 + 3 * width)) % 65521 << 16 | 1
    data = b"\x78\x9c" + rows * (height // some) + b"\x03\x00" + struct.pack(">I", adler)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def interlaced_bomb(width, height):
    """A PNG that can only be decoded as a whole: Adam7 writes every pixel's row several times."""
    packer, data = zlib.compressobj(1), b""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)]
    for left, top, across, down in [*passes, (1, 0, 2, 2), (0, 1, 1, 2)]:
        row = b"\0" * (1 + 3 * (-(-(width - left) // across)))
        data += b"".join(packer.compress(row) for _ in range(-(-(height - top) // down)))
    data += packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def gif(frames, width=64, height=64, *, whole=False):
    """A GIF of so many frames of one pixel, in 23 bytes each, or of frames as large as itself."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(3) + b"\xff" * 3
    control = b"!\xf9\x04\x04\x01\x00\x00\x00"
    frame = (
        control
        + b","
        + struct.pack("<HHHHB", 0, 0, *((width, height) if whole else (1, 1)), 0)
        + b"\x02\x02D\x01\x00"
    )
    return head + frame * frames + b";"


def moving(ending, frames=3, width=120, height=80):
    """An animated WebP or GIF; libvips calls its frames pages."""
    pages = [quarters(width, height) + 40 * (number % 2) for number in range(frames)]
    tall = pyvips.Image.arrayjoin([page.cast("uchar") for page in pages], across=1).copy()
    tall.set_type(pyvips.GValue.gint_type, "page-height", height)
    return bytes(tall.copy(interpretation="srgb").write_to_buffer(ending))


BY_KIND = {"image/jpeg": jpeg, "image/png": png, "image/webp": webp}
