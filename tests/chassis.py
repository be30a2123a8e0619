"""An application without database: the chassis with tiny templates and whatever routes a test brings."""

import jinja2
from aiohttp import web

from www import keys
from www.app import create_app, page_templates, static_files
from www.middlewares.access import ADMIN, ANYONE, AUTHOR, USER
from www.render import render
from www.requests import query_text, read_form
from www.routes import ROUTES, Route
from www.settings import Settings

__all__ = ["ANYONE", "LINES", "TEMPLATES", "Route", "make_app", "raising"]

TEMPLATES = {
    "404.html": "page 404: {{ message }}",
    "500.html": "page 500: {{ request_id }}",
    "error.html": "page {{ status }}: {{ title }}: {{ message }} {{ request_id }}",
    "hello.html": '{{ _("Sign in") }} <{{ language }} {{ theme }}> {{ "<b>" }} {{ notice }}',
    "form.html": "{{ form.values.name }}|{{ form.errors.name|join }}",
}


async def hello(request):
    return render(request, "hello.html")


async def form(request):
    return web.json_response(list((await read_form(request)).items()))


async def query(request):
    return web.Response(text=query_text(request, "q", 20))


async def item(request):
    return web.Response(text=request.match_info["name"])


LINES = (
    Route("GET", "/hello", "test.hello", hello, ANYONE),
    Route("POST", "/form", "test.form", form, ANYONE),
    Route("GET", "/query", "test.query", query, ANYONE),
    Route("GET", "/items/{name}", "test.item", item, ANYONE),
    Route("GET", "/user", "test.user", hello, USER),
    Route("GET,POST", "/author", "test.author", hello, AUTHOR),
    Route("GET", "/admin", "test.admin", hello, ADMIN),
)


def make_app(*routes, templates=None, user=None, **sections):
    """Return the application; `sections` are settings, `user` is whoever is signed in."""
    app = create_app(
        Settings.model_validate(sections),
        routes=(*ROUTES, *LINES, *routes),
        resources=[static_files, page_templates],
        loader=jinja2.DictLoader(templates or TEMPLATES),
    )
    if user is not None:

        @web.middleware
        async def sign_in(request, handler):
            request[keys.user] = user
            return await handler(request)

        app.middlewares.insert(1, sign_in)
    return app


def raising(error):
    """Return the route /raise, whose handler raises `error`."""

    async def handler(_request):
        raise error

    return Route("GET,POST", "/raise", "test.raising", handler, ANYONE)
