"""How commands are called, and what they say when the call or a setting is wrong."""

import pytest

import www as package
from tests.cli.conftest import PASSWORD, ROOT
from www.cli import COMMANDS


def test_python_m_www_works(start):
    process = start("-m", "www", "--version")
    assert process.communicate(timeout=20) == (f"www {package.__version__}\n", "")
    assert process.returncode == 0


def test_init_db_py_makes_the_database(start, folder):
    process = start(str(ROOT / "init_db.py"))
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert "is ready" in output
    assert (folder / "res" / "www.db").exists()


def test_help_names_every_command(www):
    answer = www("--help")
    assert answer.code == 0
    names = [module.__name__.rpartition(".")[2].replace("_", "-") for module in COMMANDS]
    assert [name for name in names if f"  {name} " not in answer.out] == []


@pytest.mark.parametrize("call", ["serve", "init-db", "migrate", "user add", "demo", "check"])
def test_every_command_has_help_and_config(www, call):
    answer = www(*call.split(), "--help")
    assert answer.code == 0
    assert "--config FILE" in answer.out


@pytest.mark.parametrize(
    "call", ["check", "migrate --sql", "user add bob --role reader --password-stdin"]
)
def test_options_may_stand_before_the_command(www, folder, call):
    (folder / "check").write_text("db: {database: res/other.db}\n")
    assert "res/other.db is ready" in www("--config=check", "init-db").out
    answer = www("--config", "check", *call.split(), stdin=PASSWORD)
    assert (answer.code, answer.err) == (0, "")
    assert not (folder / "res" / "www.db").exists()


def test_help_may_stand_before_the_command(www):
    assert www("--config", "x", "--help", "migrate").out == www("migrate", "--help").out


def test_help_names_what_options_take(www):
    assert "--host HOST" in www("serve", "--help").out
    assert "--port PORT" in www("serve", "--help").out


@pytest.mark.parametrize("call", ["serve now --help", "check it -h", "init-db x --help"])
def test_help_does_not_hide_a_wrong_word(www, call):
    answer = www(*call.split())
    assert (answer.code, answer.out) == (2, "")
    assert f"unrecognized arguments: {call.split()[1]}" in answer.err


@pytest.mark.parametrize("number", ["0", "-3", "1000001", "many"])
def test_a_wrong_number_is_answered_by_what_is_allowed(www, number):
    answer = www("demo", "--blogs", number)
    assert answer.code == 2
    assert f"--blogs: found '{number}'; allowed: a number from 1 to 1000000" in answer.err


@pytest.mark.parametrize(
    "call", ["nonsense", "serve --nonsense", "user", "demo --blogs 0", "--config", "--port 1 x"]
)
def test_a_wrong_call_ends_with_2(www, call):
    answer = www(*call.split())
    assert (answer.code, answer.out) == (2, "")
    assert "usage: www" in answer.err


def test_every_wrong_setting_is_listed(www, folder):
    config = folder / "mine.yaml"
    config.write_text("server: {port: many}\nsite: {titel: x}\n")
    answer = www("check", "--config", str(config))
    assert answer.code == 2
    assert "server.port" in answer.err
    assert "titel" in answer.err


def test_a_folder_that_cannot_be_made_is_named(www, folder):
    (folder / "res").write_text("a file is in the way")
    answer = www("init-db")
    assert answer.code == 1
    assert answer.err.startswith("www: ")
    assert "res" in answer.err
