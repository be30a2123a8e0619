import contextlib
import hashlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.bodies.conftest import MAX_BYTES, MIB


def described(body):
    return len(body), hashlib.sha256(body).hexdigest()


def assert_whole(answer, body):
    status, told = answer
    assert (status, told["size"], told["sha256"]) == (200, *described(body))
    assert told["sizes_at_end"] == [len(body)]


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize(
    "size", [0, 1, 65_535, 65_536, 65_537, 262_144, 500_000, MIB - 1, MIB, MIB + 1, 20_000_003]
)
def test_it_gives_back_every_byte(client, size):
    body = os.urandom(size)
    assert_whole(client.post(body), body)


@pytest.mark.parametrize(("size", "kind"), [(5 * MIB, "lent"), (MIB, "small"), (50_000, "body")])
def test_it_takes_the_way_it_should(served, client, size, kind):
    threads = client.post(os.urandom(size))[1]["threads"]
    assert (kind in threads) is (served.fast or kind == "body")
    assert set(threads) <= {kind, "body"}


def test_the_connection_lives_on(client):
    for size in (3 * MIB, 10, 2 * MIB, 0, 300_000):
        body = os.urandom(size)
        assert_whole(client.post(body), body)


def test_the_next_request_may_follow_at_once(client):
    """Its bytes stand right behind the body, in the same packet."""
    first, second = os.urandom(2 * MIB), os.urandom(1000)
    head = b"POST /? HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    whole = b"".join([head % len(first), first, head % len(second), second, head % 0])
    sending = threading.Thread(target=client.send, args=(whole,))
    sending.start()
    for body in (first, second, b""):
        assert_whole(client.answer(), body)
    sending.join()


def test_it_takes_chunks(client):
    body = os.urandom(3 * MIB)
    client.begin(None)
    for at in range(0, len(body), 100_000):
        piece = body[at : at + 100_000]
        client.send(b"%x\r\n%b\r\n" % (len(piece), piece))
    client.send(b"0\r\n\r\n")
    assert_whole(client.answer(), body)


@pytest.mark.parametrize("part", [MIB, 300_000])
def test_a_silent_client_keeps_no_thread(served, client, part):
    body = os.urandom(4 * part)
    client.begin(len(body))
    client.send(body[:part])
    until(lambda: served.bodies.lent == int(served.fast))
    until(lambda: served.bodies.lent == 0)
    client.send(body[part : 2 * part])
    until(lambda: served.bodies.lent == int(served.fast))
    client.send(body[2 * part :])
    assert_whole(client.answer(), body)


def test_small_bodies_wait_for_a_thread_of_their_own(served):
    """And not for those that large ones keep; each waits until it is its turn."""
    with contextlib.ExitStack() as stack:
        large = [stack.enter_context(contextlib.closing(served.connect())) for _ in range(20)]
        served.gate.clear()
        for client in large:
            client.begin(10 * MIB)
            client.send(os.urandom(500_000))
        until(lambda: served.bodies.large.busy == served.bodies.large.count)
        clients = [stack.enter_context(contextlib.closing(served.connect())) for _ in range(20)]
        for client in clients:
            client.begin(600_000)
        until(lambda: served.bodies.small.busy == served.bodies.small.count)
        served.gate.set()
        for client in clients:
            body = os.urandom(600_000)
            client.send(body)
            assert_whole(client.answer(), body)


def test_who_waits_for_a_thread_may_go(served, client):
    """What it has sent is forgotten, and the thread goes to the next."""
    served.gate.clear()
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(contextlib.closing(served.connect())) for _ in range(30)]
        for other in others:
            other.begin(600_000)
            other.send(os.urandom(300_000))
        until(lambda: served.bodies.small.busy == served.bodies.small.count)
    served.gate.set()
    until(lambda: len(served.ended) == 30)
    body = os.urandom(600_000)
    assert_whole(client.post(body), body)
    until(lambda: served.bodies.lent == 0)


def test_many_come_at_once(served):
    """More than there are threads: some are lent, the others go step by step."""
    bodies = [os.urandom(MIB + number) for number in range(50)]

    def post(body):
        with contextlib.closing(served.connect()) as client:
            return client.post(body)

    with ThreadPoolExecutor(50) as threads:
        for answer, body in zip(threads.map(post, bodies), bodies, strict=True):
            assert_whole(answer, body)
    assert served.bodies.lent == 0


def test_it_refuses_early_what_is_too_long(client):
    client.begin(MAX_BYTES + 1)
    assert client.answer()[0] == 413


def test_it_counts_what_tells_no_length(client):
    client.begin(None)
    block = os.urandom(MIB)
    for _ in range(MAX_BYTES // MIB + 1):
        client.send(b"%x\r\n%b\r\n" % (MIB, block))
    client.send(b"0\r\n\r\n")
    assert client.answer()[0] == 413


@pytest.mark.parametrize("refuse_at", [0, 1, 300_000, 2 * MIB])
def test_a_refusal_is_heard_by_who_sends_everything_first(client, refuse_at):
    """As browsers do; a reset would lose the answer. The connection goes on afterwards."""
    assert client.post(os.urandom(30 * MIB), f"refuse_at={refuse_at}")[0] == 413
    assert_whole(client.post(b"next"), b"next")


def test_a_refusal_is_answered_before_the_rest_is_sent(client):
    client.begin(50 * MIB, "refuse_at=1")
    client.send(os.urandom(MIB))
    assert client.answer()[0] == 413


@pytest.mark.parametrize("sent", [0, 1000, 2 * MIB])
def test_it_notices_that_the_client_is_gone(served, client, sent):
    client.begin(10 * MIB)
    client.send(os.urandom(sent))
    client.close()
    until(lambda: served.ended)
    assert served.ended[0] in {"ConnectionResetError", "ClientConnectionResetError"}
    until(lambda: served.bodies.lent == 0)


@pytest.mark.parametrize("sent", [0, 1000, MIB])
def test_the_end_is_not_told_of_what_was_cut_off(served, client, sent):
    ends = []
    served.last = lambda taker: ends.append(taker.sizes_at_end)
    client.begin(2 * MIB)
    client.send(os.urandom(sent))
    client.close()
    until(lambda: ends)
    assert ends == [[]]


def test_it_gives_up_a_stalled_client(served, client):
    client.begin(10 * MIB, "idle_s=0.7")
    client.send(os.urandom(3 * MIB))
    until(lambda: served.ended)
    assert served.ended == ["TimeoutError"]


def test_a_stalled_disk_stalls_nobody_else(served, client):
    """The one who is fed waits; the loop answers, and the client is held back."""
    served.gate.clear()
    body = os.urandom(30 * MIB)
    client.begin(len(body))
    sending = threading.Thread(target=client.send, args=(body,))
    sending.start()
    with contextlib.closing(served.connect()) as other:
        other.begin(10, "deny")
        other.send(b"0123456789")
        assert other.answer()[0] == 403
    assert sending.is_alive()
    served.gate.set()
    assert_whole(client.answer(), body)
    sending.join()


def test_it_ends_with_the_server(served, client):
    client.begin(10 * MIB)
    client.send(os.urandom(2 * MIB))
    until(lambda: served.bodies.lent == int(served.fast))
    started = time.monotonic()
    served.stop()
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(("query", "status"), [("", 100), ("deny", 403)])
def test_a_body_is_asked_for_when_it_is_wanted(client, query, status):
    body = os.urandom(2 * MIB)
    client.begin(len(body), query, "Expect: 100-continue")
    assert client.answer()[0] == status
    if status == 100:
        client.send(body)
        assert_whole(client.answer(), body)


def test_nothing_else_can_be_expected(client):
    client.begin(1, "", "Expect: wonders")
    assert client.answer()[0] == 417
