"""`www demo`: fill a site with generated content, for trying and for benchmarks."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from www.cli.say import progress, say, say_error

if TYPE_CHECKING:
    import argparse

    from www.cli.demo.fill import Filled
    from www.settings import Settings

POSTS: Final = 200
MOST: Final = 1_000_000
_DESCRIPTION: Final = """
Twelve people and their posts, comments and files of the last two years, in English and Chinese. The
texts are generated: the same number of posts always gives the same texts. A site that has posts
already is left alone unless --again is given, which adds more posts by the same people. The server
may be running meanwhile. No administrator is made: `www serve` prints the link for that.
"""


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Describe the command."""
    help_ = "fill the site with generated content"
    parser = commands.add_parser("demo", parents=[shared], help=help_, description=_DESCRIPTION)
    help_ = f"how many posts to write (default: {POSTS})"
    parser.add_argument("--blogs", type=_number, default=POSTS, metavar="N", help=help_)
    help_ = "go on although the site has posts: add more"
    parser.add_argument("--again", action="store_true", help=help_)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the content; say what there is now, and how to sign in."""
    return asyncio.run(_run(arguments, settings))


async def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    from www import database
    from www.auth.passwords import Passwords
    from www.cli.demo.fill import Filler, counts
    from www.markup import ComrakRenderer
    from www.storage import storage_of

    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with database.opened(settings.db) as engine, storage_of(settings) as storage:
        posts = (await counts(engine))["posts"]
        if posts and not arguments.again:
            say_error(f"this site has {posts} posts already; --again adds {arguments.blogs} more")
            return 1
        filler = Filler(
            engine,
            storage,
            ComrakRenderer(),
            quota_bytes=settings.limits.quota_bytes,
            now=datetime.now(UTC),
            seed=f"www/{posts}",
        )
        password = secrets.token_urlsafe(12)
        await filler.invite(await Passwords().hash(password))
        with progress("Writing posts", arguments.blogs) as advance:
            await filler.write(arguments.blogs, advance)
    _summary(filler.filled, password)
    return 0


def _summary(filled: Filled, password: str) -> None:
    say(
        f"wrote {filled.posts} posts ({filled.drafts} of them drafts), "
        f"{filled.comments} comments and {filled.files} files"
    )
    new = [person for person in filled.people if person.is_new]
    if not new:
        say("by the people of the demo that was here; `www user reset-link NAME` lets one in")
        return
    say("sign in as any of these people (shown once):")
    for person in new:
        say(f"  {person.name} ({person.role})")
    say(f"  password of each: {password}")


def _number(text: str) -> int:
    import argparse

    if text.isdecimal() and 1 <= int(text) <= MOST:
        return int(text)
    raise argparse.ArgumentTypeError(f"found {text!r}; allowed: a number from 1 to {MOST}")
