"""Which tags of TIFF (and DNG 1.7) show a picture; all others go."""

from __future__ import annotations

from typing import Final

PHOTOMETRIC: Final = 262
SUB_DIRECTORIES: Final = 330
EXIF: Final = 34665
SENSOR: Final = frozenset({32803, 34892})
"""Photometric interpretations of what a sensor saw: a mosaic of colours, or linear ones."""

SHOWN: Final = frozenset(
    {
        *range(254, 260),  # kind, size, bits, compression
        *(262, 263, 264, 265, 266, 273, 274, 277, 278, 279),  # strips, orientation
        *(280, 281, 282, 283, 284, 286, 287, 290, 291, 292, 293, 296, 297),
        *(301, 317, 318, 319, 320, 321, 322, 323, 324, 325),  # colours, tiles
        *(326, 327, 328, SUB_DIRECTORIES, 332, 334, 336, 338, 339, 340, 341, 342, 347),
        *(512, 513, 514, 515, 517, 518, 519, 520, 521),  # the old JPEG
        *(529, 530, 531, 532, 559),
        *(32995, 32996, 32997, 32998, 33421, 33422),
        *(34675, 37439, 50674),  # colour profile, brightness, LERC
    }
)
PIXELS: Final = ((273, 279), (324, 325), (513, 514))
"""Tags of offsets, each with that of the lengths."""
TABLES: Final = {519: 64, 520: 16 + 256, 521: 16 + 256}
"""Tags of offsets of the old JPEG's tables, and how long such a table is at most."""

# When, which one, by whom, and what a program kept for itself.
_TELLING: Final = frozenset(
    {50735, 50827, 50828, 50781, 50966, 50967, 50968, 50971, 52525, 52553, 52554}
)
_OF_RAW: Final = frozenset({271, 272, EXIF, 37398})  # programs know the sensor by its model
EXIF_OF_RAW: Final = frozenset(
    {
        *(33434, 33437, 34850, 34855, 34864, 34865, 34866, 36864, 37121),
        *range(37377, 37387),
        37500,  # the maker's notes: white balance, black level, curves
        *(40960, 40961, 40962, 40963, 41486, 41487, 41488, 41495, 41728, 41729, 41730),
        *range(41985, 41997),
    }
)


def is_of_raw(tag: int) -> bool:
    """Tell whether a camera's raw picture needs it: DNG, and what Canon, Sony and Nikon add."""
    if tag in _TELLING:
        return False
    return tag in _OF_RAW or 28672 <= tag < 32768 or 50640 <= tag < 52600
