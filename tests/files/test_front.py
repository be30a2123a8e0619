"""The same bits through TLS, through nginx with and without its buffers, in chunks and by HTTP/1.0."""

import asyncio
import json
import os
import re
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.files.door import kept, sha256, until
from tests.files.raw import Site
from www.server import Pace, Protocol

ROOT = Path(__file__).parents[2]
CONTENT = os.urandom(3_000_001)
NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/temp;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen unix:{folder}/socket ssl;
    ssl_certificate {folder}/cert; ssl_certificate_key {folder}/key;
    {location}
  }}
}}
"""


def documented(port, *, buffered):
    """Return the location of docs/operations.md, which leaves the buffer of requests away."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    block = re.findall(r"```nginx\n(location / \{.*?\n\})\n```", text, re.DOTALL)[0]
    block = block.replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    assert "proxy_request_buffering off;" in block
    return block.replace("proxy_request_buffering off;", "") if buffered else block


def certificate(folder):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    subprocess.run(command, check=True, capture_output=True)


class Front:
    """Whatever stands before the site, and a curl that talks to it."""

    def __init__(self, site, folder, url, *options):
        self.site, self.folder, self.url = site, folder, url
        cookie = f"session={site.token}; __Host-session={site.token}"
        self.options = ["-sSik", "--max-time", "60", "--cookie", cookie, *options]
        self.lent = 0
        for threads in (site.bodies.large, site.bodies.small):
            threads.run = self.counted(threads.run)

    def counted(self, run):
        async def counting(*arguments):
            self.lent += 1
            await run(*arguments)

        return counting

    async def curl(self, path, *options):
        """Return the status, the header and the body of the last answer."""
        command = ["curl", *self.options, *options, self.url + path]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
        head, body = b"", done.stdout
        while not head or b" 100 " in head.splitlines()[0]:
            head, _, body = body.partition(b"\r\n\r\n")
        return int(head.split()[1]), head.decode().lower(), body

    def file(self, content):
        path = self.folder / "a.bin"
        path.write_bytes(content)
        return path

    async def upload(self, content, *options):
        """Send a form; return the address of the file."""
        form = ["-F", f"file=@{self.file(content)}", "-H", "Accept: application/json"]
        status, _, body = await self.curl("/upload", *form, *options)
        assert status == 201, body
        [file] = json.loads(body)["files"]
        assert (file["size"], file["sha256"]) == (len(content), sha256(content))
        return file["url"]

    async def resume(self, content):
        """Send a resumable upload in two parts; return what the server then says."""
        tus = ["-H", "Tus-Resumable: 1.0.0"]
        length = ["-H", f"Upload-Length: {len(content)}"]
        status, head, _ = await self.curl("/uploads", "-X", "POST", *tus, *length)
        assert status == 201
        found = re.search(r"/uploads/[0-9a-f]{32}", head)
        assert found is not None
        half = len(content) // 2
        for offset, part in ((0, content[:half]), (half, content[half:])):
            fields = [
                *tus,
                "-H",
                f"Upload-Offset: {offset}",
                "--data-binary",
                f"@{self.file(part)}",
            ]
            fields += ["-H", "Content-Type: application/offset+octet-stream"]
            status, head, body = await self.curl(found[0], "-X", "PATCH", *fields)
            assert status == 204, body
        return json.loads((await self.curl(found[0], *tus))[2])


@pytest.fixture
async def site(app):
    site = Site(app)
    await site.start(lent=True)
    yield site
    await site.listener.stop()


@pytest.fixture
async def tls(site, tmp_path):
    """The protocol of the site inside TLS, without anything before it."""
    certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    loop, runner = asyncio.get_running_loop(), site.listener._runner
    options = {**runner._kwargs, "debug": False}
    server = await loop.create_server(
        lambda: Protocol(runner.server, loop=loop, pace=Pace(), **options),
        "127.0.0.1",
        0,
        ssl=context,
    )
    yield Front(site, tmp_path, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    server.close()


@pytest.fixture(params=[True, False], ids=["buffered", "unbuffered"])
async def nginx(request, site, tmp_path):
    """A real nginx as the documentation says."""
    if shutil.which("nginx") is None:
        pytest.skip("no nginx: install Debian's nginx-light")
    certificate(tmp_path)
    location = documented(site.port, buffered=request.param)
    (tmp_path / "conf").write_text(NGINX.format(folder=tmp_path, location=location))
    command = ["nginx", "-c", str(tmp_path / "conf"), "-e", str(tmp_path / "log")]
    process = await asyncio.create_subprocess_exec(*command)
    await until((tmp_path / "socket").exists)
    yield Front(site, tmp_path, "https://localhost", "--unix-socket", str(tmp_path / "socket"))
    process.terminate()
    await process.wait()


@pytest.fixture
def plain(site, tmp_path):
    return Front(site, tmp_path, f"http://127.0.0.1:{site.port}")


CHUNKED = ("-H", "Transfer-Encoding: chunked")
WAYS = pytest.mark.parametrize(
    "options", [(), CHUNKED, ("--http1.0",)], ids=["told", "chunks", "1.0"]
)


async def exchange(front, options):
    """Send nothing, a byte and much; get it back whole and in part."""
    url, old = "", [option for option in options if option == "--http1.0"]
    for content in (b"", b"x", CONTENT):
        url = await front.upload(content, *options)
        status, head, body = await front.curl(url, *old)
        assert (status, body) == (200, content)
        assert f'etag: "{sha256(content)}"' in head
    status, _, body = await front.curl(url, "-r", "1000000-2999999", *old)
    assert (status, body) == (206, CONTENT[1_000_000:3_000_000])
    about = await front.resume(CONTENT + b"!")
    assert about["file"]["sha256"] == sha256(CONTENT + b"!")
    assert sorted(map(len, kept(front.site).values())) == [0, 1, len(CONTENT), len(CONTENT) + 1]


@WAYS
async def test_it_gives_the_same_bits(plain, options):
    await exchange(plain, options)
    assert plain.lent or options == CHUNKED


@WAYS
async def test_it_gives_the_same_bits_through_tls(tls, options):
    await exchange(tls, options)
    assert tls.lent == 0  # what comes from the socket there is no form


@WAYS
async def test_it_gives_the_same_bits_through_nginx(nginx, options):
    await exchange(nginx, options)


async def test_a_refusal_is_heard_through_nginx(nginx):
    """It comes while the client still sends, and says what is wrong."""
    form = ["-F", f"other=@{nginx.file(CONTENT * 5)}", "-H", "Accept: application/json"]
    status, _, body = await nginx.curl("/upload", *form)
    assert (status, json.loads(body)["detail"]) == (400, "Files are expected in the field “file”.")
    assert kept(nginx.site) == {}
