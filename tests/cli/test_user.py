"""`www user add`, `list` and `reset-link`."""

import re
import sqlite3
import sys

import pytest

from tests.cli.conftest import PASSWORD


@pytest.fixture(autouse=True)
def _site(www):
    www("init-db")


@pytest.fixture
def add(www):
    """Add an account with a piped password."""

    def run(name, *arguments, role="author", password=PASSWORD):
        call = ["user", "add", name, "--role", role, "--password-stdin", *arguments]
        return www(*call, stdin=f"{password}\n")

    return run


def rows(folder, sql):
    with sqlite3.connect(folder / "res" / "www.db") as db:
        found = db.execute(sql).fetchall()
    db.close()
    return found


@pytest.fixture
def typed(www, monkeypatch):
    """Run a command on a terminal, where these passwords are typed."""

    def run(*passwords):
        answers = iter(passwords)
        monkeypatch.setattr("www.cli.user.getpass", lambda _: next(answers))
        return www("user", "add", "alice", "--role", "admin", terminal=True)

    return run


def test_add_works(add, www, folder):
    answer = add("alice", "--email", "alice@example.org")
    assert answer == (0, "added alice (author)\n", "")
    assert rows(folder, "SELECT name, role, email, active FROM users") == [
        ("alice", "author", "alice@example.org", 1)
    ]


def test_add_never_stores_the_password(add, folder):
    add("alice")
    (stored,) = rows(folder, "SELECT password_hash FROM users")
    assert stored[0].startswith("$argon2id$")


def test_add_notes_it_in_the_audit_log(add, folder):
    add("alice")
    assert rows(folder, "SELECT actor_name, action, target FROM audit_entries") == [
        ("(command line)", "add", "alice: author")
    ]


def test_add_gives_reserved_names(add):
    assert add("admin", role="admin").code == 0


def test_add_rejects_a_name_that_is_taken(add):
    add("alice")
    answer = add("ALICE")
    assert (answer.code, answer.out) == (1, "")
    assert "name: This name is taken." in answer.err


def test_add_names_every_mistake(add, folder):
    answer = add("a b", "--email", "nowhere", password="short")
    assert (answer.code, answer.out) == (1, "")
    assert [line.split()[1] for line in answer.err.splitlines()] == ["name:", "email:", "password:"]
    assert "At least 8 characters" in answer.err
    assert rows(folder, "SELECT name FROM users") == []


def test_add_rejects_an_unknown_role(add):
    assert add("alice", role="emperor").code == 2


def test_add_asks_twice_on_a_terminal(typed):
    assert typed(PASSWORD, PASSWORD).out == "added alice (admin)\n"


def test_add_refuses_two_answers_that_differ(typed):
    answer = typed(PASSWORD, "something else")
    assert answer.code == 1
    assert "differ" in answer.err


def test_add_says_what_to_do_without_a_terminal(www):
    answer = www("user", "add", "alice", "--role", "admin")
    assert (answer.code, answer.out) == (2, "")
    assert "--password-stdin" in answer.err


def test_list_is_plain_in_a_pipe(add, www):
    add("alice")
    add("林晚", role="editor")
    lines = [line.split("\t") for line in www("user", "list").out.splitlines()]
    assert [line[:4] for line in lines] == [
        ["1", "alice", "author", "yes"],
        ["2", "林晚", "editor", "yes"],
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", lines[0][4])


def test_list_is_a_table_on_a_terminal(add, www, monkeypatch):
    add("alice")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    head, first = www("user", "list").out.splitlines()
    assert head.split() == ["id", "name", "role", "active", "created"]
    assert first.split()[:4] == ["1", "alice", "author", "yes"]


def test_list_of_nobody_is_empty(www):
    assert www("user", "list") == (0, "", "")


def test_reset_link_works(add, www, folder):
    add("alice")
    answer = www("user", "reset-link", "Alice")
    assert answer.code == 0
    assert re.match(r"http://localhost:8080/setup/[A-Za-z0-9_-]{43}\n", answer.out)
    assert "valid once, for 24 hours" in answer.out
    assert rows(folder, "SELECT purpose, user_id FROM one_time_links") == [("reset", 1)]


@pytest.mark.parametrize(
    "call", ["list", "reset-link alice", "add alice --role admin --password-stdin"]
)
def test_a_database_that_is_not_there_is_not_made(www, folder, monkeypatch, call):
    monkeypatch.setenv("WWW_DB__DATABASE", "typo/www.db")
    answer = www("user", *call.split(), stdin=PASSWORD)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "www: there is no database typo/www.db: run `www init-db` first\n"
    assert not (folder / "typo").exists()


def test_reset_link_says_what_it_assumes(add, www):
    add("alice")
    answer = www("user", "reset-link", "alice")
    assert "the server listens on port 8080; if not, add --port" in answer.out
    assert "From another machine, put this machine's name or address in place" in answer.out
    answer = www("user", "reset-link", "alice", "--port", "8083")
    assert answer.out.startswith("http://localhost:8083/setup/")
    assert "--port" not in answer.out


def test_reset_link_needs_a_port(add, www, folder, monkeypatch):
    add("alice")
    monkeypatch.setenv("WWW_SERVER__PORT", "0")
    answer = www("user", "reset-link", "alice")
    assert (answer.code, answer.out) == (2, "")
    assert "--port" in answer.err
    assert rows(folder, "SELECT id FROM one_time_links") == []


def test_reset_link_replaces_the_one_before(add, www, folder):
    add("alice")
    first, second = (www("user", "reset-link", "alice").out for _ in range(2))
    assert first != second
    assert len(rows(folder, "SELECT id FROM one_time_links")) == 1


def test_reset_link_begins_with_base_url(add, www, monkeypatch):
    add("alice")
    monkeypatch.setenv("WWW_SERVER__BASE_URL", "https://example.org")
    answer = www("user", "reset-link", "alice")
    assert answer.out.startswith("https://example.org/setup/")
    assert "port" not in answer.out
    assert "localhost" not in answer.out


def test_reset_link_needs_somebody(www):
    answer = www("user", "reset-link", "nobody")
    assert (answer.code, answer.out) == (1, "")
    assert "there is no active account called nobody" in answer.err
