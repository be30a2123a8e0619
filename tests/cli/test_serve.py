"""`www serve` as a person starts it: a process, an address, Ctrl-C."""

import re
import signal
import socket
import sqlite3
import urllib.request

import pytest

from tests.cli.conftest import PASSWORD

LINK = re.compile(r"/setup/[A-Za-z0-9_-]{43}")


@pytest.fixture
def serve(start):
    """Start the server on a free port; return the process, its address and what it said before."""

    def run(*arguments, host="127.0.0.1", port="0"):
        process = start("-m", "www", "--host", host, "--port", port, *arguments)
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.match(r"Serving on http://[\w.]+:(\d+) ", line):
                return process, f"http://127.0.0.1:{found[1]}", "".join(said)
        raise AssertionError(process.stderr.read())

    return run


def link_in(said):
    found = LINK.search(said)
    assert found
    return found[0]


def stop(process):
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    return process.returncode


def status(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.status


def ledger(folder):
    with sqlite3.connect(folder / "res" / "www.db") as db:
        rows = db.execute("SELECT * FROM schema_migrations").fetchall()
    db.close()
    return rows


def test_it_serves_until_ctrl_c(serve):
    process, url, _ = serve("serve")
    assert status(f"{url}/healthz") == 200
    assert status(f"{url}/") == 200
    assert stop(process) == 0


def test_it_is_the_default_command(serve):
    process, url, _ = serve()
    assert status(f"{url}/healthz") == 200
    assert stop(process) == 0


def test_it_leaves_no_complaint_behind(serve):
    process, _, _ = serve("serve")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20) == ("", "")


def test_it_prints_a_working_link_while_there_is_no_administrator(serve):
    process, url, said = serve("serve")
    assert status(f"{url}{link_in(said)}") == 200
    stop(process)


def test_a_failed_second_start_leaves_the_link_alone(serve):
    process, url, said = serve("serve")
    with pytest.raises(AssertionError, match="cannot listen"):
        serve("serve", port=url.rpartition(":")[2])
    assert status(f"{url}{link_in(said)}") == 200
    stop(process)


def test_links_of_earlier_starts_still_work(serve):
    process, _, said = serve("serve")
    stop(process)
    process, url, _ = serve("serve")
    assert status(f"{url}{link_in(said)}") == 200
    stop(process)


def test_it_says_how_other_machines_open_the_link(serve):
    process, _, said = serve("serve", host="0.0.0.0")
    assert "http://localhost:" in said
    assert "From another machine, put this machine's name or address in place of localhost" in said
    stop(process)
    process, _, said = serve("serve")
    assert "another machine" not in said
    stop(process)


def test_it_says_where_it_listens_and_what_readers_use(serve, monkeypatch):
    monkeypatch.setenv("WWW_SERVER__BASE_URL", "https://our-town.example")
    process, url, said = serve("serve")
    assert f"Serving on {url} as https://our-town.example (" in said
    assert f"  https://our-town.example{link_in(said)}\n" in said
    stop(process)


def test_it_prints_no_link_once_there_is_one(serve, www):
    www("init-db")
    www("user", "add", "boss", "--role", "admin", "--password-stdin", stdin=PASSWORD)
    process, _, said = serve("serve")
    assert not LINK.search(said)
    stop(process)


def test_a_second_start_sets_nothing_up_again(serve, folder):
    stop(serve("serve")[0])
    before = ledger(folder)
    stop(serve("serve")[0])
    assert ledger(folder) == before != []


def test_it_keeps_the_data_to_itself(serve, folder):
    stop(serve("serve")[0])
    assert (folder / "res").stat().st_mode & 0o077 == 0
    assert (folder / "res" / "www.db").stat().st_mode & 0o077 == 0


def test_it_warns_of_data_that_is_open_to_others(serve, www, folder):
    www("init-db")
    (folder / "res").chmod(0o777)
    (folder / "res" / "www.db").chmod(0o644)
    process, _, _ = serve("serve")
    process.send_signal(signal.SIGINT)
    lines = process.communicate(timeout=20)[1].splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [
        "WARNING www.cli data folder res is open to other users: chmod 700 res",
        "WARNING www.cli database res/www.db is open to other users: chmod 600 res/www.db",
    ]


def test_it_says_that_the_port_is_in_use(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start("-m", "www", "serve", "--host", "127.0.0.1", "--port", port)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"127.0.0.1 port {port}" in errors
    assert "Traceback" not in errors
