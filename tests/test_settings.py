"""Settings: what is read from where, and what is said about mistakes."""

from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml

from docs.settings_page import page
from www.settings import KNOWN, Settings, SettingsError, default_file, load
from www.utils.sections import about

ROOT = Path(__file__).parents[1]


@pytest.fixture
def config(tmp_path):
    """Write a file of settings and return its path."""

    def write(text):
        file = tmp_path / "site.yaml"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    return write


def problems(*args, **kwargs):
    with pytest.raises(SettingsError) as caught:
        load(*args, **kwargs)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_it_has_the_same_defaults_in_models_and_yaml():
    assert load() == Settings()


def test_it_names_every_setting_in_the_default_file_with_a_comment():
    lines = default_file().read_text(encoding="utf-8").splitlines()
    keys = [line.split(":")[0].strip() for line in lines if ":" in line and " # " in line]
    assert keys == [path[-1] for path in KNOWN]


def test_it_documents_every_setting():
    assert all(about(info).purpose and about(info).allowed for info in KNOWN.values())


def test_its_page_is_fresh():
    """`make docs` writes the page anew."""
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == page()


def test_it_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        setattr(Settings().server, "port", 1)  # noqa: B010  mypy knows it too


def test_it_lets_later_sources_win(config):
    file = config("server: {port: 1, host: '::1'}\nsite: {title: A}\nlog:\n")
    environ = {"WWW_SERVER__PORT": "2", "WWW_SITE__TITLE": "B"}
    settings = load(file, {"server.port": 3, "server.host": None}, environ)
    assert (settings.server.port, settings.site.title, settings.server.host) == (3, "B", "::1")


def test_it_reads_the_file_of_the_environment(config):
    assert load(environ={"WWW_CONFIG": str(config("site: {title: C}"))}).site.title == "C"


def test_it_prefers_the_file_of_the_flag(config):
    settings = load(config("site: {title: C}"), environ={"WWW_CONFIG": "/nowhere"})
    assert settings.site.title == "C"


def test_it_ignores_variables_of_tests_and_of_others():
    assert load(environ={"WWW_TEST_POSTGRES": "x", "WWWROOT": "y", "HOME": "/"}) == Settings()


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1000", 1000),
        ("512kB", 512_000),
        ("4 GiB", 4 * 2**30),
        ("1.5 MiB", 1_572_864),
        ("2m", 2_000_000),
    ],
)
def test_it_reads_sizes(text, size):
    assert load(environ={"WWW_LIMITS__UPLOAD_BYTES": text}).limits.upload_bytes == size


@pytest.mark.parametrize("text", ["", "0", "-1", "4 QB", "nan", "1e3", "yes", "9" * 30, "٣", "0.1"])
def test_it_refuses_nonsense_for_a_size(text):
    (problem,) = problems(environ={"WWW_LIMITS__UPLOAD_BYTES": text})
    assert problem.startswith("WWW_LIMITS__UPLOAD_BYTES: found ")


def test_it_reads_networks_with_commas():
    settings = load(environ={"WWW_SERVER__TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,::1"})
    wanted = ("127.0.0.1", "10.0.0.0/8", "::1")
    assert settings.server.trusted_proxies == tuple(ip_network(text) for text in wanted)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Example.org/", "https://example.org"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("", None),
    ],
)
def test_it_reads_the_base_url(text, origin):
    assert load(environ={"WWW_SERVER__BASE_URL": text}).server.base_url == origin


@pytest.mark.parametrize(
    "text",
    ["example.org", "ftp://a", "http://", "http://a/b", "http://a?b", "http://a:x", "http://u@a"],
)
def test_it_refuses_other_base_urls(text):
    (problem,) = problems(environ={"WWW_SERVER__BASE_URL": text})
    assert "without a path" in problem


def test_it_reads_a_secret_from_a_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n", encoding="utf-8")
    settings = load(environ={"WWW_DB__PASSWORD_FILE": str(secret)})
    assert settings.db.password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize("path", ["/nowhere/secret", "\0", "."])
def test_it_says_that_a_secret_cannot_be_read(path):
    (problem,) = problems(environ={"WWW_DB__PASSWORD_FILE": path})
    assert problem.startswith("WWW_DB__PASSWORD_FILE: ")


def test_it_refuses_two_places_for_one_secret():
    (problem,) = problems(environ={"WWW_DB__PASSWORD": "a", "WWW_DB__PASSWORD_FILE": "b"})
    assert problem == "WWW_DB__PASSWORD_FILE: WWW_DB__PASSWORD is set too; choose one"


def test_it_reads_from_files_only_what_is_secret():
    (problem,) = problems(environ={"WWW_SITE__TITLE_FILE": "/etc/passwd"})
    assert (
        problem == "WWW_SITE__TITLE_FILE: there is no such setting; did you mean WWW_SITE__TITLE?"
    )


def test_it_reports_all_mistakes_of_all_sources_at_once(config):
    file = config("server:\n  prot: 80\nsite:\n  language: fr\n  posts_per_page: yes\nlogs: 5\n")
    environ = {"WWW_SITE__LANGUAGE": "en", "WWW_PORT": "80", "WWW_LOG__LEVEL": "loud"}
    assert problems(file, {"server.port": 70000}, environ) == (
        f"{file} line 2, server.prot: there is no such setting; did you mean server.port?",
        f"{file} line 4, site.language: found 'fr'; allowed: `en` or `zh-Hans`",
        f"{file} line 5, site.posts_per_page: found True; allowed: a number from 1 to 100",
        f"{file} line 6, logs: there is no such setting; did you mean log?",
        "WWW_LOG__LEVEL: found 'loud'; allowed: `debug` or `info` or `warning` or `error`",
        "WWW_PORT: there is no such setting; did you mean WWW_SERVER__PORT?",
        "--port: found 70000; allowed: a number from 0 to 65535",
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("site: [1]", "site: found [1]; allowed: the keys title"),
        ("[1]", "found [1]; allowed: sections"),
        ("a: b: c", "line 1: mapping values"),
        ("site:\n  title: a\n  title: b", "line 3: site.title stands on line 2 already"),
        ("site: {title: 2026}", "found 2026; allowed: text on one line (put it in quotes)"),
        ("site: {title: }", "found nothing; allowed: text"),
        ('site: {title: "a\\nb"}', "allowed: text on one line"),
        ("site: {timezone: Mars/Base}", "found 'Mars/Base'; allowed: a name such as"),
        ("site: {timezone: /etc/passwd}", "allowed: a name such as"),
        ("db: {pool: 0}", "a number from 1 to 1000"),
        ("db: {database: ''}", "found ''; allowed: a path"),
        ("db: {password: 7777}", "found a value that is not shown; allowed: text"),
        ("data: !!python/object:os.system {}", "could not determine a constructor"),
        ("site: &a {title: *a}", "line 1"),
        ("limits: {form_bytes: 1000}", "allowed: at least three times limits.body_bytes"),
        (b"\xff", "byte 0 is not UTF-8"),
        ("a: \0", "not readable as YAML"),
        ("a: 2026-99-99", "not readable as YAML"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong_in_a_file(config, text, found):
    (problem,) = problems(config(text))
    assert found in problem


def test_it_says_that_a_file_is_missing():
    assert problems(Path("/nowhere/site.yaml")) == (
        "/nowhere/site.yaml: cannot be read (No such file or directory)",
    )


def test_it_expands_the_home_folder():
    assert load(environ={"WWW_DATA": "~/site"}).data == Path.home() / "site"


def test_its_file_is_plain_yaml():
    assert set(yaml.safe_load(default_file().read_text(encoding="utf-8"))) == set(
        Settings.model_fields
    )


def test_it_takes_a_database_of_a_server(config):
    text = "db: {host: db1, database: www, user: www, replicas: [db2, 'db3:5433']}"
    settings = load(config(text), {}, {"WWW_DB__PASSWORD": "s3cret", "WWW_DB__POOL": "3"})
    assert (str(settings.db.database), settings.db.pool) == ("www", 3)
    assert settings.db.replicas == ("db2", "db3:5433")
    (problem,) = problems(config("db: {host: db1}"))
    assert "db.database: found res/www.db; allowed: a name without slashes" in problem


@pytest.mark.parametrize(
    ("endpoint", "refused"),
    [
        ("endpoint: http://127.0.0.1:9000", True),
        ("endpoint: 'https://[2001:db8::1]'", True),
        ("public_endpoint: http://10.0.0.1", True),
        ("endpoint: https://s3.example.org", False),
        ("endpoint: http://127.0.0.1:9000, path_style: true", False),
    ],
)
def test_a_bucket_is_no_name_in_front_of_an_ip_address(config, endpoint, refused):
    text = f"storage: {{kind: s3, bucket: files, access_key: a, secret_key: b, {endpoint}}}"
    if not refused:
        assert load(config(text)).storage.bucket == "files"
        return
    [problem] = problems(config(text))
    assert problem.startswith("storage.path_style: found false; allowed: true, because storage.")
