"""The whole URL map: one line per route, literal paths before variable ones.

Methods, path, name, handler, and who may call it; the access is enforced by
`www.middlewares.access`, and a test refuses a route without one. HEAD comes with every GET.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aiohttp import hdrs

from www import keys, views
from www.accounts import own
from www.accounts import views as accounts
from www.admin import quotas, statements
from www.admin import views as admin
from www.blogs import editing
from www.blogs import views as blogs
from www.bodies import expect_later
from www.comments import views as comments
from www.files import folder_views as folders
from www.files import managing, many, pictures
from www.files import views as files
from www.middlewares.access import ADMIN, ANYONE, AUTHOR, USER, Access
from www.sharing import opening
from www.sharing import views as sharing
from www.uploads import direct_views as direct
from www.uploads import views as uploads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp import web
    from aiohttp.typedefs import Handler

ID: Final = "{id:[1-9][0-9]{0,17}}"
"""A row's id: whatever else stands there is a 404 and never reaches a handler."""
COPY: Final = "{copy:w[0-9]{2,4}[.](?:webp|avif)}"
"""A smaller copy of a picture; a width that is not made is a 404 of the handler's."""
UPLOAD: Final = "{token:[0-9a-f]{32}}"
"""The name of a resumable upload."""


LINK: Final = "{token:[A-Za-z0-9_-]{1,64}}"
"""A share link: the end of its address is the whole secret."""


class Route(NamedTuple):
    """One line of the map."""

    methods: str
    path: str
    name: str
    handler: Handler
    access: Access


# fmt: off
ROUTES: Final = (
    Route("GET",  "/",                    "site.index",       views.index,       ANYONE),
    Route("GET",  "/search",              "site.results",     views.results,     ANYONE),
    Route("POST", "/preferences",         "site.preferences", views.preferences, ANYONE),
    Route("GET",  "/healthz",             "site.healthz",     views.healthz,     ANYONE),
    Route("GET",  "/readyz",              "site.readyz",      views.readyz,      ANYONE),
    Route("GET",  "/metrics",             "site.metrics",     views.metrics,     ANYONE),
    Route("GET",  "/static/{path:.+}",    "site.static",      views.static,      ANYONE),

    Route("GET,POST", "/write",                  "blogs.write",   editing.write,    AUTHOR),
    Route("POST",     "/preview",                "blogs.preview", editing.preview,  AUTHOR),
    Route("GET",      "/drafts",                 "blogs.drafts",  blogs.drafts,     AUTHOR),
    Route("GET",      f"/blogs/{ID}",            "blogs.short",   blogs.short,      ANYONE),
    Route("GET,POST", f"/blogs/{ID}/edit",       "blogs.edit",    editing.edit,     AUTHOR),
    Route("GET,POST", f"/blogs/{ID}/delete",     "blogs.delete",  editing.delete,   AUTHOR),
    Route("GET",      f"/blogs/{ID}-{{slug}}.md", "blogs.source", blogs.source,     ANYONE),
    Route("GET",      f"/blogs/{ID}-{{slug}}",   "blogs.detail",  blogs.detail,     ANYONE),
    Route("GET",      "/tags/{tag:[^/]+}",      "blogs.tag",     blogs.tag,        ANYONE),
    Route("GET",      "/archive/{year:[12][0-9]{3}}", "blogs.archive", blogs.archive, ANYONE),
    Route("GET",      "/users/{name}",           "accounts.profile", blogs.profile, ANYONE),

    Route("POST",     f"/blogs/{ID}/comments",   "comments.create", blogs.comment,   USER),
    Route("GET,POST", f"/comments/{ID}/delete",  "comments.delete", comments.delete, USER),

    Route("GET,POST", "/login",                  "accounts.login",    accounts.login,    ANYONE),
    Route("GET,POST", "/register",               "accounts.register", accounts.register, ANYONE),
    Route("POST",     "/logout",                 "accounts.logout",   accounts.logout,   ANYONE),
    Route("GET,POST", "/setup/{token}",          "accounts.setup",    accounts.setup,    ANYONE),
    Route("GET", "/account", "accounts.account", own.account, USER),
    Route("POST", "/account/profile", "accounts.change_profile", own.change_profile, USER),
    Route("POST", "/account/password", "accounts.change_password", own.change_password, USER),
    Route("POST", f"/account/sessions/{ID}/revoke", "accounts.revoke_session", own.revoke_session, USER),  # noqa: E501

    Route("GET", "/admin/users", "admin.users", admin.users, ADMIN),
    Route("POST", f"/admin/users/{ID}", "admin.change_user", admin.change_user, ADMIN),
    Route("POST", f"/admin/users/{ID}/quota", "admin.change_quota", quotas.change, ADMIN),
    Route("GET,POST", "/admin/invitations", "admin.invitations", admin.invitations, ADMIN),
    Route("POST", f"/admin/invitations/{ID}/revoke", "admin.revoke_invitation", admin.revoke_invitation, ADMIN),  # noqa: E501
    Route("GET", "/admin/statements", "admin.statements", statements.index, ADMIN),
    Route("POST", "/admin/statements/reset", "admin.reset_statements", statements.reset, ADMIN),
    Route("GET", "/admin/audit", "admin.audit", admin.audit, ADMIN),

    Route("GET,POST", "/upload",                 "files.upload",   files.upload,   AUTHOR),
    Route("GET",      "/files",                  "files.index",    managing.index,  USER),
    Route("GET,POST", "/files/archive",          "files.archive",  files.archive,  USER),
    Route("GET",      "/files/usage",            "files.usage",    managing.usage,  USER),
    Route("POST",     "/files/many",             "files.many",     many.many,       USER),
    Route("GET,POST", f"/files/{ID}/edit",       "files.edit",     managing.edit,   USER),
    Route("GET,POST", f"/files/{ID}/delete",     "files.delete",   managing.delete, USER),

    Route("GET",      "/users/{name}/files",     "files.public",   managing.public, ANYONE),
    Route("GET,POST", "/folders",                "folders.create", folders.create, AUTHOR),
    Route("GET",      f"/folders/{ID}",          "folders.detail", folders.detail, ANYONE),
    Route("GET",      f"/folders/{ID}/archive",  "folders.archive", folders.archive, ANYONE),
    Route("GET,POST", f"/folders/{ID}/edit",     "folders.edit",   folders.edit,   USER),
    Route("GET,POST", f"/folders/{ID}/delete",   "folders.delete", folders.delete, USER),

    Route("GET,POST", f"/files/{ID}/share", "sharing.share_file", sharing.share_file, USER),
    Route("GET,POST", f"/folders/{ID}/share", "sharing.share_folder", sharing.share_folder, USER),
    Route("GET", "/links", "sharing.links", sharing.links, USER),
    Route("POST", f"/links/{ID}/revoke", "sharing.revoke", sharing.revoke, USER),
    Route("GET,POST", f"/s/{LINK}", "sharing.detail", opening.detail, ANYONE),
    Route("GET", f"/s/{LINK}/archive", "sharing.archive", opening.archive, ANYONE),
    Route("GET", f"/s/{LINK}/{ID}/{COPY}", "sharing.picture", opening.picture, ANYONE),
    Route("GET", f"/s/{LINK}/{ID}/{{name:.+}}", "sharing.download", opening.download, ANYONE),
    Route("GET",      f"/files/{ID}/{COPY}",     "files.picture",  pictures.picture, ANYONE),
    Route("GET",      f"/files/{ID}/{{name:.+}}", "files.download", files.download, ANYONE),

    Route("POST",     f"/upload/{UPLOAD}/discard", "uploads.discard", uploads.discard, AUTHOR),
    Route("POST",     "/uploads",                "uploads.collection", uploads.collection, AUTHOR),
    Route("OPTIONS",  "/uploads",                "uploads.collection", uploads.options, ANYONE),
    Route("POST",     "/uploads/",               "uploads.slash",  uploads.collection, AUTHOR),
    Route("OPTIONS",  "/uploads/",               "uploads.slash",  uploads.options, ANYONE),
    Route("POST", "/uploads/direct", "uploads.direct", direct.create, AUTHOR),
    Route("GET,DELETE", f"/uploads/direct/{UPLOAD}", "uploads.direct_upload", direct.state, AUTHOR),
    Route("POST", f"/uploads/direct/{UPLOAD}/links", "uploads.direct_links", direct.links, AUTHOR),
    Route("POST", f"/uploads/direct/{UPLOAD}/complete", "uploads.direct_complete", direct.complete, AUTHOR),  # noqa: E501
    Route("GET,POST,PATCH,DELETE", f"/uploads/{UPLOAD}", "uploads.upload", uploads.upload, AUTHOR),
    Route("OPTIONS",  f"/uploads/{UPLOAD}",       "uploads.upload", uploads.options, ANYONE),
)
# fmt: on


def setup_routes(app: web.Application, routes: Iterable[Route] = ROUTES) -> None:
    """Put `routes` into the router, and who may call each where the middleware finds it.

    Lines with the same path and name must follow each other: they share one address.
    """
    access: dict[web.AbstractRoute, Access] = {}
    for route in routes:
        resource = app.router.add_resource(route.path, name=route.name)
        for method in _methods(route.methods):
            access[resource.add_route(method, route.handler, expect_handler=expect_later)] = (
                route.access
            )
    app[keys.access] = access


def _methods(text: str) -> list[str]:
    methods = text.split(",")
    return [*methods, hdrs.METH_HEAD] if hdrs.METH_GET in methods else methods
