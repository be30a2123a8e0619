import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from www.files.types import PLAIN, detect, may_inline

ZIP = b"PK\x03\x04\x14\x00\x00\x00"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a.txt", "image/png"),
        (b"\xff\xd8\xff\xe0", "a.jpg", "image/jpeg"),
        (b"GIF89a\x01\x00", "a", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "a", "image/webp"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "a", "audio/wav"),
        (b"\x00\x00\x00\x1cftypavif\x00", "a", "image/avif"),
        (b"\x00\x00\x00\x18ftypisom\x00", "a", "video/mp4"),
        (b"\x00\x00\x00\x18ftyp3gp4\x00", "a", "video/mp4"),
        (b"\x00\x00\x00\x18ftypheis\x00", "a", "image/heic"),
        (b"\x00\x00\x00\x08wide\x00\x00\x09\x08mdat", "a", "video/quicktime"),
        (b"II*\x00\x08\x00\x00\x00", "a", "image/tiff"),
        (b"MM\x00+\x00\x08\x00\x00", "a", "image/tiff"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "a", "video/webm"),
        (b"OggS\x00\x02" + b"\x00" * 22 + b"OpusHead", "a", "audio/ogg"),
        (b"ID3\x04\x00\x00", "a", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\x00", "a", "audio/mpeg"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a", "application/pdf"),
        (b"%PDF-1.4\nonly text", "a", "application/pdf"),
        (ZIP, "a.zip", "application/zip"),
        (ZIP, "a.docx", DOCX),
        (ZIP, "a.png", "application/zip"),
        (b"hello", "a.txt", PLAIN),
        (b"hello", "a.png", PLAIN),
        (b"BMW and ID3 are letters", "a", PLAIN),
        (b"", "a", PLAIN),
        ("你好，世界".encode(), "a", PLAIN),
        ("你好，世界".encode()[:-1], "a", PLAIN),
        (codecs.BOM_UTF16_LE + "hi".encode("utf-16-le"), "a", "text/plain; charset=utf-16"),
        ("你好，世界。这是中文。".encode("gb18030"), "a", "text/plain; charset=gb18030"),
        (b"# Title\n", "a.md", "text/markdown"),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (b"alert(1)", "a.js", "text/javascript"),
        (b"hello", "a.html", "text/html"),
        (b"\n <!DOCTYPE html><p>", "a.txt", "text/html"),
        (b"<script>alert(1)</script>", "a.png", "text/html"),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="x"/>', "a.png", "image/svg+xml"),
        (codecs.BOM_UTF8 + b"<svg onload=alert(1)>", "a", "image/svg+xml"),
        (b'<?xml version="1.0"?><feed/>', "a", "application/xml"),
        (b"\x7fELF\x02\x01", "a.png", "application/x-executable"),
        (b"\x01\x02\x03\x04", "a.png", "application/octet-stream"),
        (b"\x01\x02\x03\x04", "a.html", "application/octet-stream"),
    ],
)
def test_it_goes_by_content(head, name, expected):
    assert detect(head, name) == expected


@pytest.mark.parametrize(
    "content_type",
    [
        "image/png",
        "audio/ogg",
        "video/mp4",
        "application/pdf",
        PLAIN,
        "text/plain; charset=gb18030",
    ],
)
def test_it_shows_harmless_types(content_type):
    assert may_inline(content_type)


@pytest.mark.parametrize(
    "content_type",
    ["text/html", "image/svg+xml", "application/xhtml+xml", "application/xml", "text/javascript",
     "text/css", "text/markdown", "application/octet-stream", "", "image/", "text/plain2"],
)  # fmt: skip
def test_it_shows_nothing_that_could_run(content_type):
    assert not may_inline(content_type)


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_have_a_type(head, name):
    kind, slash, rest = detect(head, name).partition("/")
    assert kind
    assert slash
    assert rest
