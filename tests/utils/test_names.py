import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from www.utils.names import extension, numbered_name, portable_name, safe_name


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("年度报告.pdf", "年度报告.pdf"),
        (r"C:\Users\alice\x y.txt", "x y.txt"),
        (r"\\host\share\x.txt", "x.txt"),
        (r"..\x.txt", "x.txt"),
        (r"AC\DC.mp3", "AC_DC.mp3"),
        ("../../etc/passwd", "passwd"),
        ("/srv/folder/", "folder"),
        ("..", "file"),
        ("", "file"),
        (".", "file"),
        (" .. ", "file"),
        (". .", ". ."),
        (".htaccess", ".htaccess"),
        ("x/ .env ", ".env"),
        ("etc.", "etc."),
        ("a\x00b\x1b[31m.txt", "ab[31m.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\nb\t c.txt", "a b c.txt"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("bad\udcff.txt", "bad.txt"),
    ],
)
def test_it_cleans(given_name, expected):
    assert safe_name(given_name) == expected


@pytest.mark.parametrize("letter", ["a", "é", "文", "🎈"])
def test_it_shortens_and_keeps_the_extension(letter):
    name = safe_name(letter * 10_000 + ".tar.gz")
    assert 250 < len(name.encode()) <= 255
    assert name.endswith(".gz")


def test_it_shortens_a_name_that_is_all_extension():
    assert safe_name("a." + "b" * 10_000) == "a." + "b" * 253


# Plain `text()` seldom hits what matters here: dots, slashes, spaces, combining and bidi characters.
names = st.text(
    st.one_of(st.characters(), st.sampled_from("./\\ \u0301\u202e\u200b\n\x00a\u00a0\ud800")),
    max_size=400,
)


@given(names)
def test_any_name_becomes_one_safe_line(name):
    safe = safe_name(name)
    assert 1 <= len(safe.encode()) <= 255
    assert safe not in {".", ".."}
    assert safe == safe.strip()
    assert not set(safe) & set("/\\\n\r\0")
    assert not {unicodedata.category(c) for c in safe} & {"Cc", "Cf", "Cs"}
    assert unicodedata.is_normalized("NFC", safe)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.png", "a (2).png"),
        ("a", "a (2)"),
        (".env", ".env (2)"),
        ("x" * 255, "x" * 251 + " (2)"),
        ("名" * 83 + ".txt", "名" * 82 + " (2).txt"),
        ("a." + "b" * 253, "a." + "b" * 249 + " (2)"),
    ],
)
def test_a_number_makes_no_name_too_long(name, expected):
    assert numbered_name(name, 2) == expected


@given(names)
def test_a_safe_name_stays_as_it_is(name):
    assert safe_name(safe_name(name)) == safe_name(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.PNG", "png"), ("a.tar.gz", "gz"), ("a", ""), (".png", ""), ("a.", "")],
)
def test_it_knows_the_extension(name, expected):
    assert extension(name) == expected


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("report (2).pdf", "report (2).pdf"),
        ("a  b", "a b"),
        ("a.", "a"),
        ("..", "file"),
        ("con.txt", "_con.txt"),
        ("a:b?.txt", "a_b_.txt"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
    ],
)
def test_a_portable_name_is_one_on_windows(given_name, expected):
    assert portable_name(given_name) == expected
