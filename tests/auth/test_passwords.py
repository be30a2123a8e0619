"""Hashes: right parameters, same time for nobody, bounded work; and which passwords are refused."""

import asyncio
import threading
import unicodedata

import pytest

from tests.actors import CHEAP
from www.auth import password_rules
from www.auth.passwords import MAX_BYTES, Passwords
from www.errors import Unavailable


class Verifier:
    """Only verifies, and only when it may go on; a call of `hash` would be an error."""

    def __init__(self, hasher, going_on=None):
        self._verify, self._going_on, self.verified = hasher.verify, going_on, 0

    def verify(self, stored, password):
        if self._going_on:
            self._going_on.wait(10)
        self.verified += 1
        return self._verify(stored, password)


@pytest.fixture
def passwords():
    return Passwords(**CHEAP)


async def test_it_works(passwords):
    stored = await passwords.hash("four unrelated words")
    assert await passwords.verify(stored, "four unrelated words")
    assert not await passwords.verify(stored, "four unrelated wordz")


async def test_the_parameters_are_those_of_owasp():
    stored = await Passwords().hash("x")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_nobody_is_compared_with_the_same_parameters():
    compared = []

    class Watched(Passwords):
        def _fits(self, password_hash, password):
            compared.append(password_hash)
            return super()._fits(password_hash, password)

    assert not await Watched().verify(None, "x")
    real = await Passwords().hash("x")
    assert [len(part) for part in compared[0].split("$")] == [len(part) for part in real.split("$")]
    assert compared[0].split("$")[:4] == real.split("$")[:4]


async def test_the_first_stranger_costs_one_hash_like_every_other(passwords):
    passwords._hasher = Verifier(passwords._hasher)
    assert await passwords.verify(None, "x") is False
    assert passwords._hasher.verified == 1


@pytest.mark.parametrize("broken", ["", "x", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$x$y"])
async def test_a_broken_hash_fits_nothing(passwords, broken):
    assert not await passwords.verify(broken, "x")
    assert passwords.is_outdated(broken) in {True, False}


async def test_it_knows_outdated_hashes(passwords):
    assert not passwords.is_outdated(await passwords.hash("x"))
    assert Passwords(time_cost=2, memory_kib=8).is_outdated(await passwords.hash("x"))


async def test_two_keyboards_type_the_same(passwords):
    stored = await passwords.hash(unicodedata.normalize("NFC", "Zoë größer"))
    assert await passwords.verify(stored, unicodedata.normalize("NFD", "Zoë größer"))


@pytest.mark.parametrize("text", ["\ud800", "\0", "😀" * MAX_BYTES, "x" * 1_000_000])
async def test_nonsense_fits_nothing(passwords, text):
    assert not await passwords.verify(await passwords.hash("x"), text)


async def test_it_runs_two_at_a_time_beside_the_loop():
    running, most, threads = 0, 0, set()
    lock = threading.Lock()

    class Watched(Passwords):
        def _fits(self, password_hash, password):
            nonlocal running, most
            with lock:
                running, most = running + 1, max(most, running + 1)
            threads.add(threading.get_ident())
            fits = super()._fits(password_hash, password)
            with lock:
                running -= 1
            return fits

    passwords = Watched(time_cost=1, memory_kib=1024)
    await asyncio.gather(*(passwords.verify(None, "x") for _ in range(20)))
    assert most <= 2
    assert threading.get_ident() not in threads


async def test_registrations_do_not_hold_up_who_signs_in():
    passwords = Passwords(time_cost=1, memory_kib=1024)
    stored = await passwords.hash("x")
    done = []

    async def register():
        await passwords.hash("x")
        done.append("registered")

    registering = [asyncio.create_task(register()) for _ in range(100)]
    await asyncio.sleep(0)
    assert await passwords.verify(stored, "x")
    assert len(done) < 50
    await asyncio.gather(*registering)


async def test_nobody_waits_for_ever(monkeypatch):
    passwords = Passwords(**CHEAP, patience_s=0.01)
    going_on = threading.Event()
    monkeypatch.setattr(passwords, "_hasher", Verifier(passwords._hasher, going_on))
    stuck = [asyncio.create_task(passwords.verify(None, "x")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await passwords.verify(None, "x")
    going_on.set()
    assert await asyncio.gather(*stuck) == [False, False]
    assert await passwords.verify(None, "x") is False


async def test_a_flood_is_refused(passwords):
    tries = [passwords.verify(None, "x") for _ in range(300)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 100
    assert await passwords.verify(None, "x") is False


@pytest.mark.parametrize(
    "password",
    [
        "correct battery horse",
        "四个不相干的词语哦",
        "😀😁😂🤣😃😄😅😆",
        "x7!kQp2z",
        "83920174",
        "x" * 512 + "yzw",
    ],
)
def test_good_ones_are_taken(password):
    assert password_rules.problems(password) == []


@pytest.mark.parametrize(
    "password",
    [
        "",
        "1234567",
        "password",
        "PASSWORD",
        "p@ssw0rd",
        "Password2024!",
        "12345678",
        "87654321",
        "aabbaabb",
        "qwertyuiop",
    ],
)
def test_bad_ones_are_refused(password):
    assert len(password_rules.problems(password)) == 1


@pytest.mark.parametrize("password", ["zoe-maria", "Zoe-Maria", "zoe-maria2000", "zoe@example.org"])
def test_ones_own_name_is_refused(password):
    assert password_rules.problems(password, own=("Zoe-Maria", "zoe@example.org"))


def test_the_list_holds_what_its_reader_expects():
    words = password_rules._common()
    assert len(words) > 500
    assert all(word == password_rules._key(word) for word in words)
