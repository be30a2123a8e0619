"""Pages for authors: write, edit, preview, delete."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys
from www.blogs import actions, queries
from www.blogs.forms import Action, Text, body_of, form_of
from www.db import VersionConflict
from www.errors import Conflict, Invalid, RateLimited, Unavailable, WwwError
from www.files.showing import pictures_of
from www.forms import Fields, Form
from www.render import render, see_other
from www.requests import read_form, row_id, signed_in, wants_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from multidict import MultiDict

    from www.markup import Pictures
    from www.models import Blog

# With these what was typed comes back, instead of a page that says no more than what was wrong.
_SHOWN_IN_FORM: Final = (Invalid, RateLimited, Unavailable)


async def write(request: web.Request) -> web.Response:
    """Show an empty sheet; store what comes back."""
    if request.method != hdrs.METH_POST:
        return _editor(request, None, Form())
    user, data = signed_in(request), await read_form(request)
    try:
        text = Text.read(data, max_bytes=_max_bytes(request))
        if text.action is Action.PREVIEW:
            return _preview(request, None, data, await _rendered(request, text.body, user.id))
        prepared = await _prepared(request, text, user.id)
    except _SHOWN_IN_FORM as err:
        return _wrong(request, None, data, err)
    async with request.app[keys.engine].transaction() as conn:
        blog = await actions.create(conn, text, prepared, author_id=user.id, now=datetime.now(UTC))
    return _saved(request, blog, "drafted" if blog.published_at is None else "published")


async def edit(request: web.Request) -> web.Response:
    """Show a post in the form; store a new version of it."""
    user, engine, id = request[keys.user], request.app[keys.engine], row_id(request)
    blog = await queries.editable_blog(engine, user, id)
    if request.method != hdrs.METH_POST:
        tags = await queries.tags_of(engine, [id])
        return _editor(request, blog, form_of(blog, tags[id]))
    data = await read_form(request)
    try:
        text = Text.read(data, max_bytes=_max_bytes(request))
        if text.action is Action.PREVIEW:
            html = await _rendered(request, text.body, blog.author_id)
            return _preview(request, blog, data, html)
        prepared = await _prepared(request, text, blog.author_id)
    except _SHOWN_IN_FORM as err:
        return _wrong(request, blog, data, err)
    try:
        async with engine.transaction() as conn:
            blog = await queries.editable_blog(conn, user, id)
            was_draft = blog.published_at is None
            await actions.save(conn, blog, text, prepared, now=datetime.now(UTC))
    except (Conflict, VersionConflict):
        return _conflict(request, await queries.editable_blog(engine, user, id), data)
    if blog.published_at is None:
        return _saved(request, blog, "drafted")
    return _saved(request, blog, "published" if was_draft else "saved")


async def preview(request: web.Request) -> web.Response:
    """Answer the Markdown of the field `body` as HTML, for the script beside the editor."""
    fields = Fields(await read_form(request))
    body = body_of(fields, max_bytes=_max_bytes(request), required=False)
    fields.check()
    html = await _rendered(request, body, signed_in(request).id)
    return render(request, "blogs/preview.html", html=html)


async def delete(request: web.Request) -> web.Response:
    """Ask once, then delete."""
    user, engine, id = request[keys.user], request.app[keys.engine], row_id(request)
    if request.method != hdrs.METH_POST:
        blog = await queries.editable_blog(engine, user, id)
        return render(request, "blogs/delete.html", blog=blog)
    async with engine.transaction() as conn:
        blog = await queries.editable_blog(conn, user, id)
        await actions.remove(conn, blog)
    home = request.app[keys.urls]("site.index")
    return see_other(f"{home}?notice=deleted")


async def _prepared(request: web.Request, text: Text, author_id: int) -> actions.Prepared:
    renders, user = request.app[keys.renders], signed_in(request)
    pictures = await _pictures(request, text.body, author_id)
    return await renders.run(
        lambda renderer: actions.prepare(renderer, text, pictures),
        person_id=user.id,
        chars=len(text.body),
    )


async def _pictures(request: web.Request, body: str, author_id: int) -> Pictures:
    app = request.app
    return await pictures_of(
        app[keys.engine], app[keys.facts], app[keys.copy_keys], body, author_id=author_id
    )


async def _rendered(request: web.Request, body: str, author_id: int) -> str:
    """Return a preview of `body`; a newer one of the same person goes first."""
    renders, user = request.app[keys.renders], signed_in(request)
    pictures = await _pictures(request, body, author_id)
    rendered = await renders.run(
        lambda renderer: actions.render(renderer, body, pictures),
        person_id=user.id,
        chars=len(body),
        preview=True,
    )
    return rendered.html


def _wrong(
    request: web.Request, blog: Blog | None, data: MultiDict[str], err: WwwError
) -> web.Response:
    if wants_json(request):
        raise err
    return _editor(request, blog, Form.again(data, err), err.status, headers=err.headers)


def _preview(
    request: web.Request, blog: Blog | None, data: MultiDict[str], html: str
) -> web.Response:
    return _editor(request, blog, Form.again(data, Invalid({})), preview_html=html)


def _conflict(request: web.Request, blog: Blog, data: MultiDict[str]) -> web.Response:
    """Show both texts; the form now holds the newer version, so that saving again is meant."""
    if wants_json(request):
        raise Conflict
    form = Form.again(data, Invalid({}))
    form = replace(form, values={**form.values, "version": blog.version})
    return _editor(request, blog, form, 409, conflict=blog.body)


def _editor(
    request: web.Request,
    blog: Blog | None,
    form: Form,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    preview_html: str | None = None,
    conflict: str | None = None,
) -> web.Response:
    return render(
        request,
        "blogs/edit.html",
        status,
        headers=headers,
        blog=blog,
        form=form,
        preview_html=preview_html,
        conflict=conflict,
    )


def _saved(request: web.Request, blog: Blog, notice: str) -> web.Response:
    post = request.app[keys.urls]("blogs.detail", id=blog.id, slug=blog.slug)
    return see_other(f"{post}?notice={notice}")


def _max_bytes(request: web.Request) -> int:
    return request.app[keys.settings].limits.body_bytes
