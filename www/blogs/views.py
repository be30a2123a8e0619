"""Pages for readers: one post with what is said under it, and lists of posts.

The form under a post is answered here and not in `www.comments`, because a comment that cannot be
taken is shown again on the page of the post.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from www import keys
from www.accounts.queries import user_by_name
from www.blogs import queries
from www.blogs.paging import part_of
from www.comments import actions as comments
from www.comments import queries as conversations
from www.comments.forms import NewComment
from www.comments.queries import PAGE_SIZE, Thread
from www.errors import Invalid, NotFound, RateLimited, Unavailable, WwwError
from www.forms import Form
from www.render import render, see_other
from www.requests import query_text, read_form, row_id, signed_in, wants_json

if TYPE_CHECKING:
    from www.models import Blog

_ID: Final = re.compile(r"[1-9][0-9]{0,17}")
_MAX_ID_DIGITS: Final = 30


async def detail(request: web.Request) -> web.Response:
    """Show a post and its comments, under its one right address."""
    engine = request.app[keys.engine]
    blog = await queries.readable_blog(engine, request[keys.user], row_id(request))
    if request.match_info["slug"] != blog.slug:
        return _moved(request, blog, "blogs.detail")
    start, reply = _asked_comment(request, "comments"), _asked_comment(request, "reply")
    if start is None and blog.comment_count > PAGE_SIZE:
        start = reply
    return await _page_of(request, blog, form=Form(), start=start, reply=reply)


async def source(request: web.Request) -> web.Response:
    """Answer the Markdown as it was written."""
    engine = request.app[keys.engine]
    blog = await queries.readable_source(engine, request[keys.user], row_id(request))
    if request.match_info["slug"] != blog.slug:
        return _moved(request, blog, "blogs.source")
    return web.Response(body=blog.body.encode(), content_type="text/markdown", charset="utf-8")


async def short(request: web.Request) -> web.Response:
    """Lead from the number alone to the whole address."""
    engine = request.app[keys.engine]
    blog = await queries.readable_address(engine, request[keys.user], row_id(request))
    return _moved(request, blog, "blogs.detail")


async def comment(request: web.Request) -> web.Response:
    """Take a comment, or show the page again with what was typed."""
    user, engine = signed_in(request), request.app[keys.engine]
    data = await read_form(request)
    try:
        new = NewComment.read(data)
        html = await request.app[keys.renders].run(
            lambda renderer: comments.rendered(renderer, new),
            person_id=user.id,
            chars=len(new.body),
        )
        async with engine.transaction() as conn:
            made, blog = await comments.add(
                conn,
                new,
                blog_id=row_id(request),
                author_id=user.id,
                html=html,
                now=datetime.now(UTC),
            )
    except (Invalid, RateLimited, Unavailable) as err:
        if wants_json(request):
            raise
        return await _comment_again(request, Form.again(data, err), err)
    # A long conversation is shown from the new comment on; a short one as a whole.
    begin = f"&comments={made.id}" if blog.comment_count > PAGE_SIZE else ""
    post = request.app[keys.urls]("blogs.detail", id=blog.id, slug=blog.slug)
    return see_other(f"{post}?notice=commented{begin}#comment-{made.id}")


async def drafts(request: web.Request) -> web.Response:
    """List what the person has begun."""
    engine, user = request.app[keys.engine], signed_in(request)
    page = await queries.drafts(engine, user.id, part_of(request))
    return render(request, "blogs/drafts.html", page=page)


async def tag(request: web.Request) -> web.Response:
    """List the posts under one tag."""
    engine = request.app[keys.engine]
    found = await queries.tag(engine, request.match_info["tag"])
    page = await queries.under_tag(engine, found, part_of(request))
    return render(request, "blogs/tag.html", tag=found.name, page=page)


async def archive(request: web.Request) -> web.Response:
    """List the posts of one year."""
    engine, zone = request.app[keys.engine], request.app[keys.settings].site.timezone
    year = int(request.match_info["year"])
    page = await queries.in_year(engine, year, zone, part_of(request))
    years = await queries.years(engine, zone)
    return render(request, "blogs/archive.html", year=year, years=years, page=page)


async def profile(request: web.Request) -> web.Response:
    """Show a person and what they have published."""
    engine, user = request.app[keys.engine], request[keys.user]
    person = await user_by_name(engine, request.match_info["name"])
    page = await queries.by_author(engine, person.id, part_of(request))
    is_self = user is not None and user.id == person.id
    return render(request, "accounts/profile.html", person=person, page=page, is_self=is_self)


async def _comment_again(request: web.Request, form: Form, err: WwwError) -> web.Response:
    """Show the page of the post with what was typed under it."""
    blog = await queries.readable_blog(
        request.app[keys.engine], request[keys.user], row_id(request)
    )
    if blog.published_at is None:
        raise NotFound
    parent = str(form.values.get("parent", ""))
    alone = isinstance(err, Invalid) and "" in err.errors  # what it answers is gone
    reply = int(parent) if _ID.fullmatch(parent) and not alone else None
    start = reply if blog.comment_count > PAGE_SIZE else None
    page = await _page_of(request, blog, form=form, start=start, reply=reply, status=err.status)
    page.headers.update(err.headers)
    return page


async def _page_of(
    request: web.Request,
    blog: Blog,
    *,
    form: Form,
    start: int | None,
    reply: int | None,
    status: int = 200,
) -> web.Response:
    engine = request.app[keys.engine]
    thread = Thread(())
    if blog.published_at is not None:
        thread = await conversations.thread(engine, blog, start=start)
    reply_to = next((row for row in thread.rows if row.id == reply), None)
    if reply is not None and (reply_to is None or reply_to.deleted_at is not None):
        raise NotFound
    return render(
        request,
        "detail.html",
        status,
        blog=blog,
        author=await queries.author_of(engine, blog),
        tags=(await queries.tags_of(engine, [blog.id]))[blog.id],
        toc=blog.toc,
        comments=thread.rows,
        more_comments=thread.next,
        comments_from=start,
        comment_form=form,
        reply_to=reply_to,
        description=blog.summary,
    )


def _moved(request: web.Request, blog: Blog, route: str) -> web.Response:
    """Redirect to the right address of `blog`, with the query that came.

    `no-cache`, because browsers keep a 301 for ever, and titles may change back.
    """
    location = request.app[keys.urls](route, id=blog.id, slug=blog.slug)
    if query := request.rel_url.raw_query_string:
        location += f"?{query}"
    headers = {hdrs.LOCATION: location, hdrs.CACHE_CONTROL: "no-cache"}
    return web.Response(status=301, headers=headers)


def _asked_comment(request: web.Request, name: str) -> int | None:
    """Return the comment that the query names; NotFound for what can be none."""
    text = query_text(request, name, _MAX_ID_DIGITS)
    if not text:
        return None
    if not _ID.fullmatch(text):
        raise NotFound
    return int(text)
