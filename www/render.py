"""Pages: one environment made at start, and one `render` that fills in what every page needs.

aiohttp-jinja2 keeps the environment; its context processors are not used (they store under a str
key, which warns on aiohttp 3.14, and cost a middleware per request). Rendering is synchronous.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web

from www import keys
from www.addresses import absolute_url
from www.forms import Form
from www.i18n import LANGUAGES, Formats, translations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from gettext import NullTranslations


TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
NOTICES: Final = frozenset(
    {
        *("saved", "published", "drafted", "deleted", "commented", "uploaded", "signed_out"),
        *("welcome", "password_changed", "profile_saved", "session_revoked", "invited"),
        *("user_changed", "comment_deleted", "file_deleted", "figures_reset"),
        *("files_deleted", "folder_deleted", "link_revoked", "shared"),
        *("ticked_deleted", "upload_discarded", "signed_in_again"),
    }
)
"""What `?notice=` may name; the template holds the texts."""

_NOTICE: Final = re.compile(r"(?:^|&)notice=([a-z_]+)(?:&|$)")

_speaking: ContextVar[NullTranslations] = ContextVar("_speaking")
"""The catalogue of the page being rendered. Macros imported without context see it too, which a
variable of the context would not reach."""


def setup_templates(app: web.Application, loader: jinja2.BaseLoader | None = None) -> None:
    """Put the environment into the application; `load_templates` compiles them at start."""
    env = aiohttp_jinja2.setup(
        app,
        loader=loader or jinja2.FileSystemLoader(TEMPLATES),
        default_helpers=False,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        lambda text: _speaking.get().gettext(text),
        lambda one, many, n: _speaking.get().ngettext(one, many, n),
        newstyle=True,
    )


def load_templates(app: web.Application) -> None:
    """Compile every template, so that no reader waits for one."""
    env = aiohttp_jinja2.get_env(app)
    for name in env.list_templates(extensions=["html"]):
        env.get_template(name)


def render(
    request: web.Request,
    template: str,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> web.Response:
    """Return `template` as a page in the reader's language, with what every page has.

    A `Form` in the context is translated on the way.
    """
    language = request[keys.language]
    for name, value in context.items():
        if isinstance(value, Form):
            context[name] = value.translated(language)
    token = _speaking.set(translations(language))
    try:
        text = aiohttp_jinja2.render_string(
            template, request, {**page_context(request, status), **context}
        )
    finally:
        _speaking.reset(token)
    response = web.Response(
        body=text.encode(), status=status, content_type="text/html", charset="utf-8"
    )
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept, Accept-Language, Cookie"
    if headers:
        response.headers.update(headers)
    return response


def see_other(location: str) -> web.Response:
    """Return the answer to a form that was taken: go there and ask with GET."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: location})


def page_context(request: web.Request, status: int) -> dict[str, object]:
    """Return what every page has, for authors of templates; never raises, error pages need it."""
    app, language, user = request.app, request[keys.language], request.get(keys.user)
    settings = app[keys.settings]
    formats = Formats(language, settings.site.timezone)
    can = app[keys.can]
    copy_keys = app.get(keys.copy_keys)
    notice = _NOTICE.search(request.rel_url.raw_query_string)
    return {
        "status": status,
        "user": user,
        "site": settings.site,
        "language": language,
        "languages": LANGUAGES,
        "theme": request[keys.theme],
        "url": app[keys.urls],
        "absolute": partial(absolute_url, request),
        "static": app[keys.assets].url,
        "has_bundle": app[keys.assets].get("dist/main.js") is not None,
        "path": request.path,
        "here": request.rel_url.raw_path_qs,
        "request_id": request[keys.request_id],
        "notice": notice[1] if notice and notice[1] in NOTICES else None,
        "now": datetime.now(UTC),
        "can": lambda action, thing=None: can(user, action, thing),
        "copy_key": copy_keys.of if copy_keys else None,
        "format_date": formats.date,
        "format_short_date": formats.short_date,
        "format_datetime": formats.date_time,
        "format_iso": formats.iso,
        "format_number": formats.number,
        "format_size": formats.size,
        "format_duration": formats.duration,
    }
