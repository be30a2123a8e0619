"""Pages get what every page has, in the reader's language."""

import aiohttp_jinja2
import jinja2
import pytest
from yarl import URL

from tests.chassis import ANYONE, TEMPLATES, Route, make_app
from www import keys
from www.app import create_app
from www.errors import Invalid
from www.forms import Form
from www.render import load_templates, render, setup_templates
from www.settings import Settings
from www.urls import Urls


def route(template, **context):
    async def handler(request):
        return render(request, template, 422, headers={"X-Own": "1"}, **context)

    return Route("GET", "/page", "test.page", handler, ANYONE)


async def test_it_escapes_and_greets(aiohttp_client):
    client = await aiohttp_client(make_app())
    response = await client.get("/hello?notice=saved")
    assert await response.text() == "Sign in &lt;en auto&gt; &lt;b&gt; saved".replace(
        "&lt;en auto&gt;", "<en auto>"
    )
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "query", ["notice=%ff", "%ff=%ff&notice=%73aved", "anotice=saved", "notice=savedx"]
)
async def test_no_query_breaks_the_notice(aiohttp_client, query):
    client = await aiohttp_client(make_app())
    response = await client.get(URL(f"/hello?{query}", encoded=True))
    assert (await response.text()).endswith("None")


async def test_a_notice_may_stand_behind_other_words(aiohttp_client):
    client = await aiohttp_client(make_app())
    assert (await (await client.get("/hello?before=%ff&notice=saved")).text()).endswith("saved")


async def test_an_unknown_notice_is_none(aiohttp_client):
    client = await aiohttp_client(make_app())
    assert (await (await client.get("/hello?notice=<b>")).text()).endswith("None")


async def test_forms_are_shown_with_translated_messages(aiohttp_client):
    form = Form({"name": "<x>"}, Invalid({"name": ["Please fill this in."]}).errors)
    client = await aiohttp_client(make_app(route("form.html", form=form)))
    response = await client.get("/page")
    assert (response.status, response.headers["X-Own"]) == (422, "1")
    assert await response.text() == "&lt;x&gt;|Please fill this in."


async def test_an_undefined_name_is_an_error(aiohttp_client):
    client = await aiohttp_client(
        make_app(route("bad.html"), templates={**TEMPLATES, "bad.html": "{{ x }}"})
    )
    assert (await client.get("/page")).status == 500


def test_a_broken_template_stops_the_start():
    app = make_app(templates={"bad.html": "{% if %}"})
    with pytest.raises(jinja2.TemplateSyntaxError):
        load_templates(app)


def test_the_real_templates_compile():
    app = create_app(Settings())
    setup_templates(app)
    load_templates(app)
    assert "base.html" in aiohttp_jinja2.get_env(app).list_templates()


def test_addresses_are_quoted():
    urls = Urls(make_app().router)
    assert urls("test.item", name="你 /b?") == "/items/%E4%BD%A0%20%2Fb%3F"
    assert urls("site.healthz") == "/healthz"
    with pytest.raises(KeyError):
        urls("no.such.route")
    with pytest.raises(KeyError):
        urls("test.item")


def test_addresses_agree_with_the_router():
    app = make_app()
    assert app[keys.urls]("test.item", name="a-b.md") == str(
        app.router["test.item"].url_for(name="a-b.md")
    )
