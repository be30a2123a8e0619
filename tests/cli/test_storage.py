"""`www storage verify` and `move`, and what `www check` says of a storage."""

import asyncio
import json
import re
import resource
import sqlite3
import threading
import time
import urllib.request
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.s3 import settings_of
from tests.storage.keeping import store
from www.settings import load
from www.storage import storage_of
from www.storage.bucket import Bucket
from www.storage.cors import allows


@pytest.fixture
def site(www, folder):
    """A site with files in ./res; returns their hashes."""
    assert www("demo", "--blogs", "12").code == 0
    return _hashes(folder)


@pytest.fixture
def there(folder, bucket):
    """The settings of the same site with its files in a bucket."""
    return _written(folder, "there.yaml", settings_of(bucket))


def _written(folder, name, storage, **others):
    path = folder / name
    path.write_text(json.dumps({"storage": storage, **others}))
    return str(path)


def _hashes(folder):
    with closing(sqlite3.connect(folder / "res" / "www.db")) as connection:
        return sorted({row[0] for row in connection.execute("SELECT sha256 FROM files")})


def _stored(folder):
    return sorted(
        path.name for path in (folder / "res" / "files").rglob("*") if len(path.name) == 64
    )


def _objects(bucket):
    found = asyncio.run(Bucket(bucket).below("files"))
    return sorted(key.rpartition("/")[2] for key in found)


def _path(folder, sha256):
    return folder / "res" / "files" / sha256[:2] / sha256


def test_verify_reads_everything(www, site):
    answer = www("storage", "verify")
    assert (answer.code, answer.err) == (0, "")
    assert re.fullmatch(
        rf"verified {len(site)} contents, \d+ bytes: all have their hashes\n", answer.out
    )


def test_verify_names_what_is_wrong_and_who_needs_it(www, folder, site):
    _path(folder, site[0]).unlink()
    damaged = _path(folder, site[1])
    damaged.write_bytes(b"!" + damaged.read_bytes()[1:])
    answer = www("storage", "verify")
    assert answer.code == 1
    assert f"missing  {site[0]}\n         file " in answer.out
    assert f"damaged  {site[1]}\n         file " in answer.out
    assert answer.err == f"www: 2 of {len(site)} contents are missing or damaged\n"


def test_verify_shows_a_bar_on_a_terminal(www, site, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert www("storage", "verify").code == 0
    assert "Verifying" in terminal.getvalue()


def test_everything_moves_and_comes_back(www, folder, site, there, bucket):
    answer = www("storage", "move", "--to", there)
    assert (answer.code, answer.err) == (0, "")
    assert f"{len(site)} contents copied to bucket {bucket.bucket} at" in answer.out
    assert bucket.secret_key not in answer.out
    assert _objects(bucket) == site == _stored(folder)
    assert www("--config", there, "storage", "verify").code == 0
    for sha256 in site:
        _path(folder, sha256).unlink()
    back = _written(folder, "back.yaml", {"kind": "local"})
    assert www("--config", there, "storage", "move", "--to", back).code == 0
    assert www("storage", "verify").code == 0


def test_a_move_goes_on_where_it_ended(www, folder, site, there, bucket):
    """Something was copied, a copy was broken off, and files came and went meanwhile."""
    www("storage", "move", "--to", there)
    keys = sorted(asyncio.run(Bucket(bucket).below("files")))
    asyncio.run(Bucket(bucket).delete(keys[0]))
    asyncio.run(Bucket(bucket).put(keys[1], b"half"))
    answer = www("storage", "move", "--to", there)
    assert answer.out.startswith("2 contents copied")
    assert www("--config", there, "storage", "verify").code == 0


def test_a_move_copies_nothing_that_is_damaged(www, folder, site, there, bucket):
    _path(folder, site[0]).unlink()
    _path(folder, site[1]).write_bytes(b"damaged")
    answer = www("storage", "move", "--to", there)
    assert answer.code == 1
    assert f"missing  {site[0]}" in answer.out
    assert f"damaged  {site[1]}" in answer.out
    assert f"2 of {len(site)} contents could not be copied" in answer.err
    assert _objects(bucket) == site[2:]


@pytest.mark.parametrize("storage", [{}, {"kind": "local"}])
def test_the_same_storage_is_refused(www, folder, site, storage):
    answer = www("storage", "move", "--to", _written(folder, "same.yaml", storage))
    assert (answer.code, answer.out) == (1, "")
    assert "is the storage of both settings" in answer.err


def test_wrong_settings_are_listed(www, folder, site):
    answer = www("storage", "move", "--to", _written(folder, "wrong.yaml", {"kind": "s3"}))
    assert answer.code == 2
    for key in ("bucket", "access_key", "secret_key"):
        assert f"storage.{key}: found nothing" in answer.err


def test_a_service_that_does_not_answer_ends_the_move(www, folder, site, bucket):
    gone = {**settings_of(bucket), "endpoint": "http://127.0.0.1:1"}
    answer = www("storage", "move", "--to", _written(folder, "gone.yaml", gone))
    assert answer.code == 1
    assert re.fullmatch(r"www: bucket .*: no answer: look at storage\.endpoint .*\n", answer.err)


def test_what_came_in_after_the_switch_is_not_missing(www, folder, site, there, bucket):
    """The move once more, when the server has run with the new storage."""
    www("storage", "move", "--to", there)
    _path(folder, site[0]).unlink()
    answer = www("storage", "move", "--to", there)
    assert (answer.code, answer.err) == (0, "")
    assert f"0 contents copied to bucket {bucket.bucket} at" in answer.out
    key = f"files/{site[0][:2]}/{site[0][2:4]}/{site[0]}"
    asyncio.run(Bucket(bucket).put(key, b"damaged"))
    answer = www("storage", "move", "--to", there)
    assert answer.code == 1
    assert f"damaged  {site[0]}" in answer.out


def test_what_has_not_moved_yet_is_read_from_the_old_place(www, folder, site, bucket):
    """The server runs with the new storage; what comes in goes there, the rest is still here."""
    old = _written(folder, "old.yaml", {"kind": "local"})
    new = _written(folder, "new.yaml", {**settings_of(bucket), "previous": old})
    assert www("--config", new, "storage", "verify").code == 0

    async def upload():
        async with storage_of(load(Path(new))) as storage:
            stored = await store(storage, b"while it moves")
            assert await storage.exists(stored.sha256)
            return stored.sha256

    assert _objects(bucket) == []
    sha256 = asyncio.run(upload())
    assert _objects(bucket) == [sha256]
    assert www("--config", old, "storage", "move", "--to", new).code == 0
    assert _objects(bucket) == sorted([*site, sha256])


def test_files_that_come_while_they_move_are_not_lost(www, start, folder, site, there):
    """Eight uploads a second go to a running server while the files move, again and again."""
    server = start("-m", "www", "serve", "--host", "127.0.0.1", "--port", "0")
    while not (found := re.search(r"Serving on (\S+)", server.stdout.readline())):
        pass
    urllib.request.urlopen(f"{found[1]}/healthz").close()
    moving = start("-m", "www", "storage", "move", "--to", there)
    before = time.monotonic()
    while moving.poll() is None and time.monotonic() - before < 60:
        _add_row(folder, f"new {time.monotonic()}".encode())
        time.sleep(0.1)
    assert moving.returncode == 0, moving.stderr.read()
    assert www("storage", "move", "--to", there).code == 0
    assert www("--config", there, "storage", "verify").code == 0


def _add_row(folder, content):
    """Do what an upload does: the content, then its row."""

    async def keep():
        async with storage_of(load()) as storage:
            return await store(storage, content)

    stored = asyncio.run(keep())
    with closing(sqlite3.connect(folder / "res" / "www.db", timeout=20)) as connection, connection:
        connection.execute(
            "INSERT INTO files (owner_id, name, name_key, content_type, size, sha256, visibility, created_at)"
            " SELECT owner_id, 'new', 'new', content_type, ?, ?, visibility, created_at FROM files LIMIT 1",
            (stored.size_bytes, stored.sha256),
        )


def test_check_tries_the_storage(www, folder, site, there, bucket):
    assert f"ok       storage, folder {Path('res/files')}" in www("check").out
    answer = www("--config", there, "check")
    assert answer.code == 0, answer.out
    assert f"ok       storage, bucket {bucket.bucket} at {bucket.endpoint}" in answer.out
    assert _objects(bucket) == []


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"bucket": "nowhere-at-all"}, "there is no such bucket"),
        ({"access_key": "nobody"}, "the service does not know storage.access_key"),
        ({"secret_key": "wrong"}, "storage.secret_key does not belong"),
        ({"endpoint": "http://127.0.0.1:1"}, "no answer: look at storage.endpoint"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_check_says_what_to_do(www, folder, site, ceph, bucket, wrong, advice):
    config = _written(folder, "wrong.yaml", {**settings_of(bucket), **wrong})
    answer = www("--config", config, "check")
    assert answer.code == 1
    assert re.search(rf"PROBLEM  storage, bucket .*: {advice}", answer.out)


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"bucket": "nowhere-at-all"}, "there is no such bucket"),
        ({"secret_key": "wrong"}, "storage.secret_key does not belong"),
    ],
    ids=["bucket", "secret_key"],
)
def test_verify_and_move_say_what_to_do(www, folder, site, ceph, bucket, wrong, advice, caplog):
    config = _written(folder, "wrong.yaml", {**settings_of(bucket), **wrong})
    for command in (("--config", config, "storage", "verify"), ("storage", "move", "--to", config)):
        answer = www(*command)
        assert (answer.code, answer.out) == (1, "")
        assert re.fullmatch(rf"www: bucket .*: {advice}.*\n", answer.err)
    assert not caplog.records


class Pages(BaseHTTPRequestHandler):
    """A web server that knows nothing of buckets."""

    def do_GET(self):
        self.send_error(404, explain="<!doctype html>" + "x" * 4000)

    do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815  the library's names

    def log_message(self, *_):
        pass


def test_check_of_what_is_no_bucket_is_one_line(www, folder, site, bucket):
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        given = settings_of(bucket) | {"endpoint": f"http://127.0.0.1:{server.server_port}"}
        answer = www("--config", _written(folder, "page.yaml", given), "check")
        server.shutdown()
    assert answer.code == 1
    [problem] = [line for line in answer.out.splitlines() if not line.startswith("ok ")]
    assert problem.endswith("what answers there is no S3 service: look at storage.endpoint")


def test_check_says_that_the_rule_for_pages_could_not_be_asked(www, folder, ceph, bucket):
    config = _written(folder, "direct.yaml", settings_of(bucket) | {"presign_uploads": True})
    assert www("--config", config, "init-db").code == 0
    answer = www("--config", config, "check")
    assert answer.code == 1
    assert "could not be asked: say --origin" in answer.out
    origin = ("--origin", "https://example.org")
    answer = www("--config", config, "check", *origin)
    assert "lets no page of https://example.org send files to it" in answer.out
    assert www("--config", config, "storage", "cors", *origin).code == 0
    assert www("--config", config, "check", *origin).code == 0


def test_check_says_what_has_no_effect(www, folder):
    config = _written(folder, "sending.yaml", {"sendfile_header": "X-Sendfile"})
    www("--config", config, "init-db")
    answer = www("--config", config, "check")
    assert answer.code == 1
    assert "storage.sendfile_header (X-Sendfile) has no effect" in answer.out
    server = {"trusted_proxies": ["127.0.0.1/32"]}
    config = _written(folder, "sending.yaml", {"sendfile_header": "X-Sendfile"}, server=server)
    assert www("--config", config, "check").code == 0


@pytest.mark.parametrize(("hard", "code"), [(1024, 1), (4096, 0), (resource.RLIM_INFINITY, 0)])
def test_check_says_that_few_files_can_be_open(www, site, monkeypatch, hard, code):
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, hard))
    answer = www("check")
    assert answer.code == code
    assert (f"a process may open {hard} files and connections" in answer.out) == bool(code)


def test_cors_lets_pages_send_files_to_the_bucket(www, folder, ceph, bucket):
    given = settings_of(bucket) | {"presign_uploads": True}
    config = _written(folder, "direct.yaml", given, server={"base_url": "https://example.org"})
    assert www("--config", config, "init-db").code == 0
    answer = www("--config", config, "check")
    assert answer.code == 1
    assert "https://example.org send files to it: run `www storage cors`" in answer.out
    assert "pages of https://example.org may" in www("--config", config, "storage", "cors").out
    assert www("--config", config, "check").code == 0
    origins = ("--origin", "https://a.example", "--origin", "http://b.example:8080/")
    assert www("--config", config, "storage", "cors", *origins).code == 0
    for origin in ("https://example.org", "https://a.example", "http://b.example:8080"):
        assert allows(bucket, "", origin)
    assert not allows(bucket, "", "https://c.example")


def test_cors_says_what_is_wrong(www, folder, ceph, bucket):
    config = _written(folder, "there.yaml", settings_of(bucket))
    cors = ("--config", config, "storage", "cors")
    assert "say --origin" in www(*cors).err
    assert www(*cors, "--origin", "https://example.org/path").code == 2
    assert "storage.kind is not s3" in www("storage", "cors", "--origin", "https://a.example").err
    wrong = _written(folder, "wrong.yaml", settings_of(bucket) | {"secret_key": "x"})
    answer = www("--config", wrong, "storage", "cors", "--origin", "https://example.org")
    assert (answer.code, "SignatureDoesNotMatch" in answer.err) == (1, True)
