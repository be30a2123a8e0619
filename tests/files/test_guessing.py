"""Whoever tries names for unlisted files is braked; nobody else notices."""

import pytest

from tests.files.door import upload
from www import keys
from www.files.guessing import FREE, HELD_S, Guesses

PROXY = pytest.mark.parametrize(
    "settings", [{"server": {"trusted_proxies": ["127.0.0.0/8", "::1"]}}], indirect=True
)
GUESSER, NEIGHBOUR = "2001:db8:1:2::1", "2001:db8:1:3::1"


async def ask(client, path, address):
    async with client.get(path, headers={"X-Forwarded-For": address}) as answer:
        return answer.status, answer.headers.get("Retry-After")


@PROXY
async def test_a_network_that_guesses_gets_only_public_files(alice, client):
    unlisted, public, private = await upload(alice, *((f"{n}.txt", b"x") for n in range(3)))
    for file, visibility in ((public, "public"), (private, "private")):
        data = {"name": file["name"], "folder": "", "visibility": visibility}
        await alice.post(f"/files/{file['id']}/edit", data=data)
    for n in range(FREE):
        assert (await ask(client, unlisted["url"], GUESSER))[0] == 200
        path = f"/files/{unlisted['id']}/guess-{n}.txt"
        assert (await ask(client, path, GUESSER))[0] == 404
    same_network = GUESSER.replace("::1", "::ffff")
    for file in (unlisted, private):
        for path in (file["url"], f"/files/{file['id']}/one-more.txt"):
            assert await ask(client, path, same_network) == (429, str(int(HELD_S)))
    assert (await ask(client, public["url"], GUESSER))[0] == 200
    assert (await ask(client, unlisted["url"], NEIGHBOUR))[0] == 200
    async with alice.get(private["url"], headers={"X-Forwarded-For": GUESSER}) as answer:
        assert answer.status == 200


async def test_this_machine_is_not_counted(alice, client, app):
    [file] = await upload(alice, ("a.txt", b"x"))
    assert (await client.get(f"/files/{file['id']}/b.txt")).status == 404
    assert len(app[keys.guesses]) == 0


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_one_broken_link_counts_once():
    guesses = Guesses()
    for _ in range(2 * FREE):
        guesses.count(GUESSER, 1, "gone.png")
    assert guesses.wait_s(GUESSER) == 0
    for n in range(FREE - 1):
        guesses.count(GUESSER, 2, str(n))
    assert guesses.wait_s(GUESSER) > 0


def test_it_ends_and_begins_anew():
    clock = Clock()
    guesses = Guesses(clock)
    for n in range(FREE):
        guesses.count(GUESSER, n, "a")
    clock.now += 10
    assert guesses.wait_s(GUESSER) == HELD_S - 10
    guesses.count(GUESSER, 1, "b")  # makes it no longer
    clock.now += HELD_S - 10
    assert guesses.wait_s(GUESSER) == 0
    guesses.count(GUESSER, 1, "a")
    assert guesses.wait_s(GUESSER) == 0


def test_slow_guesses_are_forgotten():
    clock = Clock()
    guesses = Guesses(clock)
    for n in range(3 * FREE):
        guesses.count(GUESSER, n, "a")
        clock.now += HELD_S / FREE * 1.5
        assert guesses.wait_s(GUESSER) == 0


def test_it_remembers_a_bounded_number_of_networks():
    guesses = Guesses()
    for n in range(5000):
        guesses.count(f"10.{n // 250}.{n % 250}.1", 1, "a")
    assert len(guesses) <= 2000
