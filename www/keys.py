"""Typed keys of what hangs on the application and on a request; there are no globals.

Their types are imported for the type checker only, so this module stays a leaf at run time.
`create_app` fills the application's keys, the middlewares fill the request's, before any handler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from www.assets import Assets
    from www.auth.passwords import Passwords
    from www.auth.permissions import Can
    from www.bodies import Bodies
    from www.db import Engine
    from www.db.seen.counters import Counters
    from www.db.seen.report import Reports
    from www.files.again import SentFiles
    from www.files.arrivals import Arrivals
    from www.files.copy_keys import CopyKeys
    from www.files.facts import Facts
    from www.files.guessing import Guesses
    from www.files.hot import HotContents
    from www.files.planning import Plans
    from www.files.scanning import Scanner
    from www.files.space import Space
    from www.files.zipping import Checksums
    from www.markup import Renders
    from www.metrics import Metrics
    from www.models import Role, Session, User
    from www.pictures.maker import Pictures
    from www.settings import Settings
    from www.storage import Storage
    from www.uploads.core import Uploads
    from www.uploads.direct import Direct
    from www.urls import Urls

settings: Final[web.AppKey[Settings]] = web.AppKey("settings")
engine: Final[web.AppKey[Engine]] = web.AppKey("engine")
storage: Final[web.AppKey[Storage]] = web.AppKey("storage")
hot: Final[web.AppKey[HotContents]] = web.AppKey("hot")  # small contents in memory
sent: Final[web.AppKey[SentFiles]] = web.AppKey("sent")  # answers of small files
guesses: Final[web.AppKey[Guesses]] = web.AppKey("guesses")  # wrong names of files
checksums: Final[web.AppKey[Checksums]] = web.AppKey("checksums")  # for archives
plans: Final[web.AppKey[Plans]] = web.AppKey("plans")  # of archives
direct: Final[web.AppKey[Direct | None]] = web.AppKey("direct")  # None: all come through us
uploads: Final[web.AppKey[Uploads]] = web.AppKey("uploads")
bodies: Final[web.AppKey[Bodies]] = web.AppKey("bodies")
scanner: Final[web.AppKey[Scanner | None]] = web.AppKey("scanner")  # None: files are not scanned
policy: Final[web.AppKey[str]] = web.AppKey("policy")  # Content-Security-Policy of pages
space: Final[web.AppKey[Space]] = web.AppKey("space")
arrivals: Final[web.AppKey[Arrivals]] = web.AppKey("arrivals")  # rows of uploads
pictures: Final[web.AppKey[Pictures]] = web.AppKey("pictures")
copy_keys: Final[web.AppKey[CopyKeys]] = web.AppKey("copy_keys")  # in addresses of pictures
facts: Final[web.AppKey[Facts]] = web.AppKey("facts")  # of pictures, learnt beside the requests
passwords: Final[web.AppKey[Passwords]] = web.AppKey("passwords")
renders: Final[web.AppKey[Renders]] = web.AppKey("renders")
assets: Final[web.AppKey[Assets]] = web.AppKey("assets")
urls: Final[web.AppKey[Urls]] = web.AppKey("urls")
can: Final[web.AppKey[Can]] = web.AppKey("can")
tasks: Final[web.AppKey[set[asyncio.Task[None]]]] = web.AppKey("tasks")  # beside the requests
metrics: Final[web.AppKey[Metrics]] = web.AppKey("metrics")
counters: Final[web.AppKey[Counters]] = web.AppKey("counters")  # figures per statement
reports: Final[web.AppKey[Reports]] = web.AppKey("reports")  # only with log.statements
access: Final[web.AppKey[Mapping[web.AbstractRoute, Role | None]]] = web.AppKey("access")

request_id: Final[web.RequestKey[str]] = web.RequestKey("request_id")
user: Final[web.RequestKey[User | None]] = web.RequestKey("user")
session: Final[web.RequestKey[Session | None]] = web.RequestKey("session")
language: Final[web.RequestKey[str]] = web.RequestKey("language")
theme: Final[web.RequestKey[str]] = web.RequestKey("theme")
set_cookie: Final[web.RequestKey[str | None]] = web.RequestKey("set_cookie")  # of streams too
answering: Final[web.RequestKey[bool]] = web.RequestKey("answering")  # headers are on their way
