"""Films and HEIF: what is no picture, no sound and not needed to play is overwritten in place.

Everything in such a file is addressed by its offset. So a box that goes becomes one of kind `free`
with zeros in it, and not one byte of the pictures moves. That goes for `udta`, `meta` and `uuid`
wherever they stand (place, camera, titles, XMP), for tracks of measurements (a phone's or an action
camera's coordinates, second by second) with what they have in `mdat`, and for times and names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from www.pictures.cleaning import heif
from www.pictures.cleaning.boxes import Boxes
from www.pictures.cleaning.samples import places
from www.pictures.cleaning.source import Edit, NotUnderstoodError

if TYPE_CHECKING:
    from www.pictures.cleaning.boxes import Box
    from www.pictures.cleaning.source import Plan, Source

_FILE: Final = frozenset(
    b"ftyp styp meta mdat moov moof mfra sidx ssix free skip wide pdin grpl".split()
)
_UNUSED: Final = frozenset({b"free", b"skip", b"wide"})
# What there may be in which box; whatever else there is goes.
_INSIDE: Final = {
    b"moov": frozenset(b"mvhd trak mvex iods pssh".split()),
    b"trak": frozenset(b"tkhd tapt edts tref mdia load txas imap clip matt trgr".split()),
    b"mdia": frozenset(b"mdhd hdlr minf elng".split()),
    b"minf": frozenset(b"vmhd smhd hmhd sthd nmhd gmhd hdlr dinf stbl".split()),
    b"stbl": frozenset(
        (
            b"stsd stts ctts cslg stss stps stsh stdp padb stsz stz2 stsc stco co64 sdtp sbgp sgpd"
            b" subs saiz saio"
        ).split()
    ),
    b"moof": frozenset(b"mfhd traf pssh".split()),
    b"traf": frozenset(b"tfhd tfdt trun saiz saio senc sdtp sbgp sgpd subs".split()),
}
_DATED: Final = frozenset({b"mvhd", b"tkhd", b"mdhd"})
# Kinds of tracks that somebody sees or hears, and of those that help to.
_SHOWN: Final = frozenset(b"vide soun subt sbtl text clcp subp auxv pict hint".split())
# In a sample description of pictures: ISO/IEC 14496-12, 8.5.2 and 12.1.3.
_ENTRIES_AT: Final = 8
_NAME_AT: Final = 42
_NAME_BYTES: Final = 32
_TIMECODE: Final = b"tmcd"  # the time of day; players expect the track, so its samples alone go


_LISTS: Final = frozenset({b"moov", b"moof", b"meta"})
# Not read for what they hold: pixels, and room that was left.
_OPEN: Final = frozenset({b"mdat", *_UNUSED})


def walk(source: Source, plan: Plan) -> None:
    """Overwrite what is not needed to show it; the file ends where its boxes do."""
    boxes = Boxes(source)
    top, end = _top(boxes)
    plan.rest_may_stay = False
    plan.unseen = [(box.begin, box.end) for box in top if box.kind == b"mdat"]
    film = _Film(boxes)
    for box in top:
        film.look(box)
    kinds = {box.kind for box in top}
    if film.has_hidden_tracks and b"moof" in kinds:
        raise NotUnderstoodError  # their fragments would have to be found; no camera writes such
    if not kinds & _LISTS:
        raise NotUnderstoodError  # nobody can tell what lies in `mdat`
    plan.rewrite(film.edits, end)


def _top(boxes: Boxes) -> tuple[list[Box], int]:
    """Return the boxes of the file, and where the last one ends that is understood."""
    at, end = 0, boxes.source.size_bytes
    found: list[Box] = []
    while end - at >= 8:
        try:
            box = boxes.next(at, end)
        except NotUnderstoodError:
            break
        if not found and box.kind not in _FILE:
            break
        if box.end > end and box.kind not in _OPEN:
            break
        found.append(replace(box, end=min(box.end, end)))
        at = found[-1].end
    if not found:
        raise NotUnderstoodError
    return found, at


class _Film:
    """What is to be overwritten, gathered box by box."""

    def __init__(self, boxes: Boxes) -> None:
        self._boxes = boxes
        self.edits: list[Edit] = []
        self.has_hidden_tracks = False

    def look(self, box: Box) -> None:
        """Look at a box of the file. Raises NotUnderstoodError."""
        if box.kind == b"meta":
            self.edits += heif.metadata(self._boxes, box)
        elif box.kind in _UNUSED:
            self.edits.append(Edit(box.begin, box.end))
        elif box.kind not in _FILE:
            self.edits += box.freed()
        elif box.kind in _INSIDE:
            self._prune(box)

    def _prune(self, box: Box) -> None:
        for child in self._boxes.inside(box.begin, box.end):
            if child.kind not in _INSIDE[box.kind]:
                self.edits += child.freed()
            elif child.kind == b"trak":
                self._track(child)
            elif child.kind in _INSIDE:
                self._prune(child)
            elif child.kind in _DATED:
                wide = self._boxes.source.number(">B", child.begin)
                begin = child.begin + 4
                self.edits.append(Edit(begin, min(child.end, begin + (16 if wide else 8))))
            elif child.kind == b"hdlr":
                self.edits.append(Edit(min(child.end, child.begin + 24), child.end))

    def _track(self, track: Box) -> None:
        media = self._child(track, b"mdia")
        handler = self._child(media, b"hdlr")
        kind = self._boxes.source.read(handler.begin + 8, 4)
        if kind not in _SHOWN:
            table = self._child(self._child(media, b"minf"), b"stbl")
            self.edits += places(self._boxes, table)
        if kind == b"vide":
            self._unname(self._child(self._child(self._child(media, b"minf"), b"stbl"), b"stsd"))
        if kind in _SHOWN or kind == _TIMECODE:
            self._prune(track)
        else:
            self.has_hidden_tracks = True
            self.edits += track.freed()

    def _unname(self, entries: Box) -> None:
        """Overwrite the names of encoders, which are often those of cameras; nobody needs them."""
        for entry in self._boxes.inside(entries.begin + _ENTRIES_AT, entries.end):
            begin = min(entry.end, entry.begin + _NAME_AT)
            self.edits.append(Edit(begin, min(entry.end, begin + _NAME_BYTES)))

    def _child(self, box: Box, kind: bytes) -> Box:
        for child in self._boxes.inside(box.begin, box.end):
            if child.kind == kind:
                return child
        raise NotUnderstoodError
