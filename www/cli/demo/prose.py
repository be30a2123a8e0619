"""Posts and comments for the demo: which paragraph follows which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from www.cli.demo.corpus import talk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from www.cli.demo.corpus import Section, Topic, Voice

MOST_COMMENTS: Final = 40


@dataclass(frozen=True, slots=True)
class Linked:
    """Something that stands on the site already; `caption` is set for a picture."""

    title: str
    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """The Markdown of a post, and what comments refer to."""

    text: str
    headings: tuple[str, ...]
    sentences: tuple[str, ...]


def file_url(id: int, name: str) -> str:
    """Return the address of a file as it stands in Markdown."""
    return f"/files/{id}/{quote(name)}"


def body(voice: Voice, topic: Topic, files: Sequence[Linked], posts: Sequence[Linked]) -> Body:
    """Write a short note, an article or an essay."""
    kind = voice.rng.choices(("note", "article", "essay"), (25, 50, 25))[0]
    writer = _Writer(voice, topic, [file for file in files if file.caption])
    writer.paragraph([voice.pick(topic.pools["openings"])])
    if kind == "note":
        writer.note()
    else:
        writer.sections(long=kind == "essay")
    writer.pictures_left()
    writer.links([file for file in files if not file.caption], posts)
    writer.paragraph([voice.pick(topic.pools["closings"])])
    return writer.result()


def comment_count(voice: Voice) -> int:
    """Return how many comments a post gets: a quarter gets none, a few get very many."""
    if voice.rng.random() < 0.25:
        return 0
    return min(MOST_COMMENTS, int(voice.rng.paretovariate(0.95) * 1.6))


def comment(voice: Voice, post: Body, *, answers: bool, author: bool) -> str:
    """Write a comment, or an answer to one, or the author's answer."""
    pools = talk(voice.language)
    if answers:
        return _unsaid(voice, pools["answers" if author else "replies"])
    if voice.rng.random() < 0.15:
        quoted = voice.rng.choice(post.sentences).replace("\n", " ")
        return f"> {quoted}\n\n{_unsaid(voice, pools['quoting'])}"
    missing = [name for name, there in _facts(post).items() if not there]
    fitting = [line for line in pools["comments"] if not any(name in line for name in missing)]
    voice.chosen["heading"] = voice.rng.choice(post.headings) if post.headings else ""
    voice.chosen["place"] = voice.rng.choice(pools["places"][0].split("; "))
    return _unsaid(voice, fitting)


def _facts(post: Body) -> dict[str, bool]:
    """Return what comments may speak of, by their slot, and whether the post has it."""
    return {"{heading}": bool(post.headings), "{picture}": "\n![" in post.text}


def _unsaid(voice: Voice, pool: Sequence[str]) -> str:
    """Say what nobody has said under this post, as long as there is such a thing."""
    left = [line for line in pool if line not in voice.said] or list(pool)
    line = voice.rng.choice(left)
    voice.said.add(line)
    return voice.say(line)


class _Writer:
    """Gathers the blocks of one post."""

    def __init__(self, voice: Voice, topic: Topic, pictures: list[Linked]) -> None:
        self._voice = voice
        self._topic = topic
        self._pictures = pictures
        self._blocks: list[str] = []
        self._notes: list[str] = []
        self._headings: list[str] = []
        self._sentences: list[str] = []

    def paragraph(self, sentences: Sequence[str]) -> None:
        self._sentences += sentences
        self._blocks.append(self._voice.joined(sentences))

    def note(self) -> None:
        section = self._voice.rng.choice(self._topic.sections)
        self.paragraph(self._told(section, 2, 4))

    def sections(self, *, long: bool) -> None:
        rng, chosen = self._voice.rng, list(self._topic.sections)
        if not long:
            number = rng.randint(2, 3)
            chosen = [chosen[at] for at in sorted(rng.sample(range(len(chosen)), number))]
        extras = self._extras(long=long)
        for section in chosen:
            self._section(section, long=long)
            self._show_picture()
            self._blocks.append(next(extras, ""))
        if long:
            self._aside()

    def pictures_left(self) -> None:
        while self._pictures:
            self._show_picture()

    def links(self, files: Sequence[Linked], posts: Sequence[Linked]) -> None:
        pools = talk(self._voice.language)
        for pool, linked in ("attached", files), ("links", posts):
            for one in linked:
                line = self._voice.rng.choice(pools[pool])
                slots = {"{other}": one.title, "{name}": one.title, "{url}": one.url}
                for slot, value in slots.items():
                    line = line.replace(slot, value)
                self._blocks.append(line)

    def result(self) -> Body:
        notes = [f"[^{number}]: {note}" for number, note in enumerate(self._notes, 1)]
        text = "\n\n".join(block for block in [*self._blocks, *notes] if block)
        return Body(text + "\n", tuple(self._headings), tuple(self._sentences))

    def _section(self, section: Section, *, long: bool) -> None:
        voice = self._voice
        self._heading(voice.say(section.heading))
        sentences = self._told(section, *((5, 7) if long else (3, 5)))
        middle = len(sentences) if len(sentences) < 5 else voice.rng.randint(2, 4)
        self.paragraph(sentences[:middle])
        if middle < len(sentences):
            self.paragraph(sentences[middle:])
        if section.items and voice.rng.random() < 0.6:
            items = voice.several(section.items, 3, 6)
            mark = voice.rng.choice(("-", "-", "1."))
            self._blocks.append("\n".join(f"{mark} {item}" for item in items))

    def _told(self, section: Section, least: int, most: int) -> list[str]:
        """Say the first sentence, without which the others hang in the air, and some others."""
        first, *others = section.sentences
        return [self._voice.say(first), *self._voice.several(others, least - 1, most - 1)]

    def _aside(self) -> None:
        pools = talk(self._voice.language)
        self._heading(
            self._voice.say(self._voice.rng.choice(pools["extra headings"][0].split("; ")))
        )
        self.paragraph(self._voice.several(pools["asides"], 3, 5))

    def _extras(self, *, long: bool) -> Iterator[str]:
        """Yield what breaks up the text: quotations, tables, code, tasks; each at most once."""
        voice, topic = self._voice, self._topic
        makers = [self._quote, self._tasks, self._footnote, self._footnote]
        makers += [self._table] if topic.tables else []
        makers += [self._code, self._code] if topic.codes else []
        voice.rng.shuffle(makers)
        for maker in makers[: 5 if long else 2]:
            yield maker()

    def _quote(self) -> str:
        text, _, source = self._voice.pick(self._topic.pools["quotes"]).partition(" | ")
        dash = "— " if self._voice.language == "en" else "——"
        return f"> {text}\n>\n> {dash}{source}"

    def _tasks(self) -> str:
        tasks = self._voice.several(self._topic.pools["tasks"], 3, 5)
        return "\n".join(f"- [{self._voice.rng.choice('x ')}] {task}" for task in tasks)

    def _footnote(self) -> str:
        """Hang a note on the last paragraph; the note itself comes at the end."""
        note = self._voice.pick(self._topic.pools["notes"])
        last = self._blocks[-1]
        if note not in self._notes and not last.startswith(("-", "1.", "!", ">", "#")):
            self._notes.append(note)
            self._blocks[-1] = f"{last}[^{len(self._notes)}]"
        return ""

    def _table(self) -> str:
        _, text = self._voice.rng.choice(self._topic.tables)
        rows = [f"| {self._voice.say(line)} |" for line in text.splitlines()]
        columns = rows[0].count("|") - 1
        return "\n".join([rows[0], "|" + " --- |" * columns, *rows[1:]])

    def _code(self) -> str:
        language, text = self._voice.rng.choice(self._topic.codes)
        block = f"```{language}\n{text}\n```"
        return "" if block in self._blocks else block

    def _heading(self, text: str) -> None:
        self._headings.append(text)
        self._blocks.append(f"## {text}")

    def _show_picture(self) -> None:
        if self._pictures:
            one = self._pictures.pop(0)
            self._blocks.append(f"![{one.caption}]({one.url})")
