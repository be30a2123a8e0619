"""Believable contexts for every template: `PAGES[template][variant]`, on top of `shared(...)`.

The tests render them all; so can anyone who wants to look at a page without a database:

    html = samples.render("detail.html", "full", language="zh-Hans", theme="dark")
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import aiohttp_jinja2
from aiohttp import web

from tests.templates import texts
from tests.templates.texts import Row
from www import render as rendering
from www.files.choosing import MOST_OF_A_LIST, Chosen, Offer
from www.files.copy_keys import CopyKeys
from www.files.forms import Action, Many, Picked, Shown, Whole
from www.files.listing import FILES as AT_FILES
from www.files.listing import Contents
from www.files.queries import Room
from www.files.showing import below, described
from www.files.types import family
from www.forms import Form
from www.i18n import LANGUAGES, Formats, translations
from www.models import File, Visibility
from www.uploads.waiting import Waiting

NOW = datetime(2026, 11, 22, 9, 30, 5, 123456, tzinfo=UTC)
ROLES = ["admin", "editor", "author", "reader"]
FOLDER = Path(rendering.TEMPLATES)
ROUTES = {
    "site.index": "/",
    "site.results": "/search",
    "site.preferences": "/preferences",
    "blogs.detail": "/blogs/{id}-{slug}",
    "blogs.source": "/blogs/{id}-{slug}.md",
    "blogs.short": "/blogs/{id}",
    "blogs.write": "/write",
    "blogs.edit": "/blogs/{id}/edit",
    "blogs.delete": "/blogs/{id}/delete",
    "blogs.preview": "/preview",
    "blogs.drafts": "/drafts",
    "blogs.tag": "/tags/{tag}",
    "blogs.archive": "/archive/{year}",
    "comments.create": "/blogs/{id}/comments",
    "comments.delete": "/comments/{id}/delete",
    "accounts.login": "/login",
    "accounts.register": "/register",
    "accounts.logout": "/logout",
    "accounts.profile": "/users/{name}",
    "accounts.account": "/account",
    "accounts.change_profile": "/account/profile",
    "accounts.change_password": "/account/password",
    "accounts.revoke_session": "/account/sessions/{id}/revoke",
    "files.upload": "/upload",
    "uploads.collection": "/uploads",
    "uploads.direct": "/uploads/direct",
    "uploads.direct_upload": "/uploads/direct/{token}",
    "uploads.upload": "/uploads/{token}",
    "uploads.discard": "/upload/{token}/discard",
    "files.index": "/files",
    "files.download": "/files/{id}/{name}",
    "files.delete": "/files/{id}/delete",
    "files.edit": "/files/{id}/edit",
    "files.many": "/files/many",
    "files.usage": "/files/usage",
    "files.public": "/users/{name}/files",
    "folders.create": "/folders",
    "folders.detail": "/folders/{id}",
    "folders.archive": "/folders/{id}/archive",
    "sharing.archive": "/s/{token}/archive",
    "folders.edit": "/folders/{id}/edit",
    "folders.delete": "/folders/{id}/delete",
    "sharing.share_file": "/files/{id}/share",
    "sharing.share_folder": "/folders/{id}/share",
    "sharing.links": "/links",
    "sharing.revoke": "/links/{id}/revoke",
    "sharing.detail": "/s/{token}",
    "sharing.download": "/s/{token}/{id}/{name}",
    "admin.change_quota": "/admin/users/{id}/quota",
    "admin.users": "/admin/users",
    "admin.change_user": "/admin/users/{id}",
    "admin.invitations": "/admin/invitations",
    "admin.revoke_invitation": "/admin/invitations/{id}/revoke",
    "admin.audit": "/admin/audit",
    "admin.statements": "/admin/statements",
    "admin.reset_statements": "/admin/statements/reset",
}
RANKS = {"reader": 0, "author": 1, "editor": 2, "admin": 3}


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def user(name="mei", role="admin", display="林梅 Mei Lin", **more):
    return Row(
        id=7, name=name, display_name=display, role=role, email="mei@example.org", active=True,
        bio="Writes about gardens, maps and small servers. 写园子，也写程序。", created_at=ago(400),
    ) | more  # fmt: skip


def listed(number, **more):
    title, summary = texts.HEADLINES[number % len(texts.HEADLINES)]
    return Row(
        id=number + 1, title=title, slug=f"post-{number}", summary=summary, published_at=ago(number * 3.4),
        comment_count=(number * 7) % 5, author_name="mei", author_display="林梅 Mei Lin", updated_at=ago(number),
        tags=[["aiohttp", "读书"], [], ["garden", "一件小事", "letters", "maps & walks"]][number % 3],
    ) | more  # fmt: skip


def page(rows, *, more=True):
    return SimpleNamespace(rows=rows, next="2026-11-01T08:00:00Z~41" if more else None)


def listed_files(rows=(), folders=(), following=None, files_at=None, *, is_first=True):
    return Contents(folders, rows, following, files_at, is_first)


EMPTY = page([], more=False)
POSTS = page([listed(n) for n in range(8)])
BLOG = Row(
    id=12, title=texts.HEADLINES[0][0], slug="letters", body="## Hello", html=texts.ARTICLE, author_id=7,
    summary=texts.HEADLINES[0][1], published_at=ago(2), created_at=ago(3), updated_at=ago(1), version=3,
    comment_count=7, toc=texts.TOC,
)  # fmt: skip
COMMENTS = [
    Row(
        id=n + 50, html=html, created_at=ago(1.5 - n / 10), author_name=name, author_display=display,
        depth=depth, parent_id=parent, blog_id=12, author_id=7, deleted_at=NOW if n == 1 else None,
    )
    for n, (name, display, depth, parent, html) in enumerate(texts.COMMENTS)
]  # fmt: skip
FILES = [
    Row(
        id=n + 1, name=name, content_type=kind, size=size, sha256="0" * 64, created_at=ago(n * 5), owner_id=7,
        owner_name="mei" if n else "wang-xiaoming", owner_display="林梅 Mei Lin" if n % 2 else "",
        family=family(kind), visibility=list(Visibility)[n % 3], folder_id=None,
        width=640 if n == 1 else None, height=480 if n == 1 else None,
    )
    for n, (name, kind, size) in enumerate(texts.FILES)
]  # fmt: skip
FOLDERS = [
    Row(
        id=n + 1,
        owner_id=7,
        parent_id=None,
        name=name,
        visibility=list(Visibility)[n % 3],
        created_at=ago(n),
    )
    for n, name in enumerate(
        ["Family & 照片", "2026", "A folder with quite a long name that goes on"]
    )
]
CHOICES = [SimpleNamespace(id=n + 1, name=folder.name, depth=n) for n, folder in enumerate(FOLDERS)]
LINKS = [
    Row(
        id=n + 1, token="bG9uZy1zZWNyZXQtdG9rZW4", file_id=None if n % 2 else 3, folder_id=2 if n % 2 else None,
        file_name=None if n % 2 else FILES[0].name, folder_name="照片 & more" if n % 2 else None, state=state,
        expires_at=None if n % 2 else ago(-n), downloads=n * 3, downloads_left=None if n == 1 else 4 - n,
        password_hash="x" if n else None, created_at=ago(n), revoked_at=None, maker_name="mei" if n else "wang",
        note=["", "For the printers & binders <3", "给姥姥", "long" * 50][n], last_download_at=ago(n / 2) if n else None,
    )
    for n, state in enumerate(["open", "revoked", "expired", "used_up"])
]  # fmt: skip
PEOPLE = [
    user(
        id=n + 1,
        name=name,
        display=display,
        role=role,
        active=n != 2,
        email=None if n == 1 else f"{n}@example.org",
    )
    for n, (name, display, role) in enumerate(texts.PEOPLE)
]
HITS = [
    Row(
        id=n + 1, slug="post", published_at=ago(n * 9), author_name="mei", author_display="林梅 Mei Lin",
        title_html=texts.HIT_TITLES[n % 2], snippet_html=texts.HIT_SNIPPETS[n % 2],
    )
    for n in range(4)
]  # fmt: skip
SESSIONS = [
    Row(
        id=n,
        created_at=ago(9),
        seen_at=ago(n),
        user_agent=agent,
        address="2001:db8::42",
        current=n == 0,
    )
    for n, agent in enumerate(
        ["Firefox 145 on Debian", "", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X)"]
    )
]
INVITATIONS = [Row(id=3, role="author", created_at=ago(1), expires_at=ago(-6), created_by=7)]
ENTRIES = [
    Row(id=n, actor_id=7, actor_name=name, action=action, target=target, at=ago(n))
    for n, (name, action, target) in enumerate(texts.DEEDS)
]
FIGURES = [
    SimpleNamespace(
        sql=sql, brief=lambda chars, sql=sql: sql.replace('"', "")[:chars], fingerprint=fingerprint, calls=calls, rows=calls * 3, seconds=calls * mean, mean_s=mean,
        slowest_s=mean * 40, percentile_s=lambda _part, mean=mean: mean * 9, on_thread=n, errors=n % 2, cancelled=n // 2,
    )
    for n, (sql, fingerprint, calls, mean) in enumerate(texts.STATEMENTS)
]  # fmt: skip
LINK = "https://example.org/setup/bG9uZy1zZWNyZXQtdG9rZW4tdGhhdC1uZXZlci1lbmRz"
BLANK = Form()
WRONG = ["Please fill this in."]
DRAFT = {"title": "未完成的信", "body": "\n## 开头\n\n<b>&amp;", "tags": "a, b", "version": "3"}


def wrong(*names, **values):
    return Form(values, {"": ["The form could not be saved."], **dict.fromkeys(names, WRONG)})


def article(**more):
    base = {
        "blog": BLOG,
        "author": user(),
        "tags": ["aiohttp", "读书", "letters"],
        "toc": texts.TOC,
    }
    return (
        base
        | {
            "comments": COMMENTS,
            "comment_form": BLANK,
            "reply_to": None,
            "more_comments": None,
            "comments_from": None,
        }
        | more
    )


def results(**more):
    return {"q": "", "hits": [], "total": 0, "number": 1, "pages": 0, "hint": False} | more


def account(profile=BLANK, password=BLANK):
    return {"profile_form": profile, "password_form": password, "sessions": SESSIONS}


def editor(form=BLANK, **more):
    return {"blog": None, "form": form, "preview_html": None, "conflict": None} | more


def files(rows=FILES, folders=FOLDERS, **more):
    base = {
        "shown": Shown("/files"),
        "page": listed_files(rows, folders, "WzQxXQ" if rows else None),
        "uses": {1: 1, 2: 12},
        "offer": None,
        "choices": CHOICES,
    }
    return base | {"used_bytes": 48_200_000, "reserved_bytes": 0, "quota_bytes": 2**31} | more


WHOLE = Whole(files=True, folders=True, words="a&b", newest_file_id=9, newest_folder_id=2)

PICKED = Picked([1, 2], [3], WHOLE)
MOVING = Many(
    PICKED, Action.CHOOSE, None, Visibility.PUBLIC, sure=False, confirmed=0, keep=True, back="/files", words="<b>"
)  # fmt: skip


def in_folder(**more):
    return files() | {"folder": FOLDERS[0], "crumbs": FOLDERS[1:], "person": user()} | more


def deleting(files, folders, *, whole=None, more=0, **and_more):
    ids, folder_ids = [file.id for file in files], [folder.id for folder in folders]
    chosen = Chosen([*ids, *range(1000, 1000 + more)], folder_ids)
    names = ("files_inside", "folders_inside", "used_inside", "hidden_posts", "more_posts")
    base = {"files": files, "folders": folders, "back": "/folders/1?view=grid", "posts": []}
    base |= {"picked": Picked(ids, folder_ids, whole), "chosen": chosen, "posts_number": 0}
    return base | {"size_bytes": 48_000_000} | dict.fromkeys(names, 0) | and_more


def about_file(form):
    base = {
        "file": FILES[1],
        "family": "picture",
        "form": form,
        "owner": user(),
        "choices": CHOICES,
    }
    return base | {
        "crumbs": FOLDERS[:2],
        "posts": [BLOG, BLOG | {"published_at": None, "title": ""}],
    }


WAITING = [
    Waiting("0" * 32, "夜航船.mp4", "夜航船.mp4", "", 1000, 400, is_part=False, modified="1", expires_at=NOW),
    Waiting("1" * 32, "a <b>.bin", "", "", None, 0, is_part=True, modified="", expires_at=NOW),
    Waiting("2" * 32, "bucket.bin", "", "", 5_000_000_000, None, is_part=False, modified="", expires_at=NOW),
]  # fmt: skip


def usage(**more):
    groups = [
        ("picture", 1200, 48_000_000),
        ("film", 2, 200_000),
        ("sound", 0, 0),
        ("document", 1, 3),
        ("archive", 1, 1),
        ("other", 4, 1),
    ]
    base = {"person": user(), "form": BLANK, "groups": groups, "largest": FILES}
    base["reserved_bytes"] = 5_000_000
    return base | {"used_bytes": 48_200_000, "quota_bytes": 2**31, "usual_bytes": 2**30} | more


WEEK = Form({"lifetime": "7"})


def sharing(thing=FOLDERS[0], *, form=WEEK, links=LINKS, is_file=False):
    base = {"thing": thing, "is_file": is_file, "crumbs": FOLDERS[:1], "links": links, "form": form}
    own = {
        "lifetimes": ("hour", "1", "7", "365", "never"),
        "min_password": 6,
        "zone": "Asia/Shanghai",
    }
    return base | own | {"action": "/folders/1/share"}


PAGES: dict[str, dict[str, dict[str, object]]] = {
    "index.html": {"full": {"page": POSTS}, "empty": {"page": EMPTY}},
    "detail.html": {
        "full": article(),
        "reply": article(reply_to=COMMENTS[2], more_comments=77, comments_from=50, comment_form=wrong("body", body="")),
        "bare": article(toc=[], tags=[], comments=[], blog=BLOG | {"html": "<p>One line.</p>", "published_at": None}),
    },
    "results.html": {
        "full": results(q="letter & 信", hits=HITS, total=1234, number=2, pages=124),
        "empty": results(q="zzz"), "hint": results(q="a", hint=True), "start": results(),
    },
    "404.html": {"full": {"message": "There is no such page."}},
    "500.html": {"full": {}},
    "error.html": {"full": {"status": 429, "title": "Too often", "message": "Please wait 12 seconds."}},
    "blogs/edit.html": {
        "new": editor(),
        "full": editor(Form(DRAFT), blog=BLOG, preview_html=texts.ARTICLE),
        "wrong": editor(wrong("title", "body", "tags", **DRAFT), blog=BLOG, conflict="Their text\n<p>"),
    },
    "blogs/preview.html": {"full": {"html": "<p>Hello</p>"}},
    "blogs/delete.html": {"full": {"blog": BLOG}, "quiet": {"blog": BLOG | {"comment_count": 0}}},
    "blogs/drafts.html": {"full": {"page": page([listed(n, published_at=None) for n in range(4)])}, "empty": {"page": EMPTY}},
    "blogs/tag.html": {"full": {"tag": "读书 & more", "page": POSTS}, "empty": {"tag": "x", "page": EMPTY}},
    "blogs/archive.html": {
        "full": {"year": 2026, "years": [2026, 2025, 2019], "page": POSTS},
        "empty": {"year": 1999, "years": [], "page": EMPTY},
    },
    "comments/delete.html": {"full": {"comment": COMMENTS[1]}},
    "accounts/login.html": {"full": {"form": Form({"next": "/files"})}, "wrong": {"form": wrong("name", "password", name="mei")}},
    "accounts/register.html": {
        "full": {"form": BLANK, "open": True, "invite": None},
        "wrong": {"form": wrong("name", "email", "password", name="<b>"), "open": True, "invite": None},
        "closed": {"form": BLANK, "open": False, "invite": None},
    },
    "accounts/setup.html": {p: {"purpose": p, "form": BLANK} for p in ("setup", "invite", "reset")},
    "accounts/profile.html": {
        "full": {"person": user(), "page": POSTS, "is_self": True},
        "empty": {"person": user(bio="", display=""), "page": EMPTY, "is_self": False},
        "own": {"person": user(), "page": EMPTY, "is_self": True},
    },
    "accounts/account.html": {"full": account(), "wrong": account(wrong("display_name", "email", "bio", "current"), wrong("current", "password"))},
    "files/upload.html": {
        "full": {"form": BLANK, "max_bytes": 2_000_000_000, "max_files": 100, "choices": [], "waiting": [], "direct": True, "room": Room(2_000_000_000, 5), "usual": "private"},
        "wrong": {"form": wrong("file", "folder", "visibility", folder="2", visibility="public"), "max_bytes": 1000, "max_files": 100, "choices": CHOICES, "waiting": WAITING, "direct": False, "room": Room(10, 20), "usual": "unlisted"},
    },
    "files/index.html": {
        "full": files(), "empty": files([], []), "grid": files(shown=Shown("/files", view="grid")),
        "found": files(shown=Shown("/files", words="a&b"), folders=[]), "lost": files([], [], shown=Shown("/files", words="zz")),
        "folders": files(page=listed_files((), FOLDERS, "folders.WzQxXQ", AT_FILES, is_first=False), offer=Offer(10_000, 300, WHOLE)),
        "very_many": files(choices=None),
        "too_many": files(offer=Offer(MOST_OF_A_LIST + 1, 300, WHOLE)),
        "everybody": files(shown=Shown("/files", "name", "grid", "everybody"), folders=[], choices=[], reserved_bytes=5_000_000),
    },
    "files/folder.html": {"full": in_folder(), "empty": in_folder(page=listed_files()), "others": in_folder(person=user(id=8))},
    "files/public.html": {"full": in_folder(), "top": in_folder(folder=None), "empty": in_folder(folder=None, page=listed_files())},
    "files/edit.html": {
        "full": about_file(Form({"name": "a.png", "folder": 2, "visibility": "public"})),
        "wrong": about_file(wrong("name", "folder", "visibility", name="", folder="9")) | {"posts": []},
    },
    "files/delete.html": {
        "full": deleting(FILES[:1], [], posts=[BLOG], hidden_posts=1, posts_number=2),
        "many": deleting(FILES, []),
        "folders": deleting([], FOLDERS, files_inside=3, folders_inside=1, used_inside=2),
        "both": deleting(FILES[:1], FOLDERS[:1]),
        "whole": deleting(FILES, FOLDERS, whole=WHOLE, more=9990, posts=[BLOG], posts_number=61, more_posts=60),
    },
    "files/move.html": {
        "full": {"wanted": MOVING, "number": 3, "found": [(1, "Family & 照片"), (2, "a / b")], "found_number": 2000},
        "none": {"wanted": MOVING, "number": 1, "found": [], "found_number": 0},
    },
    "files/refused.html": {"full": {"form": wrong("id", "parent"), "back": "/files", "done": 0}, "part": {"form": wrong("id"), "back": "/files", "done": 400}},
    "files/new_folder.html": {"full": {"form": BLANK, "choices": CHOICES, "usual": "unlisted"}, "wrong": {"form": wrong("name", "parent", "visibility", visibility="public"), "choices": [], "usual": "private"}},
    "files/folder_edit.html": {
        "full": in_folder(form=Form({"name": "a", "parent": 2, "visibility": "private"})),
        "wrong": in_folder(form=wrong("name", "parent", "visibility", everything="1")),
    },
    "files/folder_delete.html": {
        "full": {"folder": FOLDERS[0], "files_inside": 3, "folders_inside": 1, "used_inside": 1, "back": "/folders/1"},
        "empty": {"folder": FOLDERS[0], "files_inside": 0, "folders_inside": 0, "used_inside": 0, "back": "/folders/1"},
    },
    "files/usage.html": {"full": usage(), "wrong": usage(person=user(id=8), form=wrong("quota")), "empty": usage(groups=[], largest=[], used_bytes=0, reserved_bytes=0)},
    "sharing/share.html": {"full": sharing(), "file": sharing(FILES[0], is_file=True, links=[]), "wrong": sharing(form=wrong("lifetime", "days", "until", "limit", "password", "note"))},
    "sharing/links.html": {"full": {"page": page(LINKS), "everybody": False}, "everybody": {"page": page(LINKS), "everybody": True}, "empty": {"page": EMPTY, "everybody": False}},
    "sharing/password.html": {"full": {"form": BLANK, "link": LINKS[0]}, "wrong": {"form": wrong("password"), "link": LINKS[0]}},
    "sharing/file.html": {
        **{kind: {"link": LINKS[1], "file": FILES[0], "family": kind, "previews": True, "picture": None, "owner": user()} for kind in ("picture", "film", "sound", "other")},
        "sizes": {"link": LINKS[1], "file": FILES[0], "family": "picture", "previews": True, "picture": described(File(id=1, width=4000, height=3000, placeholder=""), below("/s/t", File(id=1))), "owner": user()},
        "refused": {"link": LINKS[1], "file": FILES[0] | {"width": 0, "height": 0}, "family": "picture", "previews": False, "picture": None, "owner": user()},
        "used": {"link": LINKS[0] | {"downloads_left": 0}, "file": FILES[0], "family": "picture", "previews": False, "picture": None, "owner": user()},
    },
    "sharing/folder.html": {
        "full": in_folder(link=LINKS[0], path_down=FOLDERS, owner=user()),
        "used": in_folder(link=LINKS[0] | {"downloads_left": 0}, path_down=FOLDERS[:1], owner=user()),
        "empty": in_folder(link=LINKS[1], path_down=FOLDERS[:1], owner=user(), page=listed_files()),
    },
    "admin/users.html": {"full": {"page": page(PEOPLE), "roles": ROLES}},
    "admin/confirm.html": {
        "full": {"form": BLANK, "asked": {"role": "admin", "active": "1"}, "person": "mei", "back": "/admin/users"},
        "wrong": {"form": wrong("current"), "asked": {"role": "admin"}, "person": None, "back": "/admin/invitations"},
    },
    "admin/audit.html": {"full": {"page": page(ENTRIES)}, "empty": {"page": EMPTY}},
    "admin/statements.html": {
        "full": {"statements": FIGURES, "order": "total", "orders": {"total": "Total time", "calls": "Calls"}, "since": ago(2)},
        "empty": {"statements": [], "order": "calls", "orders": {"total": "Total time", "calls": "Calls"}, "since": NOW},
    },
    "admin/invitations.html": {
        "full": {"invitations": INVITATIONS, "new_link": LINK, "roles": ROLES, "form": BLANK},
        "empty": {"invitations": [], "new_link": None, "roles": ROLES, "form": wrong("role")},
    },
}  # fmt: skip


def shared(*, who=None, language="en", theme="auto", here="/", **more):
    """What `www.render.render` fills in."""
    formats = Formats(language, UTC)
    title, tagline = texts.SITES[language]
    rank = RANKS[who.role] if who else -1
    return {
        "user": who, "language": language, "languages": LANGUAGES, "theme": theme,
        "site": SimpleNamespace(title=title, tagline=tagline, language=language, registration="open"),
        "url": lambda route, /, **params: ROUTES[route].format_map({k: quote(str(v), safe="") for k, v in params.items()}),
        "absolute": lambda path: f"https://example.org{path}",
        "static": lambda name: f"/static/{name}",
        "path": here.partition("?")[0], "here": here, "request_id": "01JD9Z7Q", "notice": None, "now": NOW,
        "can": lambda action, _thing=None: rank >= (3 if action == "admin" else 1),
        "has_bundle": True, "format_date": formats.date, "format_short_date": formats.short_date,
        "format_datetime": formats.date_time, "format_iso": formats.iso, "format_number": formats.number,
        "copy_key": CopyKeys(b"secret").of, "format_size": formats.size, "format_duration": formats.duration,
    } | more  # fmt: skip


def environment():
    app = web.Application()
    rendering.setup_templates(app)
    return aiohttp_jinja2.get_env(app)


ENVIRONMENT = environment()


def render(template, variant, **context):
    """Return the page as text; keywords go to `shared`."""
    token = rendering._speaking.set(translations(context.get("language", "en")))
    try:
        full = shared(**context) | PAGES[template][variant]
        return re.sub(r"\n\s*\n+", "\n", ENVIRONMENT.get_template(template).render(full))
    finally:
        rendering._speaking.reset(token)
