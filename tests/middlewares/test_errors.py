"""Errors become the page or the problem that suits them."""

import logging

import pytest
from aiohttp import ClientPayloadError, web

from tests.chassis import ANYONE, TEMPLATES, Route, make_app, raising
from www.db.errors import Busy, InvalidCursor, RowNotFound, VersionConflict
from www.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    QuotaExceeded,
    RateLimited,
    TooLarge,
    Unauthenticated,
    UnsupportedType,
)

JSON = {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadRequest(), 400),
        (Forbidden(), 403),
        (NotFound(), 404),
        (Conflict(), 409),
        (TooLarge(), 413),
        (QuotaExceeded(), 413),
        (UnsupportedType(), 415),
        (Invalid({"name": ["no"]}), 422),
        (RateLimited(2.5), 429),
        (InvalidCursor(), 400),
        (RowNotFound(), 404),
        (VersionConflict(), 409),
        (Busy(), 503),
        (ZeroDivisionError(), 500),
        (TimeoutError(), 500),
        (ConnectionResetError(), 400),
        (web.HTTPGone(), 410),
    ],
)
async def test_it_answers_with_the_status_of_the_error(aiohttp_client, error, status):
    client = await aiohttp_client(make_app(raising(error)))
    page, problem = await client.get("/raise"), await client.get("/raise", headers=JSON)
    assert (page.status, problem.status) == (status, status)
    assert (await page.text()).startswith(f"page {status}")
    assert page.content_type == "text/html"
    assert problem.content_type == "application/problem+json"
    assert (await problem.json())["status"] == status


async def test_a_problem_says_everything(aiohttp_client):
    error = Invalid({"name": ["Please fill this in."], "": ["no"]})
    client = await aiohttp_client(make_app(raising(error)))
    response = await client.get("/raise?secret=1", headers=JSON)
    assert await response.json() == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "Please correct what is marked below.",
        "instance": "/raise",
        "request_id": response.headers["X-Request-ID"],
        "errors": {"name": ["Please fill this in."], "": ["no"]},
    }


async def test_it_fills_in_parameters(aiohttp_client):
    client = await aiohttp_client(make_app(raising(RateLimited(2.5))))
    response = await client.get("/raise")
    assert response.headers["Retry-After"] == "3"
    assert "again in 3 seconds" in await response.text()


async def test_it_logs_a_defect_with_its_traceback_and_request_id(aiohttp_client, caplog):
    client = await aiohttp_client(make_app(raising(ZeroDivisionError("oops"))))
    response = await client.get("/raise?token=hidden")
    (record,) = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert record.exc_info[0] is ZeroDivisionError
    assert record.fields == {"request_id": response.headers["X-Request-ID"]}
    assert response.headers["X-Request-ID"] in await response.text()
    assert "hidden" not in caplog.text


async def test_what_clients_do_wrong_is_no_defect(aiohttp_client, caplog):
    client = await aiohttp_client(make_app(raising(NotFound())))
    await client.get("/raise")
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR]


async def test_a_broken_template_does_not_hide_the_error(aiohttp_client):
    templates = {**TEMPLATES, "404.html": "{{ nothing_of_this_name }}"}
    client = await aiohttp_client(make_app(templates=templates))
    response = await client.get("/nowhere")
    assert response.status == 404
    assert response.headers["X-Request-ID"] in await response.text()


async def test_it_keeps_the_headers_of_the_original(aiohttp_client):
    client = await aiohttp_client(make_app())
    response = await client.get("/form")
    assert response.status == 405
    assert response.headers["Allow"] == "POST"


async def test_a_redirect_stays_one(aiohttp_client):
    client = await aiohttp_client(make_app(raising(web.HTTPSeeOther("/hello"))))
    response = await client.get("/raise", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/hello")
    assert "Content-Security-Policy" in response.headers


async def test_it_sends_readers_to_the_login_and_back(aiohttp_client):
    client = await aiohttp_client(make_app(raising(Unauthenticated())))
    read = await client.get("/raise?a=b&c=%E4%BD%A0", allow_redirects=False)
    wrote = await client.post("/raise", allow_redirects=False)
    assert (read.status, wrote.status) == (303, 303)
    assert read.headers["Location"] == "/login?next=/raise%3Fa%3Db%26c%3D%25E4%25BD%25A0"
    assert wrote.headers["Location"] == "/login"


async def test_programs_get_401(aiohttp_client):
    client = await aiohttp_client(make_app(raising(Unauthenticated())))
    response = await client.get("/raise", headers=JSON)
    assert response.status == 401
    assert "WWW-Authenticate" in response.headers


async def test_an_answer_that_has_begun_is_broken_off(aiohttp_client):
    async def half(request):
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        raise ZeroDivisionError

    client = await aiohttp_client(make_app(Route("GET", "/half", "test.half", half, ANYONE)))
    response = await client.get("/half")
    with pytest.raises(ClientPayloadError):
        await response.read()
