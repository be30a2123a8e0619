"""Writes the demo into the site: by the same actions as the pages, in batches, with flat memory."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from www.blogs import actions as blogs
from www.blogs.forms import Action, Text
from www.cli.demo import prose
from www.cli.demo.attachments import attachments
from www.cli.demo.corpus import Voice, people, topics
from www.cli.demo.people import Person, invited
from www.comments import actions as comments
from www.comments.forms import NewComment
from www.files import actions as files
from www.files.types import HEAD_BYTES, detect
from www.files.upload import Received
from www.models import Blog, Comment, File, Role, User
from www.utils.names import safe_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from www.cli.demo.attachments import Attachment
    from www.cli.demo.corpus import Topic
    from www.db import Connection, Engine
    from www.markup import Renderer
    from www.storage import Incoming, Storage

BATCH: Final = 25
SPAN: Final = timedelta(days=730)
_REMEMBERED: Final = 100
_TITLE_TRIES: Final = 12
_DRAFTS: Final = 0.04
# When people write: hardly at night, most in the evening.
_HOURS: Final = (1, 0, 0, 0, 0, 1, 3, 5, 6, 6, 5, 5, 5, 4, 4, 4, 5, 6, 8, 10, 12, 11, 8, 4)


@dataclass(slots=True)
class Filled:
    """What was written."""

    people: list[Person] = field(default_factory=list)
    posts: int = 0
    drafts: int = 0
    comments: int = 0
    files: int = 0


@dataclass(slots=True)
class _Plan:
    """A post before its files are stored."""

    topic: Topic
    voice: Voice
    title: str
    author: Person
    at: datetime
    attached: list[Attachment]
    linked: list[prose.Linked] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Said:
    """A comment; `parent` is its place in the list of the post's comments."""

    author: Person
    body: str
    html: str
    parent: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Ready:
    """A post, rendered."""

    plan: _Plan
    text: Text
    prepared: blogs.Prepared
    comments: list[_Said]


class Filler:
    """One run; `now` is its latest moment, the same `seed` gives the same posts."""

    def __init__(
        self,
        engine: Engine,
        storage: Storage,
        renderer: Renderer,
        *,
        quota_bytes: int,
        now: datetime,
        seed: str = "www",
    ) -> None:
        self._engine = engine
        self._storage = storage
        self._renderer = renderer
        self._quota_bytes = quota_bytes
        self._now = now
        self._seed = seed
        self._recent: deque[tuple[Topic, prose.Linked]] = deque(maxlen=_REMEMBERED)
        self._titles: set[str] = set()
        self.filled = Filled()

    async def invite(self, password_hash: str) -> None:
        """Make the accounts, or find those that an earlier run made."""
        since = self._now - SPAN - timedelta(days=3)
        async with self._engine.transaction() as conn:
            for row in people():
                person = await invited(conn, row, password_hash=password_hash, since=since)
                self.filled.people.append(person)

    async def write(self, number: int, advance: Callable[[], None]) -> None:
        """Write `number` posts with all that belongs to them, a batch per transaction."""
        for first in range(0, number, BATCH):
            chosen = range(first, min(first + BATCH, number))
            plans = await asyncio.to_thread(self._plans, chosen, number)
            await self._store_files(plans)
            for ready in await self._stored(await asyncio.to_thread(self._ready, plans)):
                self.filled.posts += 1
                self.filled.drafts += ready.text.action is Action.DRAFT
                self.filled.comments += len(ready.comments)
                self.filled.files += len(ready.plan.attached)
                advance()

    # Planning and rendering: pure work, in a thread.

    def _plans(self, chosen: Sequence[int], number: int) -> list[_Plan]:
        return [self._plan(index, number) for index in chosen]

    def _plan(self, index: int, number: int) -> _Plan:
        rng = Random(f"{self._seed}/{index}")  # noqa: S311  no secret is made of it
        at = self._moment(rng, (index + rng.random()) / number)
        # Two of a language follow one another now and then; in the long run they are even.
        topic = rng.choice(topics()[index % 2 :: 2])
        voice, title = self._titled(rng, topic, at)
        writers = [
            person
            for person in self.filled.people
            if person.language == topic.language and person.role != Role.READER
        ]
        author = writers[int(len(writers) * rng.random() ** 1.5)]
        return _Plan(topic, voice, title, author, at, attachments(voice, topic, title))

    def _titled(self, rng: Random, topic: Topic, at: datetime) -> tuple[Voice, str]:
        """Return a title that is new, if one can be found, and the voice that made it."""
        left = _TITLE_TRIES
        while True:
            voice, left = Voice(rng, topic, at), left - 1
            title = voice.pick(topic.pools["titles"])
            if title not in self._titles or not left:
                self._titles.add(title)
                return voice, title

    def _moment(self, rng: Random, share: float) -> datetime:
        day = (self._now - SPAN * (1 - share)).replace(minute=0, second=0, microsecond=0)
        hour = rng.choices(range(24), _HOURS)[0]
        at = day.replace(hour=hour) + timedelta(seconds=rng.randrange(3600))
        return at if at < self._now else self._now - timedelta(minutes=rng.randint(5, 300))

    def _ready(self, plans: Sequence[_Plan]) -> list[_Ready]:
        return [self._rendered(plan) for plan in plans]

    def _rendered(self, plan: _Plan) -> _Ready:
        voice, rng = plan.voice, plan.voice.rng
        before = [linked for topic, linked in self._recent if topic is plan.topic]
        posts = rng.sample(before, 1) if before and rng.random() < 0.5 else []
        body = prose.body(voice, plan.topic, plan.linked, posts)
        tags = rng.sample(plan.topic.tags, rng.randint(1, len(plan.topic.tags)))
        action = Action.DRAFT if rng.random() < _DRAFTS else Action.PUBLISH
        text = Text(plan.title, body.text, tuple(tags), action=action)
        prepared = blogs.prepare(self._renderer, text)
        said = [] if action is Action.DRAFT else list(self._conversation(plan, body))
        return _Ready(plan, text, prepared, said)

    def _conversation(self, plan: _Plan, body: prose.Body) -> Iterator[_Said]:
        """Yield comments in the order of time; answers go to somebody, mostly not to oneself."""
        rng, at = plan.voice.rng, plan.at
        authors: list[Person] = []
        for number in range(prose.comment_count(plan.voice)):
            at += timedelta(hours=rng.expovariate(1 / (2 + number)))
            if at >= self._now:
                return
            parent = rng.randrange(number) if number and rng.random() < 0.42 else None
            others = [person for person in self.filled.people if person != plan.author]
            speaker = rng.choices(others, [_ease(person, plan) for person in others])[0]
            if parent is not None and authors[parent] != plan.author and rng.random() < 0.4:
                speaker = plan.author
            elif parent is not None and authors[parent] == speaker:
                parent = None
            words = prose.comment(
                plan.voice, body, answers=parent is not None, author=speaker == plan.author
            )
            authors.append(speaker)
            html = comments.rendered(self._renderer, NewComment(words, None))
            yield _Said(speaker, words, html, parent, at)

    # Storing.

    async def _store_files(self, plans: Sequence[_Plan]) -> None:
        """Make the contents durable, then write their rows in one transaction."""
        received = await asyncio.gather(
            *(self._receive(one) for plan in plans for one in plan.attached)
        )
        rest = iter([one for _, one in received])
        async with self._engine.transaction() as conn:
            for plan in plans:
                mine = [next(rest) for _ in plan.attached]
                stored = await files.add(
                    conn,
                    mine,
                    owner_id=plan.author.id,
                    quota_bytes=self._quota_bytes,
                    now=plan.at - timedelta(minutes=7),
                )
                plan.linked = [
                    prose.Linked(row.name, prose.file_url(row.id, row.name), one.caption)
                    for row, one in zip(stored, plan.attached, strict=True)
                ]
        for incoming, _ in received:
            incoming.settle()

    async def _receive(self, one: Attachment) -> tuple[Incoming, Received]:
        incoming = await self._storage.begin()
        try:
            await incoming.write(one.content)
            stored = await incoming.commit()
        finally:
            await incoming.abort()
        name = safe_name(one.name)
        kind = detect(one.content[:HEAD_BYTES], name)
        return incoming, Received(name, kind, stored.sha256, stored.size_bytes)

    async def _stored(self, batch: list[_Ready]) -> list[_Ready]:
        async with self._engine.transaction() as conn:
            for ready in batch:
                blog = await blogs.create(
                    conn,
                    ready.text,
                    ready.prepared,
                    author_id=ready.plan.author.id,
                    now=ready.plan.at,
                )
                await _store_comments(conn, blog, ready.comments)
                if blog.published_at is not None:
                    linked = prose.Linked(blog.title, f"/blogs/{blog.id}-{blog.slug}")
                    self._recent.append((ready.plan.topic, linked))
        return batch


async def counts(engine: Engine) -> dict[str, int]:
    """Return how much there is on the site."""
    tables = {"posts": Blog, "comments": Comment, "files": File, "people": User}
    return {name: await engine.count(table.select()) for name, table in tables.items()}


async def _store_comments(conn: Connection, blog: Blog, said: Sequence[_Said]) -> None:
    ids: list[int] = []
    for one in said:
        parent_id = None if one.parent is None else ids[one.parent]
        row, _ = await comments.add(
            conn,
            NewComment(one.body, parent_id),
            blog_id=blog.id,
            author_id=one.author.id,
            html=one.html,
            now=one.at,
        )
        ids.append(row.id)


def _ease(person: Person, plan: _Plan) -> float:
    """Return how likely somebody is to speak: seldom in the other language."""
    return 1.0 if person.language == plan.topic.language else 0.04
