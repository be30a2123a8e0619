"""What every page asks the database: by an index, and no more often when there is more to show."""

import asyncio
import re
from datetime import timedelta

import apsw
import pytest

from tests.posts import NOW, RENDERER
from www.blogs import actions
from www.blogs.forms import Action, Text
from www.db.testing import statements as statements_of
from www.files import naming
from www.files.listing import ORDERS
from www.models import (
    AuditEntry,
    Blog,
    BlogFile,
    Comment,
    File,
    Folder,
    OneTimeLink,
    Purpose,
    ShareLink,
    User,
    Visibility,
)
from www.routes import ROUTES

pytestmark = pytest.mark.sqlite
POSTS = 40
SETTINGS = pytest.mark.parametrize("settings", [{"site": {"posts_per_page": 100}}], indirect=True)
# Of every GET route one address; 3 is a post and a comment, 4 a draft of alice's.
ADDRESSES = {
    "site.index": "/",
    "site.results": "/search?q=common",
    "site.healthz": "/healthz",
    "site.readyz": "/readyz",
    "site.metrics": "/metrics",
    "site.static": "/static/style.css",
    "blogs.write": "/write",
    "blogs.drafts": "/drafts",
    "blogs.short": "/blogs/3",
    "blogs.edit": "/blogs/3/edit",
    "blogs.delete": "/blogs/3/delete",
    "blogs.source": "/blogs/3-post-3.md",
    "blogs.detail": "/blogs/3-post-3?comments=1&reply=3",
    "blogs.tag": "/tags/all",
    "blogs.archive": "/archive/2026",
    "accounts.profile": "/users/alice",
    "comments.delete": "/comments/3/delete",
    "accounts.login": "/login",
    "accounts.register": "/register",
    "accounts.setup": "/setup/no-such-token",
    "accounts.account": "/account",
    "admin.users": "/admin/users",
    "admin.invitations": "/admin/invitations",
    "admin.audit": "/admin/audit",
    "admin.statements": "/admin/statements",
    "files.upload": "/upload",
    "files.index": "/files",
    "files.archive": "/files/archive?id=1&id=2",
    "files.download": "/files/1/a.txt",
    "files.picture": "/files/1/w320.webp?k=0000000000000000",
    "files.delete": "/files/1/delete",
    "uploads.upload": f"/uploads/{'0' * 32}",
    "uploads.direct_upload": f"/uploads/direct/{'0' * 32}",
    "files.usage": "/files/usage",
    "files.edit": "/files/1/edit",
    "files.public": "/users/alice/files",
    "folders.create": "/folders",
    "folders.detail": "/folders/1",
    "folders.archive": "/folders/1/archive",
    "sharing.archive": "/s/t2/archive",
    "folders.edit": "/folders/1/edit",
    "folders.delete": "/folders/1/delete",
    "sharing.share_file": "/files/1/share",
    "sharing.share_folder": "/folders/1/share",
    "sharing.links": "/links",
    "sharing.detail": "/s/t2",
    "sharing.download": "/s/t2/1/a.txt",
    "sharing.picture": "/s/t2/1/w320.webp",
}
# Other ways to look at lists of files.
LOOKS = [
    *(
        f"/files?sort={order}{show}"
        for order in ORDERS
        for show in ("", "&show=all", "&show=everybody")
    ),
    *(f"/folders/1?sort={order}" for order in ORDERS),
    *("/files?q=a.t", "/files?q=a", "/files?q=a+t&show=everybody", "/users/alice/files?q=txt"),
    "/files?before=files",
    *(f"/files/archive?all=files&upto=9.9&{which}" for which in ("show=all", "q=a.t", "in=1")),
    *("/links?show=everybody", "/s/t2?in=2", "/files/usage?of=alice"),
]
# Lists of posts, of which the test asks for a second page too.
PAGED = ("site.index", "blogs.tag", "blogs.archive", "accounts.profile", "blogs.drafts")


@pytest.fixture
def asked(engine):
    """Every statement since the list was last cleared."""
    with statements_of(engine, everywhere=True) as seen:
        yield seen


async def fill(engine, author, first, posts):
    """Add posts first to first + posts, every fourth a draft, with comments and files."""
    at = NOW.replace(day=1)
    async with engine.transaction() as conn:
        for number in range(first, first + posts):
            action = Action.DRAFT if number % 4 == 0 else Action.PUBLISH
            text = Text(f"Post {number}", "common text", ("all", f"tag {number}"), action=action)
            moment = at + timedelta(minutes=number)
            prepared = actions.prepare(RENDERER, text)
            await actions.create(conn, text, prepared, author_id=author.id, now=moment)
        own = {"author_id": author.id, "body": "x", "html": "x"}
        rows = [Comment(blog_id=3, path=f"{n:012}", **own) for n in range(first, first + posts)]
        await conn.insert_many(rows)
        await conn.insert_many([people(n) for n in range(first, first + posts)])
        await conn.insert_many([folder(author, n) for n in range(first, first + posts)])
        files = [file(author, n) for n in range(first, first + posts)]
        await conn.insert_many(files)
        await naming.put(conn, files)
        await conn.insert_many([BlogFile(blog_id=row.id, file_id=row.id) for row in files])
        await conn.insert_many([link(author, n) for n in range(first, first + posts)])
        await conn.insert_many([invitation(n) for n in range(first, first + posts)])
        await conn.insert_many([entry(author, n) for n in range(first, first + posts)])


def people(number):
    return User(name=f"p{number}", name_key=f"p{number}", password_hash="")


def file(owner, number):
    return File(
        id=number,
        owner_id=owner.id,
        folder_id=1 if number % 2 else None,
        name="a.txt",
        name_key=naming.key(f"a{number}.txt"),
        content_type="text/plain",
        size=1,
        sha256=f"{number:064}",
        visibility=Visibility.PUBLIC,
    )


def folder(owner, number):
    columns = {"name": f"f{number}", "name_key": f"f{number}", "visibility": Visibility.PUBLIC}
    parent_id = 1 if 1 < number < 5 else None
    return Folder(id=number, owner_id=owner.id, parent_id=parent_id, **columns)


def link(owner, number):
    opens = {"file_id": number} if number % 2 else {"folder_id": 1}
    return ShareLink(token=f"t{number}", created_by=owner.id, **opens)


def invitation(number):
    hashed = number.to_bytes(32)
    return OneTimeLink(
        token_hash=hashed, purpose=Purpose.INVITE, expires_at=NOW + timedelta(days=9999)
    )


def entry(actor, number):
    return AuditEntry(actor_id=actor.id, actor_name=actor.name, action="test", target=str(number))


async def statements(actor, asked, path):
    """Return what one GET asks; the first one may also bring the session up to date."""
    for _ in range(2):
        asked.clear()
        async with actor.get(path, allow_redirects=False) as answer:
            await answer.read()
            assert answer.status < 500, path
    return asked.sql


def problems(sql, plan):
    """Return the steps that read a whole table or sort what no index keeps in order."""
    found = []
    for step in plan:
        # The full text index is asked by words; its hits can only be sorted by rank.
        if "VIRTUAL TABLE INDEX" in step or ("blog_search" in sql and "ORDER BY" in step):
            continue
        # `counted` is not a table: steps of its own say how its rows are found.
        scans = step.startswith("SCAN ") and step != "SCAN counted" and "CONSTANT ROW" not in step
        if (scans and not stops_early(sql)) or "TEMP B-TREE" in step:
            found.append(f"{step}  <-  {sql}")
    return found


def stops_early(sql):
    """Tell whether a scan in order ends with the page: nothing that it passes is left out."""
    where = sql.partition(" WHERE ")[2].partition(" ORDER BY ")[0]
    left_out = re.sub(r"[\w.\"]+ IS NOT NULL|[() ]|AND", "", where)
    return " ORDER BY " in sql and " LIMIT " in sql and not left_out


def plans(path, queries):
    """Return the problems of all `queries`, with the statistics of the tables and without."""
    found = []
    with apsw.Connection(str(path)) as connection:
        for prepare in ("SELECT 1", "ANALYZE"):
            connection.execute(prepare).fetchall()
            for sql in sorted(set(queries)):
                rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?"))
                found += problems(sql, [row[3] for row in rows])
    return found


def test_it_knows_every_page():
    assert {route.name for route in ROUTES if "GET" in route.methods} == set(ADDRESSES)


@SETTINGS
async def test_it_scans_no_table(client, bob, alice, admin, engine, asked):
    await fill(engine, alice.user, 1, POSTS)
    await fill(engine, admin.user, POSTS + 1, 300)
    queries = []
    paths = [*ADDRESSES.values(), *LOOKS, *(await cursors(alice, engine))]
    for path in paths:
        for actor in (client, bob, alice, admin):
            queries += [s for s in await statements(actor, asked, path) if s.startswith("SELECT")]
    assert len(set(queries)) > len(ADDRESSES)
    found = await asyncio.to_thread(plans, engine.path, queries)
    assert not found, "\n".join(found)


async def cursors(actor, engine):
    """The addresses of the second pages."""
    page = await engine.page(
        Blog.select(Blog.published_at)
        .where(Blog.published_at.is_not(None))
        .order_by(Blog.published_at.desc()),
        size=30,
    )
    return [f"{ADDRESSES[name]}?before={page.next}" for name in PAGED]


@SETTINGS
@pytest.mark.parametrize("name", ADDRESSES)
async def test_it_asks_no_more_for_more_rows(alice, admin, engine, asked, name):
    await fill(engine, alice.user, 1, 8)
    before = [len(await statements(actor, asked, ADDRESSES[name])) for actor in (alice, admin)]
    await fill(engine, alice.user, 9, POSTS)
    after = [len(await statements(actor, asked, ADDRESSES[name])) for actor in (alice, admin)]
    assert after == before


@SETTINGS
@pytest.mark.parametrize("name", PAGED)
async def test_it_reads_no_texts_for_a_list(alice, engine, asked, name):
    await fill(engine, alice.user, 1, 8)
    sql = " ".join(await statements(alice, asked, ADDRESSES[name]))
    assert '"blogs"."title"' in sql
    assert not re.findall(r'"blogs"\."(?:body|html|toc)"', sql)


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "id" FROM "blogs" WHERE "title" = ?',
        'SELECT count(*) FROM "blogs"',
        'SELECT "id" FROM "blogs" WHERE "title" = ? ORDER BY "id" LIMIT 1',
        'SELECT "id" FROM "comments" ORDER BY "created_at" LIMIT 1',
        'SELECT "blogs"."id" FROM "blogs" JOIN "users" ON "users"."bio" = "blogs"."title" WHERE "blogs"."id" = 1',
    ],
)
def test_it_sees_what_is_wrong(engine, sql):
    assert plans(engine.path, [sql])
