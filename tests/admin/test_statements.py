"""The page of statements: figures, order, and the start at nothing."""

import re

import pytest

from www import keys
from www.admin.statements import ORDERS
from www.models import AuditEntry


async def page(admin, query=""):
    answer = await admin.get(f"/admin/statements{query}")
    assert answer.status == 200
    return await answer.text()


async def test_it_shows_what_was_asked(admin, client):
    for _ in range(5):
        await client.get("/")
    text = await page(admin)
    assert "<h2><code>SELECT … FROM blogs " in text
    assert re.search(r"<span>5 calls</span>\s*<span>[\d.]+ (?:µs|ms|s) in total</span>", text)


@pytest.mark.parametrize("order", ORDERS)
async def test_it_sorts(admin, client, app, order):
    await client.get("/")
    text = await page(admin, f"?sort={order}")
    assert re.search(rf'\?sort={order}" aria-current="page"', text)
    # The figures went on meanwhile: asking for the page is a statement too.
    value = ORDERS[order][1]
    by_text = {found.brief(140): value(found) for found in app[keys.counters].all()}
    shown = [t for t in re.findall(r"<h2><code>(.*?)</code>", text) if t in by_text]
    assert len(shown) > 1
    if order not in {"total", "mean"}:
        assert [by_text[t] for t in shown] == sorted((by_text[t] for t in shown), reverse=True)


async def test_an_unknown_order_is_not_there(admin):
    assert (await admin.get("/admin/statements?sort=nothing")).status == 404


async def test_it_starts_again_and_notes_who_did_that(admin, client, engine, app):
    await client.get("/search?q=word")
    before = app[keys.counters].since
    answer = await admin.post("/admin/statements/reset", allow_redirects=False)
    assert answer.status == 303
    text = await (await admin.get(answer.headers["Location"])).text()
    assert "The figures start again at nothing." in text
    assert "blog_search" not in text
    assert app[keys.counters].since > before
    entry = await engine.one(AuditEntry.select().order_by(AuditEntry.id.desc()))
    assert (entry.action, entry.actor_id) == ("reset-figures", admin.user.id)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/admin/statements"), ("POST", "/admin/statements/reset")]
)
async def test_only_administrators_come_in(client, alice, method, path):
    json = {"Accept": "application/json"}
    assert (await client.request(method, path, headers=json)).status == 401
    assert (await alice.request(method, path)).status == 403
