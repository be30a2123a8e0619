"""Deleting a comment; writing one is part of the page of its post, in `www.blogs.views`."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import hdrs, web

from www import keys
from www.comments import actions, queries
from www.render import render, see_other
from www.requests import row_id


async def delete(request: web.Request) -> web.Response:
    """Ask once, then delete and go back to the post."""
    user, id = request[keys.user], row_id(request)
    engine = request.app[keys.engine]
    if request.method != hdrs.METH_POST:
        comment = await queries.deletable_comment(engine, user, id)
        return render(request, "comments/delete.html", comment=comment)
    async with engine.transaction() as conn:
        comment = await queries.deletable_comment(conn, user, id)
        await actions.remove(conn, comment, now=datetime.now(UTC))
    post = request.app[keys.urls]("blogs.detail", id=comment.blog_id, slug=comment["slug"])
    return see_other(f"{post}?notice=comment_deleted#comments")
