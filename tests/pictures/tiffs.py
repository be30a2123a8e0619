"""TIFF and BigTIFF made for the tests, in both byte orders, with all that cameras write into it."""

import struct

from tests.pictures.samples import SECRET, XMP

SIDE = 8
FORMS = {1: "B", 2: "B", 3: "H", 4: "I", 7: "B", 13: "I", 16: "Q", 18: "Q"}


class Tiff:
    """Puts a file together; what is added comes one behind the other."""

    def __init__(self, order="<", *, big=False):
        self.order, self.big = order, big
        self.word = "Q" if big else "I"
        sign = b"II" if order == "<" else b"MM"
        head = struct.pack(f"{order}HHH", 43, 8, 0) if big else struct.pack(f"{order}H", 42)
        self.data = bytearray(sign + head + bytes(8 if big else 4))
        self.first = len(self.data) - struct.calcsize(self.word)

    def put(self, content):
        """Add bytes and return where they are."""
        at = len(self.data)
        self.data += content + bytes(len(content) % 2)
        return at

    def set(self, at, value):
        struct.pack_into(self.order + self.word, self.data, at, value)

    def entry(self, tag, kind, values):
        packed = bytes(values) if kind in {2, 7} else b""
        if not packed:
            packed = struct.pack(f"{self.order}{len(values)}{FORMS[kind]}", *values)
        count = len(packed) // struct.calcsize(FORMS[kind])
        room = struct.calcsize(self.word)
        if len(packed) > room:
            packed = struct.pack(self.order + self.word, self.put(packed))
        head = struct.pack(f"{self.order}HH{self.word}", tag, kind, count)
        return head + packed.ljust(room, b"\0")

    def directory(self, entries, following=0):
        """Add a directory and return where it is; the place of `following` is at its end."""
        made = b"".join(self.entry(*one) for one in sorted(entries, key=lambda one: one[0]))
        count = struct.pack(self.order + ("Q" if self.big else "H"), len(entries))
        return self.put(count + made + struct.pack(self.order + self.word, following))

    def bytes(self):
        return bytes(self.data)


def pixels(number):
    return bytes((number * 40 + at) % 256 for at in range(SIDE * SIDE))


def shown(tiff, number, *, photometric=1):
    """What shows a picture of one strip."""
    strip = tiff.put(pixels(number))
    return [
        (256, 3, [SIDE]), (257, 3, [SIDE]), (258, 3, [8]), (259, 3, [1]), (262, 3, [photometric]),
        (273, 4, [strip]), (274, 3, [6]), (277, 3, [1]), (278, 3, [SIDE]), (279, 4, [SIDE * SIDE]),
    ]  # fmt: skip


def telling(tiff):
    """Where, when, by whom, with what."""
    gps = tiff.directory([(1, 2, b"N\0"), (2, 7, SECRET), (29, 2, b"2024:01:02\0")])
    exif = tiff.directory(
        [(36867, 2, SECRET), (37500, 7, b"notes of the maker"), (42033, 2, SECRET)]
    )
    return [
        (270, 2, SECRET), (271, 2, b"Canonette\0"), (305, 2, SECRET), (306, 2, SECRET), (315, 2, SECRET),
        (700, 7, XMP), (33432, 2, SECRET), (33723, 7, SECRET), (34377, 7, SECRET), (34665, 4, [exif]),
        (34853, 4, [gps]), (33922, 7, SECRET), (65000, 7, SECRET), (40092, 7, SECRET),
    ]  # fmt: skip


def tiff(order="<", *, big=False, pages=3, photometric=1):
    """A file of several pages, each of which tells all; the first one has a smaller copy too."""
    made = Tiff(order, big=big)
    made.put(SECRET)  # left by an editor, and referred to by nobody
    inner = made.directory([*shown(made, 9), *telling(made)])
    before = made.first
    for number in range(pages):
        entries = [*shown(made, number, photometric=photometric), *telling(made)]
        if number == 0:
            entries.append((330, 13, [inner]))
        at = made.directory(entries)
        made.set(before, at)
        before = len(made.data) - struct.calcsize(made.word)
        before -= (len(made.data) - at) % 2  # a directory is padded to an even length
    made.put(SECRET)
    return made.bytes()
