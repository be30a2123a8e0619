"""Nonsense at every route: in each field, each part of the path and each word of the query.

The tables below name what can be sent; a new route, field or word of the query that is missing in
them fails a test. Whatever was refused must have stored nothing.
"""

import io
import re
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from yarl import URL

from tests import posts
from tests.actors import PASSWORD
from tests.files.door import kept, send, sha256
from www.auth.permissions import at_least
from www.models import TABLES, Blog, Comment, File, Role, SignInFailure
from www.routes import ROUTES

SOURCES = Path(__file__).parents[1] / "www"
FIELDS = {
    "site.preferences": ("theme", "language", "next"),
    "blogs.write": ("title", "body", "tags", "version", "action"),
    "blogs.preview": ("body",),
    "blogs.edit": ("title", "body", "tags", "version", "action"),
    "comments.create": ("body", "parent"),
    "accounts.change_profile": ("display_name", "email", "bio", "current"),
    "accounts.change_password": ("current", "password"),
    "admin.change_user": ("role", "active", "current"),
    "admin.invitations": ("role", "current"),
    "files.archive": ("id", "folders", "all", "show", "q", "in", "upto"),
    "uploads.collection": (),
    "uploads.slash": (),
    "uploads.upload": (),
    "uploads.direct": (
        "name",
        "size",
        "folder",
        "sha256",
        "relativePath",
        "modified",
        "visibility",
    ),
    "uploads.direct_links": ("part",),
    "uploads.direct_complete": (),
    "uploads.discard": (),
    "admin.change_quota": ("quota",),
    "files.upload": ("file", "folder", "visibility"),
    "files.many": (
        *("id", "folders", "action", "folder", "visibility", "content", "sure", "back"),
        *("all", "show", "q", "in", "upto", "confirmed", "words"),
    ),
    "files.edit": ("name", "folder", "visibility"),
    "folders.create": ("name", "parent"),
    "folders.edit": ("name", "parent", "visibility", "everything"),
    "sharing.share_file": ("lifetime", "days", "until", "limit", "password", "note"),
    "sharing.share_folder": ("lifetime", "days", "until", "limit", "password", "note"),
    "sharing.detail": ("password",),
    "sharing.revoke": (),
    "folders.delete": ("content",),
    "blogs.delete": (),
    "comments.delete": (),
    "files.delete": (),
    "admin.revoke_invitation": (),
    "admin.reset_statements": (),
    "accounts.revoke_session": (),
    "accounts.login": ("name", "password", "next"),
    "accounts.register": ("name", "email", "password", "next"),
    "accounts.setup": ("name", "email", "password"),
    "accounts.logout": (),
}
"""What each route that changes something reads; the last ones take away what the others need."""

VALID = {"role": "reader", "active": "1", "theme": "dark", "language": "en", "action": "publish"}
VALID |= {"name": "newcomer", "email": "a@example.org", "password": "three unrelated words"}
VALID |= {
    "id": "1",
    "visibility": "unlisted",
    "content": "keep",
    "folders": "",
    "lifetime": "days",
    "days": "1",
    "quota": "1 GB",
}
VALID |= {"folder": "", "parent": "", "limit": "1", "everything": "", "sure": "", "back": "/files"}
VALID |= {"all": "", "show": "all", "q": "", "in": "", "upto": "9.9", "confirmed": "1", "words": ""}
VALID |= {"current": PASSWORD, "parent": "1", "version": "1"}
QUERY = {
    "before": (
        *("site.index", "blogs.tag", "blogs.drafts", "blogs.archive", "accounts.profile"),
        *("files.index", "files.public", "folders.detail", "sharing.links", "sharing.detail"),
        *("admin.users", "admin.audit"),
    ),
    "q": ("site.results", "files.index", "files.public"),
    "show": ("files.index", "sharing.links"),
    "view": ("files.index", "folders.detail"),
    "of": ("files.usage",),
    "folder": ("files.upload",),
    "visibility": ("files.upload",),
    "parent": ("folders.create",),
    "in": ("sharing.detail", "files.archive"),
    "preview": ("sharing.download",),
    "page": ("site.results",),
    "comments": ("blogs.detail",),
    "reply": ("blogs.detail",),
    "next": ("accounts.login",),
    "notice": ("site.index", "blogs.detail", "accounts.account"),
    "sort": ("admin.statements", "files.index", "folders.detail"),
    "v": ("site.static",),
    "id": ("files.archive",),
    "folders": ("files.archive",),
    "all": ("files.archive",),
    "upto": ("files.archive",),
    "k": ("files.picture",),
}
"""Which pages read which word; the others get a few values too."""
# fmt: off
NONSENSE = (
    "", "  ", "None", "%", "-1", "0", "1", "999999999999999999999", "٣", "１２", "\x00", "\x01",
    "\r\n", "a\u202eb", "\ud7ff\U0010ffff", "ﷺ" * 500, "x" * 3000, "<script>", "'\"--", "../..", "W10",
)
RAW = (
    "%ff", "%ED%A0%80", "%00", "%zz", "%", "%2e%2e", "%2F..%2F", ";", "a" * 6000, "%F0%9F%98%80",
    "0", "1", "999999999999999999", "99999999999999999999", "1-", "-1", "1-x.md", "[", "%5C", "W10",
)
HEADERS = (
    {"Range": "bytes=9-1,x"}, {"If-None-Match": "\xff"}, {"If-Modified-Since": "yesterday"},
    {"Accept": ";q=,\xff/\xff;q=nan"}, {"Accept-Language": "a-," * 2000}, {"Accept-Encoding": "\xff"},
    {"Cookie": "session=\xff; theme=\xff; language=\xff"}, {"Cookie": 'session="\\'},
    {"Sec-Fetch-Site": "x"}, {"Origin": "null"}, {"X-Request-ID": "\xff"}, {"X-Forwarded-For": "x,,"},
)
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
BODIES = (
    (FORM, b""), (FORM, b"\xff=\xff"), (FORM, b"&" * 5000), (FORM, b"%=%&=%zz"), (FORM + "; charset=x", b"a=b"),
    (MULTIPART, b""), (MULTIPART, b"--x"), (MULTIPART, b"--x--\r\n"), ("multipart/form-data", b"--x--"),
    (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n\xff\r\n--x--\r\n'),
    (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="body"; filename="a"\r\n\r\nb\r\n--x--\r\n'),
    ("application/json", b"{"), ("\xff", b"\xff"),
)
# fmt: on


def fill(template, **parts):
    """The path of a route with its parts filled in, the rest with what exists: row 1 and its slug."""
    known = {"id": "1", "slug": "hello-world", "name": "bob", "token": "x", "tag": "letters"}
    known |= {"year": "2026", "path": "style.css", "copy": "w320.webp", **parts}
    return re.sub(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}", lambda found: known[found[1]], template)


def posting():
    """The routes that take forms, in the order of FIELDS."""
    taking = {route.name: route for route in ROUTES if "POST" in route.methods}
    return [taking[name] for name in FIELDS]


def getting():
    return [route for route in ROUTES if "GET" in route.methods]


class Visitor:
    """Somebody who sends nonsense, and remembers what was answered wrongly."""

    def __init__(self, actor, engine):
        self.actor, self.engine = actor, engine
        self.wrong, self.sent, self.statuses = [], 0, set()

    async def get(self, address, **headers):
        target = URL(address, encoded=True)
        async with self.actor.get(target, headers=headers, allow_redirects=False) as answer:
            await self.judge(answer, f"GET {address[:80]} {headers}")

    async def post(self, address, data, content_type=FORM):
        before = await self.stored()
        headers, data = {"Content-Type": content_type}, io.BytesIO(data)
        target = URL(address, encoded=True)
        async with self.actor.post(
            target, data=data, headers=headers, allow_redirects=False
        ) as answer:
            await self.judge(answer, f"POST {address[:80]} {data.getvalue()[:80]!r}", before)

    async def judge(self, answer, what, before=None):
        text = await answer.read()
        self.sent += 1
        self.statuses.add(answer.status)
        if answer.status >= 500 or b"Traceback" in text:
            self.wrong.append(f"{answer.status}: {what}")
        if before is not None and answer.status >= 400 and before != await self.stored():
            self.wrong.append(f"{answer.status}, but stored: {what}")

    async def stored(self):
        """What may only change with success; failed sign-ins are counted, that is what they do."""
        tables = [table for table in TABLES if table is not SignInFailure]
        return [await self.engine.count(table.select()) for table in tables]


@pytest.fixture(params=["stranger", Role.AUTHOR, Role.ADMIN])
async def visitor(request, client, make_actor, engine):
    """A stranger, an author or an administrator; with a post, a comment, a file and bob."""
    bob = await make_actor("bob", Role.AUTHOR)
    _, path = await posts.write(bob)
    await bob.post(path.partition("-")[0] + "/comments", data={"body": "Well said."})
    await send(bob, ("a.txt", b"hello"))
    actor = client
    if request.param != "stranger":
        actor = await make_actor("eve", request.param)
    yield (found := Visitor(actor, engine))
    assert found.wrong == []
    assert found.sent > 0
    assert request.param != Role.ADMIN or 403 not in found.statuses
    await nothing_is_half(found)


async def nothing_is_half(visitor):
    """Posts carry the number of their comments, rows of files have their content, which is whole."""
    for blog in await visitor.engine.all(Blog.select(Blog.id, Blog.comment_count)):
        comments = Comment.select(Comment.id).where(
            Comment.blog_id == blog.id, Comment.deleted_at.is_(None)
        )
        assert await visitor.engine.count(comments) == blog.comment_count
    rows = await visitor.engine.scalars(File.select(File.sha256))
    contents = {name: sha256(content) for name, content in kept(visitor.actor).items()}
    assert set(rows) <= contents.keys()
    assert all(name == digest for name, digest in contents.items())


async def test_it_stands_every_field(visitor):
    for route in posting():
        address = fill(route.path)
        for name in FIELDS[route.name]:
            others = {other: VALID.get(other, "hello") for other in FIELDS[route.name]}
            del others[name]
            for value in NONSENSE:
                await visitor.post(address, urlencode([*others.items(), (name, value)]).encode())
            twice = urlencode([*others.items(), (name, "a"), (name, "b")])
            await visitor.post(address, twice.encode())
            await visitor.post(address, urlencode(others).encode())
    assert {303, 422} <= visitor.statuses


async def test_it_stands_every_body(visitor):
    for route in posting():
        for content_type, body in BODIES:
            await visitor.post(fill(route.path), body, content_type)
    assert {400, 415} <= visitor.statuses


async def test_it_stands_every_name_of_a_file(visitor):
    before = await visitor.engine.count(File.select())
    allowed = at_least(getattr(visitor.actor, "user", None), Role.AUTHOR)
    for value in (*NONSENSE, *RAW):
        answer = await send(visitor.actor, (value, value.encode()))
        await visitor.judge(answer, f"file {value[:80]!r}")
    assert (await visitor.engine.count(File.select()) > before) == allowed


async def test_it_stands_every_part_of_a_path(visitor):
    for route in ROUTES:
        for part in re.findall(r"\{(\w+)", route.path):
            for value in (*RAW, *(quote(value, safe="") for value in NONSENSE)):
                address = fill(route.path, **{part: value})
                if "GET" in route.methods:
                    await visitor.get(address)
                else:
                    await visitor.post(address, b"")
    assert {200, 404} <= visitor.statuses


async def test_it_stands_every_word_of_the_query(visitor):
    for route in getting():
        for name, readers in QUERY.items():
            more = map(quote, NONSENSE) if route.name in readers else ()
            for value in ("%ff", "%00", "%zz", *more):
                await visitor.get(f"{fill(route.path)}?{name}={value}")
    assert {200, 400, 404} <= visitor.statuses


async def test_it_stands_every_header(visitor):
    for route in getting():
        for headers in HEADERS:
            await visitor.get(fill(route.path), **headers)


def test_no_route_is_left_out():
    assert set(FIELDS) == {route.name for route in ROUTES if "POST" in route.methods}


def test_no_field_is_left_out():
    read = r"fields\.(?:text|line|secret|choice|integer|many|checked)\(\s*\"(\w+)\""
    code = "".join(path.read_text() for path in SOURCES.rglob("*.py"))
    assert set(re.findall(read, code)) <= {name for names in FIELDS.values() for name in names}


def test_no_word_of_the_query_is_left_out():
    code = "".join(path.read_text() for path in SOURCES.rglob("*.py"))
    read = set(re.findall(r"(?:query_text|_asked_comment)\(request, \"(\w+)\"", code))
    assert read
    assert read <= set(QUERY)
