import contextlib
import socket
import threading
import time

import pytest

from www.bodies.lending import Lent

PIECES = 8
PIECE = b"x" * 10_000


@pytest.fixture
def connection():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        server, _ = listening.accept()
    server.setblocking(False)
    with client, server:
        yield client, server


@contextlib.contextmanager
def lent(server, size):
    loan = Lent(server.fileno(), size)
    try:
        yield loan
    finally:
        loan.close()


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def arrived(server):
    try:
        return len(server.recv(10**6, socket.MSG_PEEK))
    except BlockingIOError:
        return 0


def test_it_waits_once_for_what_comes_in_many_pieces(connection):
    client, server = connection
    sizes, view = [], memoryview(bytearray(PIECES * len(PIECE)))
    with lent(server, len(view)) as loan:
        reading = threading.Thread(target=lambda: sizes.append(loan.read_into(view, 20)))
        reading.start()
        for number in range(PIECES):
            until(lambda: loan.waiting)
            client.sendall(PIECE)
            until(lambda sent=number: sent == PIECES - 1 or arrived(server) > sent * len(PIECE))
        reading.join()
    assert sizes == [len(view)]


def test_it_returns_what_there_is_when_its_patience_ends(connection):
    client, server = connection
    with lent(server, 100) as loan:
        client.sendall(b"ab")
        until(lambda: arrived(server) == 2)
        view = memoryview(bytearray(100))
        assert loan.read_into(view, 0.01) == 2
        client.sendall(b"c")
        until(lambda: arrived(server) == 1)
        assert loan.read_into(view, 0.01) == 1
        assert loan.read_into(view, 0.01) == 0
        assert (loan.left_bytes, loan.taken_bytes) == (97, 3)


def test_it_finds_the_end_while_it_waits_for_more(connection):
    client, server = connection
    with lent(server, 100) as loan:
        client.sendall(b"ab")
        client.shutdown(socket.SHUT_WR)
        view = memoryview(bytearray(100))
        assert loan.read_into(view, 20) == 2
        with pytest.raises(ConnectionResetError):
            loan.read_into(view, 20)


def test_afterwards_one_byte_wakes_whoever_has_the_socket(connection):
    client, server = connection
    with lent(server, 10_000) as loan:
        assert loan.read_into(memoryview(bytearray(10_000)), 0.01) == 0
    client.sendall(b"a")
    server.settimeout(20)
    assert server.recv(10) == b"a"
