"""Forms that are wrong, both ways of reading: a clear answer, nothing left, and the connection goes on."""

import asyncio

import pytest

from tests.files import malformed
from tests.files.door import kept, sha256, until
from tests.files.malformed import END, GOOD, part
from tests.files.raw import KIND, Site
from www import keys
from www.models import File


@pytest.fixture(params=[True, False], ids=["lent", "in steps"])
async def site(request, app):
    site = Site(app)
    await site.start(lent=request.param)
    yield site
    await site.listener.stop()


@pytest.fixture
async def raw(site):
    connected = await site.connect()
    yield connected
    await connected.close()


async def assert_nothing_stored(site):
    assert kept(site) == {}
    assert await site.app[keys.engine].count(File.select()) == 0
    assert not site.app[keys.space]._accounts


@pytest.mark.parametrize("pieces", [1, 200])
async def test_it_says_what_is_wrong_and_where(site, raw, pieces):
    """All on one connection, which therefore goes on after each of them."""
    heard = {}
    for name, body, _ in malformed.REFUSED:
        heard[name] = await raw.refused(body, pieces=pieces)
        await assert_nothing_stored(site)
    assert heard == {name: (400, detail) for name, _, detail in malformed.REFUSED}
    assert await raw.lives_on()


async def test_it_asks_for_a_file(site, raw):
    for name, body in malformed.WITHOUT_A_FILE:
        status, problem = await raw.post(body)
        assert (name, status) == (name, 422)
        assert problem["errors"] == {"file": ["Please choose a file."]}
    await assert_nothing_stored(site)
    assert await raw.lives_on()


@pytest.mark.parametrize("pieces", [1, 200])
async def test_it_takes_what_is_only_strange(site, raw, pieces):
    found = {}
    for name, body, _ in malformed.TAKEN:
        status, told = await raw.post(body, pieces=pieces)
        assert (name, status) == (name, 201), told
        found[name] = {one["name"]: one["sha256"] for one in told["files"]}
    contents = [(name, files) for name, _, files in malformed.TAKEN]
    assert found == {n: {f: sha256(c) for f, c in files.items()} for n, files in contents}
    assert set(kept(site).values()) == {c for _, files in contents for c in files.values()}
    assert await raw.lives_on()


async def test_it_needs_a_boundary(site, raw):
    for parameter in malformed.BOUNDARIES:
        heard = await raw.refused(GOOD, kind=f"multipart/form-data{parameter}")
        assert heard == (400, "The Content-Type of the form names no valid boundary."), parameter
    await assert_nothing_stored(site)
    assert await raw.lives_on()


async def test_it_takes_forms_only(site, raw):
    for kind in (None, "", "text/plain", "multipart/mixed; boundary=B", "x" * 4000):
        heard = await raw.refused(GOOD, kind=kind)
        assert heard == (415, "Files are sent as a form: multipart/form-data."), kind
    await assert_nothing_stored(site)
    assert await raw.lives_on()


async def test_a_boundary_may_be_cut_anywhere(site):
    """Each of two pieces arrives by itself, so that every offset is the end of a buffer once."""
    body = part(b"\r\n--C", lines=[b"X: y"]) + END
    for cut in range(1, len(body)):
        raw = await site.connect()
        await raw.begin(len(body))
        await raw.send(body[:cut])
        await until(lambda: not site.lends or site.bodies.lent == 1)
        await asyncio.sleep(0.002)
        await raw.send(body[cut:])
        status, _ = await raw.answer()
        assert status == 201
        await raw.close()
    assert list(kept(site).values()) == [b"\r\n--C"]


async def test_it_leaves_what_follows_to_the_next_request(site, raw):
    """The form is longer than its length says: what is beyond is no part of it."""
    await raw.begin(len(GOOD) - 12)
    await raw.send(GOOD)
    assert (await raw.answer())[0] == 400
    await raw.reader.read()  # the end: where a request begins is not known any more
    await assert_nothing_stored(site)


async def test_it_waits_for_what_was_announced_and_no_longer(site, raw):
    """The form is shorter than its length says, and the client closes its half."""
    await raw.begin(len(GOOD) + 100_000)
    await raw.send(GOOD)
    await until(lambda: kept(site))
    raw.writer.write_eof()
    await until(lambda: not kept(site))
    await until(lambda: not site.app[keys.space]._accounts)
    await assert_nothing_stored(site)


@pytest.mark.parametrize(
    "chunks",
    [
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD),
        b"%x;a=b\r\n%b\r\n0\r\nX: y\r\n\r\n" % (len(GOOD), GOOD),
        b"".join(b"1\r\n%c\r\n" % byte for byte in GOOD) + b"0\r\n\r\n",
    ],
    ids=["one", "with an extension and a trailer", "a byte each"],
)
async def test_it_takes_chunks(site, raw, chunks):
    await raw.begin(None)
    await raw.send(chunks)
    assert (await raw.answer())[0] == 201
    assert list(kept(site).values()) == [b"hello"]
    assert await raw.lives_on()


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\n",
        b"-1\r\n",
        b"5\r\nhelloX\r\n0\r\n\r\n",
        b"%x\r\n%b\r\nnonsense\r\n" % (len(GOOD), GOOD),
        b"f" * 100 + b"\r\n",
        b"0x10\r\n" + GOOD,
    ],
)
async def test_it_refuses_what_are_no_chunks(site, raw, chunks):
    await raw.begin(None)
    await raw.send(chunks)
    assert (await raw.answer())[0] == 400
    await until(lambda: not kept(site))
    await assert_nothing_stored(site)


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: -1"],
        ["Content-Length: +5"],
        ["Content-Length: 0x5"],
        ["Transfer-Encoding: gzip, identity"],
    ],
)
async def test_two_lengths_are_none(site, raw, lines):
    """What a proxy could read otherwise than we do is no request: no smuggling."""
    await raw.begin(False, *lines)
    await raw.send(GOOD)
    status, _ = await raw.answer()
    assert status in {400, 411}
    await assert_nothing_stored(site)


@pytest.mark.parametrize("lines", [["Expect: 100-continue"], ["Expect: 100-continue, wonders"]])
async def test_what_is_expected_comes_or_is_refused(site, raw, lines):
    await raw.begin(len(GOOD), *lines)
    first, _ = await raw.answer()
    assert first == (100 if len(lines[0]) < 25 else 417)
    if first == 100:
        await raw.send(GOOD)
        assert (await raw.answer())[0] == 201
        assert list(kept(site).values()) == [b"hello"]


async def test_old_clients_are_served(site, raw):
    """HTTP/1.0 knows neither chunks nor 100, and its connection ends."""
    status, told = await raw.post(GOOD, "Expect: 100-continue", version="1.0", kind=KIND)
    assert (status, len(told["files"])) == (201, 1)
    assert await raw.reader.read() == b""
