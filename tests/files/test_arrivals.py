"""Rows of uploads that end at the same time: one commit, and an answer of its own for each."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from tests.actors import add_user
from tests.files.door import body_of, kept, send, sha256, until
from www import keys
from www.db import ForeignKeyViolation, OperationalError
from www.db.testing import statements
from www.errors import NotFound, QuotaExceeded, Unavailable
from www.files import actions, queries
from www.files.actions import Arrival
from www.files.upload import Received
from www.models import File, Folder, User


def arrival(owner, number, size=1, folder_id=None):
    content = f"{owner.id} {number}".encode()
    received = Received(f"{number}.txt", "text/plain", sha256(content), size)
    return Arrival([received], owner.id, datetime.now(UTC), folder_id)


@pytest.fixture
def arrivals(app, engine):
    return app[keys.arrivals]


@pytest.fixture
async def owners(engine):
    return [await add_user(engine, f"owner{n}", quota_bytes=100) for n in range(3)]


async def outcomes(arrivals, coming):
    return await asyncio.gather(*map(arrivals.add, coming), return_exceptions=True)


def rooms(asked):
    """Return the questions for somebody's room: each transaction asks one per person."""
    return [sql for sql in asked.sql if '"users"."quota_bytes"' in sql]


async def test_who_comes_together_shares_a_commit(arrivals, owners, engine):
    coming = [arrival(owner, n) for n in range(5) for owner in owners]
    with statements(engine, everywhere=True) as asked:
        found = await outcomes(arrivals, coming)
    assert len(rooms(asked)) == len(owners)
    assert [[row.sha256 for row in rows] for rows in found] == [
        [one.sha256 for one in each.received] for each in coming
    ]
    assert await engine.count(File.select()) == 15


@asynccontextmanager
async def held(engine, arrivals, owner):
    """Begin an arrival, and let its commit wait for the block."""
    async with engine.transaction() as conn:
        await actions.hold(conn, owner.id)
        first = asyncio.create_task(arrivals.add(arrival(owner, 0)))
        await until(lambda: arrivals._writing is not None and not arrivals._waiting)
        yield first


async def test_who_comes_meanwhile_shares_the_next(arrivals, owners, engine):
    with statements(engine, everywhere=True) as asked:
        async with held(engine, arrivals, owners[0]) as first:
            coming = [arrival(owners[0], n) for n in range(1, 20)]
            rest = asyncio.gather(*map(arrivals.add, coming))
            await until(lambda: len(arrivals._waiting) == 19)
        ids = sorted(row.id for [row] in (await first, *await rest))
    assert ids == list(range(1, 21))
    assert len(rooms(asked)) == 2


async def test_more_than_fit_in_one_commit_get_their_rows(arrivals, owners, engine):
    found = await outcomes(arrivals, [arrival(owners[n % 3], n, size=0) for n in range(150)])
    assert sorted(row.id for [row] in found) == list(range(1, 151))


async def test_the_quota_counts_all_that_come_together(arrivals, owners, engine):
    sizes = [60, 50, 40, 1]
    coming = [arrival(owners[0], n, size) for n, size in enumerate(sizes)]
    found = await outcomes(arrivals, [*coming, arrival(owners[1], 0, 100)])
    assert [type(one) for one in found] == [list, QuotaExceeded, list, QuotaExceeded, list]
    assert [one.written for one in coming] == [True, False, True, False]
    assert await queries.used_bytes(engine, owners[0].id) == 100


async def test_a_folder_of_somebody_else_refuses_its_own_upload(arrivals, owners, engine):
    folder = await engine.insert(Folder(owner_id=owners[0].id, name="a", name_key="a"))
    coming = [arrival(owner, 0, folder_id=folder.id) for owner in owners[:2]]
    mine, other = await outcomes(arrivals, coming)
    assert mine[0].folder_id == folder.id
    assert isinstance(other, NotFound)


async def test_a_deleted_account_fails_alone(arrivals, owners, engine):
    coming = [arrival(owner, n) for n, owner in enumerate(owners)]
    await engine.run(User.delete().where(User.id == owners[1].id))
    found = await outcomes(arrivals, coming)
    assert [type(one) for one in found] == [list, ForeignKeyViolation, list]
    assert [one.written for one in coming] == [True, False, True]
    assert await engine.count(File.select()) == 2


async def test_a_database_that_is_away_fails_all_at_once(arrivals, owners, monkeypatch):
    def away():
        raise OperationalError("away")

    monkeypatch.setattr(arrivals._engine, "transaction", away)
    coming = [arrival(owners[0], n) for n in range(3)]
    found = await outcomes(arrivals, coming)
    assert [type(one) for one in found] == [OperationalError] * 3
    assert not any(one.written for one in coming)


@pytest.mark.parametrize("begun", [False, True])
async def test_who_is_cancelled_learns_whether_there_are_rows(arrivals, owners, engine, begun):
    async with held(engine, arrivals, owners[0]) as first:
        coming = arrival(owners[0], 1)
        second = asyncio.create_task(arrivals.add(coming))
        await until(lambda: arrivals._waiting)
        (first if begun else second).cancel()
        await asyncio.sleep(0)
        assert not first.done()
    await asyncio.wait([first, second])
    assert (first if begun else second).cancelled()
    assert coming.written is begun
    assert await engine.count(File.select()) == 1 + begun


async def test_what_got_no_row_is_not_kept(alice, client, engine):
    await engine.run(User.update(quota_bytes=700).where(User.id == alice.user.id))
    bodies = [(f"{n}.txt", bytes([n]) * 100) for n in range(6)]
    answers = await asyncio.gather(*(send(alice, body) for body in bodies))
    statuses = sorted(answer.status for answer in answers)
    assert set(statuses) <= {303, 413}
    assert len(kept(client)) == statuses.count(303) == await engine.count(File.select()) > 0


async def test_an_upload_asks_little(alice, engine):
    """Session, room; then in one transaction room, row and name."""
    data = body_of(("a.txt", b"x"))
    await send(alice, body=data)
    with statements(engine, everywhere=True) as asked:
        assert (await send(alice, body=data)).status == 303
    assert len([sql for sql in asked.sql if sql.startswith("SELECT")]) == 3
    assert len([sql for sql in asked.sql if sql.startswith("INSERT")]) == 2
    assert not [sql for sql in asked.sql if sql.startswith(("DELETE", "UPDATE"))]


async def test_nobody_waits_for_a_writer_that_was_ended(arrivals, owners, monkeypatch):
    commits = []

    async def commit(group, *, alone):
        commits.append(len(group))
        if alone:
            raise asyncio.CancelledError
        return False

    monkeypatch.setattr(arrivals, "_commit", commit)
    found = await outcomes(arrivals, [arrival(owner, 1) for owner in owners])
    assert commits == [3, 1]
    assert [type(one) for one in found] == [Unavailable] * 3
