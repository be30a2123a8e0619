"""What a virus scanner finds is not kept; what happens while there is none, the settings say."""

import os
from dataclasses import replace

import pytest

from tests.clamd import EICAR, MOST_BYTES, Small
from tests.files.door import JSON, kept, send, upload
from tests.uploads.door import Tus, claims, staged
from www import keys
from www.files.scanning import Scanner
from www.models import File, Upload


def scanned_by(alice, address, **options):
    """Put a scanner in front of the site's files."""
    alice.app._frozen = False
    alice.app[keys.scanner] = Scanner(address, **options)


async def rows(alice):
    return await alice.app[keys.engine].all(File.select())


async def test_it_keeps_what_is_clean(alice, clamd):
    scanned_by(alice, clamd)
    files = [("a.txt", b"hello"), ("b.bin", os.urandom(700_000)), ("c.txt", b"")]
    await upload(alice, *files)
    assert sorted(kept(alice).values()) == sorted(content for _, content in files)


@pytest.mark.parametrize("content", [EICAR, b"x" * 400_000 + EICAR + b"x"], ids=len)
async def test_it_refuses_a_virus_and_keeps_nothing(alice, clamd, content):
    scanned_by(alice, clamd)
    answer = await send(alice, ("good.txt", b"hello"), ("bad.txt", content), **JSON)
    assert answer.status == 422
    text = await answer.text()
    assert "bad.txt" in text
    assert "Eicar-Test" in text
    assert kept(alice) == {}
    assert await rows(alice) == []


async def test_the_page_names_the_file_and_the_virus(alice, clamd):
    scanned_by(alice, clamd)
    answer = await send(alice, ("bad.txt", EICAR))
    assert answer.status == 422
    assert "“bad.txt” contains a virus (Eicar-Test" in await answer.text()


async def test_what_was_there_before_stays(alice, clamd):
    """The same content came in before the scanner knew it; another file needs it."""
    await upload(alice, ("old.txt", EICAR))
    scanned_by(alice, clamd)
    assert (await send(alice, ("again.txt", EICAR), **JSON)).status == 422
    assert list(kept(alice).values()) == [EICAR]


@pytest.mark.parametrize("accept", [True, False])
async def test_too_large_for_the_scanner(alice, clamd, accept):
    scanned_by(alice, clamd, accept_unscanned=accept)
    answer = await send(alice, ("large.bin", os.urandom(3 * MOST_BYTES)), **JSON)
    assert answer.status == (201 if accept else 413)
    assert len(kept(alice)) == accept


@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize("address", ["127.0.0.1:1", "/nowhere/socket"])
async def test_no_scanner(alice, address, accept, caplog):
    scanned_by(alice, address, accept_unscanned=accept)
    answer = await send(alice, ("a.txt", b"hello"), **JSON)
    assert answer.status == (201 if accept else 503)
    assert len(kept(alice)) == accept
    assert "cannot be reached" in caplog.text


async def test_a_scanner_that_says_nothing_is_given_up(alice):
    async with Small(silent=True) as small:
        scanned_by(alice, small.address, scan_s=0.2)
        answer = await send(alice, ("a.txt", b"hello"), **JSON)
    assert answer.status == 503
    assert kept(alice) == {}


@pytest.mark.parametrize(
    "answer", [b"stream: Can't allocate memory ERROR", b"", b"HTTP/1.1 400", b"x" * 10_000]
)
async def test_any_other_answer_is_no_verdict(alice, answer):
    async with Small(answer or b" ") as small:
        scanned_by(alice, small.address)
        refused = await send(alice, ("a.txt", b"hello"), **JSON)
    assert refused.status == 503
    assert "cannot be checked for viruses" in await refused.text()
    assert kept(alice) == {}


async def resumed(alice, content, scanner):
    """Upload by tus while `scanner` looks."""
    alice.app._frozen = False
    alice.app[keys.uploads] = replace(alice.app[keys.uploads], scanner=scanner)
    return await Tus(alice).create(len(content), content, Upload_Metadata=claims(filename="a.txt"))


async def test_resumed_uploads_are_scanned_too(alice, clamd):
    clean = await resumed(alice, b"hello", Scanner(clamd))
    assert clean.status == 201
    bad = await resumed(alice, EICAR, Scanner(clamd))
    assert bad.status == 422
    assert list(kept(alice).values()) == [b"hello"]
    assert staged(alice) == {}
    assert [row.size for row in await rows(alice)] == [5]


async def test_a_resumed_upload_waits_for_the_scanner(alice, clamd):
    """Its bytes are not sent again once the scanner is back, where their address is known."""
    away = await resumed(alice, b"hello", Scanner("127.0.0.1:1"))
    assert (away.status, staged(alice)) == (503, {})
    address = await Tus(alice).begin(5)
    assert (await Tus(alice).append(address, 0, b"hello")).status == 503
    assert kept(alice) == {}
    assert list(staged(alice).values()) == [b"hello"]
    uploads = replace(alice.app[keys.uploads], scanner=Scanner(clamd))
    [token] = staged(alice)
    async with uploads.opened(alice.user.id, token) as work:
        assert work.is_complete
    assert list(kept(alice).values()) == [b"hello"]


async def test_a_large_file_has_more_time(alice, monkeypatch):
    """Where a small one is given up, one with more bytes than are read in that time waits on."""
    monkeypatch.setattr("www.files.scanning._SCAN_BYTES_PER_S", 10)
    async with Small() as small:
        scanned_by(alice, small.address, scan_s=-10)
        assert (await send(alice, ("a.txt", b"x" * 100), **JSON)).status == 503
        assert (await send(alice, ("a.txt", b"x" * 1000), **JSON)).status == 201


async def test_the_log_says_who_sent_a_virus(alice, clamd, caplog):
    scanned_by(alice, clamd)
    await send(alice, ('a" of user bob.txt', EICAR), **JSON, **{"X-Request-ID": "no"})
    uploads = replace(alice.app[keys.uploads], scanner=Scanner(clamd))
    alice.app[keys.uploads] = uploads
    answer = await Tus(alice).create(len(EICAR), EICAR, Upload_Metadata=claims(filename="b.txt"))
    lines = [record for record in caplog.records if "refused a file" in record.message]
    names = [record.message.partition("Eicar-Test")[2].partition(": ")[2] for record in lines]
    who = f"of user {alice.user.name} (id {alice.user.id})"
    assert names == [rf'"a\" of user bob.txt" {who}', f'"b.txt" {who}']
    assert lines[1].fields == {"request_id": answer.headers["X-Request-ID"]}
    assert lines[0].fields != lines[1].fields


async def test_the_parts_of_a_virus_go_with_it(alice, clamd):
    alice.app._frozen = False
    alice.app[keys.uploads] = replace(alice.app[keys.uploads], scanner=Scanner(clamd))
    tus = Tus(alice)
    parts = [
        await tus.begin(len(half), half, Upload_Concat="partial") for half in (EICAR[:9], EICAR[9:])
    ]
    assert len(staged(alice)) == 2
    answer = await tus.create(Upload_Concat="final;" + " ".join(parts))
    assert answer.status == 422
    assert (staged(alice), kept(alice)) == ({}, {})
    assert await alice.app[keys.engine].all(Upload.select()) == []


async def test_it_answers_whether_it_is_there(clamd):
    await Scanner(clamd).ping()


@pytest.mark.parametrize("settings", [{"limits": {"clamd": "127.0.0.1:1"}}], indirect=True)
async def test_the_settings_name_the_scanner(alice):
    assert (await send(alice, ("a.txt", b"hello"), **JSON)).status == 503
