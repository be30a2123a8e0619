"""Static files come from memory, named by content, compressed, and from nowhere else."""

import gzip

import brotli  # type: ignore[import-untyped]  # ships none
import pytest
from yarl import URL

from tests.chassis import make_app
from www.assets import Asset, Assets


@pytest.fixture
def assets(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "style.css").write_text("p { color: red }\n" * 100)
    (tmp_path / "images" / "a b.png").write_bytes(b"\x89PNG")
    (tmp_path / "strange.wwwx").write_bytes(b"?")
    (tmp_path / ".hidden").write_bytes(b"secret")
    return Assets.load(tmp_path)


def test_the_address_follows_the_content(assets, tmp_path):
    before = assets.url("style.css")
    (tmp_path / "style.css").write_text("p { color: blue }")
    assert Assets.load(tmp_path).url("style.css") != before
    assert assets.url("images/a b.png").startswith("/static/images/a%20b.png?v=")
    with pytest.raises(KeyError):
        assets.url("missing.css")


def test_it_knows_types_and_hides_dot_files(assets):
    assert assets.get("style.css").content_type == "text/css; charset=utf-8"
    assert assets.get("images/a b.png").content_type == "image/png"
    assert assets.get("strange.wwwx").content_type == "application/octet-stream"
    assert assets.get(".hidden") is None


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br;q=0.0", None),
        ("identity", None),
        ("", None),
    ],
)
def test_it_compresses_once(assets, accepted, coding):
    asset = assets.get("style.css")
    assert asset.chosen("br") == (asset.body, None)
    assets.compress()
    body, found = asset.chosen(accepted)
    assert found == coding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert unpack(body) == asset.body


def test_pictures_are_not_compressed_again():
    asset = Asset(b"x" * 10_000, "image/png", "f")
    asset.compress()
    assert asset.encoded == {}


async def test_a_fingerprint_is_kept_for_a_year(aiohttp_client):
    app = make_app()
    client = await aiohttp_client(app)
    named = await client.get(URL(app_url(app, "style.css"), encoded=True))
    plain = await client.get("/static/style.css")
    stale = await client.get("/static/style.css?v=0")
    assert named.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Cache-Control"] == stale.headers["Cache-Control"] == "public, no-cache"
    assert named.content_type == "text/css"
    assert named.headers["Vary"] == "Accept-Encoding"


async def test_what_is_known_is_not_sent_again(aiohttp_client):
    client = await aiohttp_client(make_app())
    etag = (await client.get("/static/style.css")).headers["ETag"]
    for known in (etag, f"W/{etag}", f'"x", {etag}'):
        again = await client.get("/static/style.css", headers={"If-None-Match": known})
        assert (again.status, again.headers["ETag"]) == (304, etag)
    other = await client.get("/static/style.css", headers={"If-None-Match": '"x"'})
    assert other.status == 200


async def test_head_has_the_length_and_no_body(aiohttp_client):
    client = await aiohttp_client(make_app())
    response = await client.head("/static/style.css", headers={"Accept-Encoding": "identity"})
    assert int(response.headers["Content-Length"]) > 100
    assert await response.read() == b""


@pytest.mark.parametrize(
    "path",
    ["missing.css", "../app.py", "%2e%2e/app.py", "..%2fapp.py", "/etc/passwd", "images", "a%00"],
)
async def test_nothing_else_is_served(aiohttp_client, path):
    client = await aiohttp_client(make_app())
    assert (await client.get(URL(f"/static/{path}", encoded=True))).status == 404


def app_url(app, path):
    from www import keys

    return app[keys.assets].url(path)
