"""How much people may keep: the form under the page of what takes their space."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from www import keys
from www.accounts.queries import user as user_row
from www.admin import actions
from www.admin.forms import Quota
from www.errors import Invalid
from www.files.managing import usage_of
from www.forms import Form
from www.render import see_other
from www.requests import read_form, row_id, signed_in

if TYPE_CHECKING:
    from aiohttp import web


async def change(request: web.Request) -> web.Response:
    """Give somebody more or less space."""
    data = await read_form(request)
    person = await user_row(request.app[keys.engine], row_id(request))
    try:
        wanted = Quota.read(data)
    except Invalid as err:
        return await usage_of(request, person, Form.again(data, err), err.status)
    async with request.app[keys.engine].transaction() as conn:
        now = datetime.now(UTC)
        await actions.change_quota(conn, signed_in(request), person.id, wanted.size_bytes, now=now)
    address = request.app[keys.urls]("files.usage")
    return see_other(f"{address}?of={quote(person.name)}&notice=saved")
