"""All pages in all their states: addresses, who looks, and what the server answers.

Names in braces are filled in from the site: `{article}`.
"""

import re
from typing import NamedTuple

from tests.e2e.site import read


class Place(NamedTuple):
    """A page: its name, its address, who looks, and what the server answers."""

    name: str
    path: str
    who: str = ""
    status: int = 200


EMPTY = [
    Place("empty", "/"),
    Place("empty-search", "/search"),
    Place("empty-files", "/files", "carol"),
    Place("empty-links", "/links", "carol"),
    Place("empty-usage", "/files/usage", "carol"),
    Place("empty-public", "/users/carol/files"),
    Place("empty-drafts", "/drafts", "carol"),
    Place("empty-write", "/", "carol"),
    Place("empty-profile", "/users/carol", "carol"),
    Place("empty-upload", "/upload", "carol"),
    Place("login", "/login?next=/write"),
    Place("register", "/register"),
    Place("setup", "{setup}"),
]
FILLED = [
    Place("front", "/"),
    Place("front-signed-in", "/", "rosa"),
    Place("earlier", "{older}"),
    Place("article", "{article}"),
    Place("article-author", "{article}", "lin"),
    Place("article-answer", "{reply}", "rosa"),
    Place("hostile", "{hostile}"),
    Place("draft", "{draft}", "lin"),
    Place("drafts", "/drafts", "lin"),
    Place("write", "/write", "lin"),
    Place("edit", "{article-edit}", "lin"),
    Place("delete", "{article-delete}", "lin"),
    Place("delete-comment", "{comment-delete}", "rosa"),
    Place("search", "/search"),
    Place("results", "/search?q=letter"),
    Place("results-chinese", "/search?q=枫桥"),
    Place("results-none", "/search?q=nowhere"),
    Place("results-short", "/search?q=%22"),
    Place("tag", "/tags/letters"),
    Place("tag-awkward", "/tags/C++%20&%20C%23"),
    Place("archive", "{archive}"),
    Place("profile", "/users/林小雨"),
    Place("profile-self", "/users/rosa", "rosa"),
    Place("account", "/account", "rosa"),
    Place("files", "/files", "lin"),
    Place("upload", "/upload", "lin"),
    Place("files-grid", "/files?view=grid", "lin"),
    Place("files-found", "/files?q=png", "lin"),
    Place("files-everybody", "/files?show=everybody&sort=name", "rosa"),
    Place("file", "/files/1/edit", "lin"),
    Place("file-share", "/files/1/share", "lin"),
    Place("usage", "/files/usage", "lin"),
    Place("usage-others", "/files/usage?of=林小雨", "rosa"),
    Place("folder", "/folders/1", "lin"),
    Place("folder-edit", "/folders/1/edit", "lin"),
    Place("folder-delete", "/folders/1/delete", "lin"),
    Place("folder-new", "/folders", "lin"),
    Place("links", "/links", "lin"),
    Place("files-public", "/users/林小雨/files"),
    Place("shared-file", "{shared-file}"),
    Place("shared-folder", "{shared-folder}"),
    Place("shared-password", "{shared-password}"),
    Place("delete-file", "/files/1/delete", "lin"),
    Place("people", "/admin/users", "rosa"),
    Place("invitations", "/admin/invitations", "rosa"),
    Place("log", "/admin/audit", "rosa"),
    Place("statements", "/admin/statements?sort=calls", "rosa"),
    Place("notice", "/?notice=welcome", "rosa"),
    Place("not-found", "/nowhere", "", 404),
    Place("forbidden", "/admin/users", "lin", 403),
    Place("unreadable", "/search?q=%ff", "", 400),
]


class Wrong(NamedTuple):
    """A form that is sent with something wrong: its page, its address, its fields, the answer."""

    name: str
    path: str
    action: str
    fields: dict[str, str]
    who: str = ""
    status: int = 422


WRONG = [
    Wrong("wrong-login", "/login", "/login", {"name": "nobody", "password": "nothing"}),
    Wrong(
        "wrong-register", "/register", "/register", {"name": "a b", "email": "x", "password": "1"}
    ),
    Wrong(
        "wrong-write",
        "/write",
        "/write",
        {"title": "", "body": "", "tags": ",".join("abcdefghijkl")},
        "lin",
    ),
    Wrong("wrong-comment", "{article}", "{article-comments}", {"body": " "}, "rosa"),
    Wrong("wrong-profile", "/account", "/account/profile", {"email": "x"}, "rosa"),
    Wrong(
        "wrong-password", "/account", "/account/password", {"current": "x", "password": "y"}, "rosa"
    ),
    Wrong(
        "conflict",
        "{article-edit}",
        "{article-edit}",
        {"title": "Mine", "body": "x", "version": "0"},
        "lin",
        409,
    ),
]


async def addresses(site):
    """Return what the braces stand for."""
    article = site.places["article"]
    number = article.removeprefix("/blogs/").partition("-")[0]
    async with site.client() as client:
        front = await read(client, "/")
        thread = await read(client, article)
    comment = re.findall(r'id="comment-(\d+)"', thread)[-1]
    found = re.search(r'rel="next" href="([^"]*)"', front)
    year = re.search(r'href="(/archive/\d+)"', front)
    assert found
    assert year
    return site.places | {
        "older": found[1],
        "archive": year[1],
        "reply": f"{article}?reply={comment}",
        "article-edit": f"/blogs/{number}/edit",
        "article-delete": f"/blogs/{number}/delete",
        "article-comments": f"/blogs/{number}/comments",
        "comment-delete": f"/comments/{comment}/delete",
        "setup": site.setup_link.removeprefix(site.url),
    }
