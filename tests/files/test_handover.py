"""Who else may send a content: nginx or another server in front, or a bucket."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.files.door import until
from www import keys
from www.settings import Settings

ROOT = Path(__file__).parents[2]
CONTENT = bytes(range(256)) * 2000
QUERY = f"name=a.png&type=image/png&size={len(CONTENT)}"
SETTINGS = {"server": {"trusted_proxies": ["127.0.0.1/32"]}, "storage": {}}
NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{
    listen unix:{folder}/socket;
    location / {{ proxy_pass http://127.0.0.1:{port}; }}
    {location}
  }}
}}
"""


@pytest.fixture(params=["X-Accel-Redirect", "X-Sendfile"])
def header(request):
    return request.param


@pytest.fixture
def bare_settings(header):
    settings = SETTINGS | {"storage": {"sendfile_header": header}}
    return Settings.model_validate(settings | {"limits": {"download_bytes_per_s": 1_000_000_000}})


@pytest.fixture
async def sha256(storage):
    incoming = await storage.begin()
    await incoming.write(CONTENT)
    return (await incoming.commit()).sha256


async def test_a_trusted_proxy_is_told_which_file(bare, storage, sha256, header):
    got = await bare.get(f"/{sha256}?{QUERY}")
    places = {
        "X-Accel-Redirect": f"/_files/{sha256[:2]}/{sha256}",
        "X-Sendfile": str(storage.path(sha256)),
    }
    assert got.headers[header] == places[header]
    assert await got.read() == b""
    assert got.headers["ETag"] == f'"{sha256}"'
    assert got.headers.get("X-Accel-Limit-Rate") == (
        "1000000000" if header == "X-Accel-Redirect" else None
    )


@pytest.mark.parametrize("condition", ["If-Match", "If-Unmodified-Since"])
async def test_what_asks_for_a_version_is_answered_here(bare, sha256, header, condition):
    value = f'"{sha256}"' if condition == "If-Match" else "Sat, 24 Oct 2099 10:00:00 GMT"
    got = await bare.get(f"/{sha256}?{QUERY}", headers={condition: value})
    assert header not in got.headers
    assert await got.read() == CONTENT


async def test_nobody_else_is_told(bare_app, aiohttp_client, sha256, header):
    other = Settings.model_validate({"storage": {"sendfile_header": header}})
    bare_app[keys.settings] = other
    client = await aiohttp_client(bare_app)
    got = await client.get(f"/{sha256}?{QUERY}")
    assert header not in got.headers
    assert await got.read() == CONTENT


def documented(storage):
    """Return the location of docs/operations.md, for the folder of `storage`."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    block = text.partition("location /_files/ {")[2].partition("\n}\n")[0]
    return (
        "location /_files/ {"
        + block.replace("/srv/www/res/files/", f"{storage.path('0' * 64).parents[1]}/")
        + "\n}"
    )


@pytest.fixture
async def front(bare_app, aiohttp_server, storage, tmp_path):
    """Run nginx as the documentation says; return what curl sees through it."""
    if shutil.which("nginx") is None:
        pytest.skip("no nginx: install Debian's nginx-light")
    server = await aiohttp_server(bare_app)
    config = tmp_path / "conf"
    folder = tmp_path / "nginx"
    folder.mkdir()
    location = documented(storage)
    config.write_text(NGINX.format(folder=folder, port=server.port, location=location))
    command = ["nginx", "-c", str(config), "-e", str(folder / "log")]
    process = await asyncio.create_subprocess_exec(*command)

    async def curl(path, *options):
        command = ["curl", "-s", "-i", "--unix-socket", str(folder / "socket"), *options]
        command.append(f"http://x{path}")
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        return head.decode().lower(), body

    await until((folder / "socket").exists)
    yield curl
    process.terminate()
    await process.wait()


@pytest.mark.parametrize("header", ["X-Accel-Redirect"], indirect=True)
async def test_nginx_sends_it_with_all_that_we_say(front, sha256):
    head, body = await front(f"/{sha256}?{QUERY}")
    assert body == CONTENT
    for line in (
        "content-type: image/png",
        'content-disposition: inline; filename="a.png"',
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'none'",
        "cross-origin-resource-policy: same-origin",
        "cache-control: private, no-cache",
        f'etag: "{sha256}"',
        "last-modified: tue, 20 oct 2026 10:00:00 gmt",
        "accept-ranges: bytes",
    ):
        assert head.count(line) == 1, head
    assert "_files" not in head


@pytest.mark.parametrize("header", ["X-Accel-Redirect"], indirect=True)
async def test_nginx_resumes_the_same_version_only(front, sha256):
    for tag, status in ((sha256, "206"), ("other", "200")):
        head, body = await front(
            f"/{sha256}?{QUERY}", "-H", f'If-Range: "{tag}"', "-H", "Range: bytes=1000-"
        )
        assert head.startswith(f"http/1.1 {status}")
        assert body == (CONTENT[1000:] if status == "206" else CONTENT)
    head, _ = await front(f"/{sha256}?{QUERY}", "-H", f'If-None-Match: "{sha256}"')
    assert head.startswith("http/1.1 304")
    head, body = await front(f"/_files/{sha256[:2]}/{sha256}")
    assert head.startswith("http/1.1 404")
