import pytest
from hypothesis import given
from hypothesis import strategies as st

from www.utils import disposition
from www.utils.names import safe_name


@pytest.mark.parametrize(
    ("value", "filename"),
    [
        ('form-data; name="file"; filename="a.txt"', "a.txt"),
        ("form-data; name=file; filename=a.txt", "a.txt"),
        ('form-data; name="file"; filename="a%22b%0D%0Ac.txt"', 'a"b\r\nc.txt'),
        (r'form-data; name="file"; filename="a\"b\\c.txt"', r'a"b\c.txt'),
        (r'form-data; name="file"; filename="C:\x\y.txt"', r"C:\x\y.txt"),
        ('form-data; name="file"; filename="年 报.pdf"', "年 报.pdf"),
        ('form-data; name="file"; filename="100%25;=.txt"', "100%25;=.txt"),
        ('form-data; name="file"; filename="x"; filename*=UTF-8\'\'%e5%b9%b4.pdf', "年.pdf"),
        ("form-data; name=\"file\"; filename*=iso-8859-1'en'%A3.txt; filename=x", "£.txt"),
        ('form-data; name="file"; filename="x"; filename*=UTF-8\'\'%ff', "x"),
        ('form-data; name="file"; filename="x"; filename*=utf-7\'\'+AGE-', "x"),
        ('form-data; name="file"; filename=""', ""),
        ('form-data; name="file"; FILENAME="a" ; filename="b"', "a"),
        ('form-data; name="file"', None),
    ],
)
def test_it_reads_what_clients_write(value, filename):
    kind, params = disposition.parse(value)
    assert (kind, params["name"], params.get("filename")) == ("form-data", "file", filename)


@pytest.mark.parametrize(
    "value", ["", ";", 'form-data; name="x', "form-data; =x", "form-data x", "form-data;"]
)
def test_it_refuses_what_is_malformed(value):
    with pytest.raises(ValueError):
        disposition.parse(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a.txt", 'attachment; filename="a.txt"'),
        ("é.txt", "attachment; filename=\"e.txt\"; filename*=UTF-8''%C3%A9.txt"),
        ("年.pdf", "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E5%B9%B4.pdf"),
        (".env", 'attachment; filename=".env"'),
        ('a"b%.txt', "attachment; filename=\"a_b_.txt\"; filename*=UTF-8''a%22b%25.txt"),
    ],
)
def test_it_writes_any_name(name, value):
    assert disposition.build("attachment", name) == value


@given(st.text())
def test_a_name_makes_the_round_trip(name):
    value = disposition.build("attachment", safe_name(name))
    assert value.isascii()
    assert value.isprintable()
    assert disposition.parse(value)[1]["filename"] == safe_name(name)
