"""Forms by chance: what was sent is what arrives, and a damaged one never hurts."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.files.door import kept
from tests.files.malformed import END
from tests.files.raw import Site
from www.bodies.multipart import Data, Part, Scanner
from www.utils.names import safe_name

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
# A backslash before a quote or another one is an escape for curl, and nothing for browsers.
NAMED = TEXT.filter(lambda text: not {"%", "\\"} & set(text))
PIECES = [b"\r", b"\n", b"\r\n", b"--", b"-B", b"B", b"x", b"\0"]
CONTENT = (
    st.binary(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=9).map(b"".join)
).filter(lambda content: b"\r\n--B" not in b"\r\n" + content)
PART = st.tuples(NAMED, st.none() | NAMED, CONTENT)


def browsers(text):
    """Write a name as browsers do: three characters are escaped, and nothing else."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22").encode()


def form_of(parts):
    body = b""
    for name, filename, content in parts:
        head = b'Content-Disposition: form-data; name="%b"' % browsers(name)
        head += b"" if filename is None else b'; filename="%b"' % browsers(filename)
        body += b"--B\r\n%b\r\n\r\n%b\r\n" % (head, content)
    return body + END


@given(st.lists(PART, max_size=5), st.integers(1, 80))
def test_what_was_written_is_read(parts, step):
    body, found = form_of(parts), []
    scanner = Scanner(b"B", max_parts=5)
    for at in range(0, len(body), step):
        for event in scanner.feed(body[at : at + step]):
            if isinstance(event, Part):
                found.append((event.name, event.filename, b""))
            elif isinstance(event, Data):
                name, filename, content = found.pop()
                found.append((name, filename, content + event.chunk))
    scanner.close()
    assert found == parts


TOKENS = [
    b"",
    b"\r\n",
    b"\n",
    b"\r",
    b"--B",
    b"--B--",
    b":",
    b'"',
    b"\\",
    b";",
    b"=",
    b"\0",
    b"\xff",
    b"*",
]
CHANGE = st.tuples(st.integers(0, 400), st.integers(0, 30), st.sampled_from(TOKENS))
FILES = st.lists(st.tuples(st.just("file"), NAMED, CONTENT), min_size=1, max_size=3)


def damaged(body, changes):
    for at, length, token in changes:
        body = body[:at] + token + body[at + length :]
    return body


async def check(site, body):
    """Whatever is sent is answered, and what is on the disk is what was acknowledged."""
    raw, before = await site.connect(), kept(site)
    status, told = await raw.post(body)
    assert status in {201, 400, 413, 422}, told
    files = told["files"] if status == 201 else []
    assert set(kept(site)) == set(before) | {file["sha256"] for file in files}
    assert all(file["name"] == safe_name(file["name"]) for file in files)
    assert await raw.lives_on()
    await raw.close()


@pytest.mark.parametrize("lent", [True, False], ids=["lent", "in steps"])
def test_damage_hurts_nobody(app, lent):
    with asyncio.Runner() as runner:
        site = Site(app)
        runner.run(site.start(lent=lent))
        try:

            @settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150)
            @given(FILES, st.lists(CHANGE, min_size=1, max_size=4))
            def damage(parts, changes):
                runner.run(check(site, damaged(form_of(parts), changes)))

            damage()
        finally:
            runner.run(site.listener.stop())
