"""What is done at once with the files and folders that are chosen in a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from www import keys
from www.auth.permissions import can
from www.errors import Invalid, NotFound, WwwError
from www.files import bulk, choosing, folder_queries, queries
from www.files.bulk import Change, Progress
from www.files.forms import MAX_FIELDS, MOST_AT_ONCE, Action, Many, Picked, list_address
from www.forms import Form
from www.i18n import N_
from www.render import render, see_other
from www.requests import read_form, signed_in, wants_json

if TYPE_CHECKING:
    from aiohttp import web

    from www.files.choosing import Chosen
    from www.models import Blog, File, Folder, User

_NAMED: Final = 10
"""Of more than can be ticked by hand, the question before a deletion names so many."""

_OFFERED: Final = 50
"""Of the folders that are found, so many can be chosen."""


async def many(request: web.Request) -> web.Response:
    """Delete, move or show what is chosen in a list; deleting asks first."""
    user, data = signed_in(request), await read_form(request, max_fields=MAX_FIELDS)
    progress = Progress()
    try:
        return await _do(request, user, Many.read(data), progress)
    except (Invalid, NotFound) as err:
        if wants_json(request) or (isinstance(err, NotFound) and not progress.done):
            raise
        return _refused(request, err, Form.again(data, err), data.get("back", ""), progress)


async def _do(request: web.Request, user: User, wanted: Many, progress: Progress) -> web.Response:
    engine, picked = request.app[keys.engine], wanted.picked
    chosen = await choosing.chosen(engine, user, picked)
    if not chosen:
        raise NotFound(N_("This is not there any more."))
    if wanted.action is Action.CHOOSE:
        return await _choose(request, wanted, chosen)
    if wanted.action is not Action.DELETE:
        if wanted.action is Action.MOVE and picked.whole is not None:
            chosen = await choosing.movable(engine, chosen, wanted.folder_id)
        change = Change(wanted.action, wanted.folder_id, wanted.visibility)
        await bulk.change(engine, user, chosen, change, progress)
        return see_other(_with_notice(wanted.back, "saved"))
    # More may have come into a list since the question; what was ticked can only have gone.
    if not wanted.sure or (picked.whole is not None and len(chosen) > wanted.confirmed):
        return await ask(request, picked, chosen, wanted.back)
    await remove(request, user, chosen, keep=wanted.keep)
    notice = "ticked_deleted" if chosen.folder_ids else "files_deleted"
    return see_other(_with_notice(wanted.back, notice))


async def _choose(request: web.Request, wanted: Many, chosen: Chosen) -> web.Response:
    """Return the page on which one of very many folders is looked for, to move into."""
    engine, user = request.app[keys.engine], signed_in(request)
    things: list[File | Folder] = [
        *await queries.manageable_files(engine, user, chosen.ids[:1]),
        *await folder_queries.manageable_folders(engine, user, chosen.folder_ids[:1]),
    ]
    owner_id = things[0].owner_id if things else user.id
    found = await folder_queries.found_choices(engine, owner_id, wanted.words)
    return render(
        request,
        "files/move.html",
        wanted=wanted,
        number=len(chosen),
        found=found[:_OFFERED],
        found_number=len(found),
    )


async def ask(request: web.Request, picked: Picked, chosen: Chosen, back: str) -> web.Response:
    """Return the page that says what is lost when these go."""
    engine, user = request.app[keys.engine], signed_in(request)
    posts, posts_number = await queries.posts_with(engine, chosen.ids)
    tree = await folder_queries.inside_all(engine, chosen.folder_ids)
    most = _NAMED if len(chosen) > MOST_AT_ONCE else MOST_AT_ONCE
    folder_ids = chosen.folder_ids[:most]
    return render(
        request,
        "files/delete.html",
        picked=picked,
        chosen=chosen,
        files=await queries.manageable_files(engine, user, chosen.ids[:most]),
        folders=await folder_queries.manageable_folders(engine, user, folder_ids),
        size_bytes=await queries.size_of(engine, chosen.ids),
        files_inside=await folder_queries.files_in(engine, tree),
        folders_inside=len(tree) - len(chosen.folder_ids),
        used_inside=await folder_queries.used_in(engine, tree),
        back=back,
        posts=seen(request, posts),
        posts_number=posts_number,
        hidden_posts=len(posts) - len(seen(request, posts)),
        more_posts=posts_number - len(posts),
    )


async def remove(request: web.Request, user: User, chosen: Chosen, *, keep: bool = True) -> None:
    """Delete what `user` may delete of these; `keep` leaves what is in the folders."""
    app = request.app
    await bulk.remove(app[keys.engine], app[keys.storage], user, chosen, keep=keep)


def seen(request: web.Request, posts: list[Blog]) -> list[Blog]:
    """Return the posts that the person may see: others' drafts are not named."""
    user = request[keys.user]
    return [post for post in posts if post.published_at or can(user, "edit", post)]


def _refused(
    request: web.Request, err: WwwError, form: Form, back: str, progress: Progress
) -> web.Response:
    """Say why it was refused, and how far it had come."""
    back = list_address(back)
    done = progress.done
    return render(request, "files/refused.html", err.status, form=form, back=back, done=done)


def _with_notice(address: str, notice: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}notice={notice}"
