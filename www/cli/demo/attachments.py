"""Files that belong to a post: a picture, its table as CSV, notes, a chart, an archive of them."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from www.cli.demo.pictures import picture
from www.utils.slugs import slugify

if TYPE_CHECKING:
    from random import Random

    from www.cli.demo.corpus import Topic, Voice

_NAMES: Final = {
    "en": {"txt": "notes", "csv": "figures", "svg": "chart", "zip": "everything"},
    "zh": {"txt": "笔记", "csv": "数据", "svg": "图表", "zip": "资料"},
}
_MAX_STEM: Final = 40
_BARS: Final = 7


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file before it is stored; `caption` is set where it is shown in the text."""

    name: str
    content: bytes
    caption: str = ""


def attachments(voice: Voice, topic: Topic, title: str) -> list[Attachment]:
    """Make the files of one post, often none."""
    rng, stem = voice.rng, slugify(title)[:_MAX_STEM].strip("-")
    files = []
    for number in range(rng.choice((0, 0, 0, 0, 0, 1, 1, 1, 2))):
        suffix = f"-{number + 1}" if number else ""
        caption = voice.pick(topic.pools["captions"])
        files.append(Attachment(f"{stem}{suffix}.png", picture(rng), caption))
    if rng.random() < 0.2:
        kind = rng.choice(("txt", "csv", "svg", "zip"))
        name = f"{stem}-{_NAMES[topic.language][kind]}.{kind}"
        files.append(Attachment(name, _content(kind, voice, topic, title)))
    return files


def _content(kind: str, voice: Voice, topic: Topic, title: str) -> bytes:
    if kind == "txt":
        return _notes(voice, topic, title)
    if kind == "csv":
        return _table(voice, topic)
    if kind == "svg":
        return _chart(voice.rng, title)
    return _archive(voice, topic, title)


def _notes(voice: Voice, topic: Topic, title: str) -> bytes:
    lines = [title, "=" * len(title), ""]
    for section in topic.sections:
        lines += [voice.say(section.heading), *voice.several(section.sentences, 3, 6), ""]
    lines += [f"[ ] {task}" for task in voice.several(topic.pools["tasks"], 3, 5)]
    return ("\n".join(lines) + "\n").encode()


def _table(voice: Voice, topic: Topic) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    for line in voice.rng.choice(topic.tables)[1].splitlines():
        writer.writerow([cell.strip() for cell in voice.say(line).split("|")])
    return out.getvalue().encode()


def _chart(rng: Random, title: str) -> bytes:
    """Draw bars that grow from left to right, as in most reports."""
    bars = []
    for number in range(_BARS):
        height = round(40 + number * 18 * rng.uniform(0.5, 1.4))
        x, y = 40 + number * 60, 260 - height
        bars.append(f'<rect x="{x}" y="{y}" width="40" height="{height}" rx="3"/>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 300" role="img">\n'
        f'<title>{escape(title)}</title>\n<g fill="#3a6278">\n' + "\n".join(bars) + "\n</g>\n"
        '<path d="M30 260h430" stroke="#444" stroke-width="2"/>\n</svg>\n'
    ).encode()


def _archive(voice: Voice, topic: Topic, title: str) -> bytes:
    names, out = _NAMES[topic.language], io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        # ZipInfo without a date means 1980, so that the same seed gives the same bytes.
        notes = _notes(voice, topic, title)
        archive.writestr(zipfile.ZipInfo(f"{names['txt']}.txt"), notes)
        archive.writestr(zipfile.ZipInfo(f"{names['csv']}.csv"), _table(voice, topic))
    return out.getvalue()
