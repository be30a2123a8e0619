"""Forms that are wrong, or only strange: the kinds that other projects have met, in our own words.

A form is (name, body, what is said) or, where it is to be taken, (name, body, the names of its files
with their contents).
"""

FILE = b'form-data; name="file"; filename="a.txt"'


def part(content=b"hello", *, disposition=FILE, lines=(), end=b"\r\n"):
    head = [b"Content-Disposition: " + disposition, *lines]
    return b"--B\r\n" + b"\r\n".join(head) + b"\r\n\r\n" + content + end


def headed(*lines):
    """A form whose one part has exactly these header lines."""
    return b"--B\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\nhello\r\n--B--\r\n"


def named(parameters):
    return part(disposition=b"form-data" + parameters) + END


END = b"--B--\r\n"
GOOD = part() + END
DISPOSITION = b"Content-Disposition: " + FILE

_BEGIN = "The form does not begin with its boundary."
_CUT = "The form was cut off in part 1: its last boundary is missing."
_BEHIND = "There is text behind the boundary after part 1 of the form."
_LINE = "Part 1 of the form has a line in its header that is none."
_LONG = "The header of part 1 of the form is too long."
_UNREADABLE = "The Content-Disposition of part 1 of the form cannot be read."
_NAMELESS = "Part 1 of the form has no field name."
_ENCODED = "Part 1 of the form is encoded, and only plain bytes are accepted."
_TWICE = "Part 1 of the form has the same header twice."
_WRONG_FIELD = "Files are expected in the field “file”."

REFUSED = [
    ("nothing", b"", _BEGIN),
    ("nonsense", b"nonsense", _BEGIN),
    ("other boundary", GOOD.replace(b"--B", b"--C"), _BEGIN),
    ("boundary with one dash", GOOD.replace(b"--B", b"-B"), _BEGIN),
    ("boundary without dashes", GOOD.replace(b"--B", b"B"), _BEGIN),
    ("boundary in another case", GOOD.replace(b"--B", b"--b"), _BEGIN),
    ("long preamble", b"x" * 2000 + b"\r\n" + GOOD, _BEGIN),
    ("preamble of line ends", b"\r\n" * 1000 + GOOD, _BEGIN),
    ("boundary alone", b"--B", _CUT),
    ("no last boundary", part(), _CUT),
    ("cut in a boundary", GOOD[:-5], _CUT),
    ("one dash at the end", part() + b"--B-", _CUT),
    ("cut in a header", GOOD[:30], _CUT),
    ("cut in a content", GOOD[:-12], _CUT),
    ("cut in the second part", part() + part()[:-3], _CUT.replace("1", "2")),
    ("no line end before the boundary", part(end=b"") + END, _CUT),
    ("a line feed before the boundary", part(end=b"\n") + END, _CUT),
    ("a carriage return before the boundary", part(end=b"\r") + END, _CUT),
    ("line feeds", GOOD.replace(b"\r\n", b"\n"), _BEHIND.replace("1", "0")),
    ("carriage returns", GOOD.replace(b"\r\n", b"\r"), _BEHIND.replace("1", "0")),
    ("line feeds in the header", GOOD.replace(FILE + b"\r\n\r\n", FILE + b"\n\n"), _CUT),
    ("text behind a boundary", part() + b"--Bx\r\n" + GOOD, _BEHIND),
    ("a part of the boundary's beginning", part() + b"--BB\r\n" + GOOD, _BEHIND),
    ("much space behind a boundary", part() + b"--B" + b" " * 200 + b"\r\n" + GOOD, _BEHIND),
    ("space before the last dashes", part() + b"--B --\r\n", _BEHIND),
    ("no header", headed(), _LINE),
    ("an empty line before the header", GOOD.replace(b"--B\r\nC", b"--B\r\n\r\nC"), _LINE),
    ("a header without a colon", headed(b"nonsense", DISPOSITION), _LINE),
    ("a header without a name", headed(DISPOSITION, b": foo"), _LINE),
    ("space before the colon", headed(b"Content-Disposition : " + FILE), _LINE),
    ("a folded header", headed(b"Content-Disposition: form-data;", b'\tname="file"'), _LINE),
    ("a folded header at the start", headed(b" " + DISPOSITION), _LINE),
    ("a line feed in a header", headed(b"X: a\nb", DISPOSITION), _LINE),
    ("a carriage return in a header", headed(b"X: a\rb", DISPOSITION), _LINE),
    ("a carriage return in a name", headed(b"X\r: a", DISPOSITION), _LINE),
    ("a zero byte in a header's name", headed(b"X\0: a", DISPOSITION), _LINE),
    ("an accent in a header's name", headed("Ä: a".encode(), DISPOSITION), _LINE),
    ("a long header", headed(DISPOSITION, b"X: " + b"y" * 17_000), _LONG),
    ("a long name of a header", headed(DISPOSITION, b"X" * 17_000 + b": y"), _LONG),
    ("very many headers", headed(DISPOSITION, *[b"X: y"] * 3000), _LONG),
    ("a header without an end", b"--B\r\n" + b"X: y\r\n" * 5000, _LONG),
    ("only another header", headed(b"Content-Type: text/plain"), _NAMELESS),
    ("two dispositions", headed(DISPOSITION, DISPOSITION), _TWICE),
    ("an empty disposition", headed(b"Content-Disposition:"), _UNREADABLE),
    ("another disposition", headed(DISPOSITION.replace(b"form-data", b"attachment")), _NAMELESS),
    ("a form-field", headed(DISPOSITION.replace(b"form-data", b"form-field")), _NAMELESS),
    ("no parameters", named(b""), _NAMELESS),
    ("no field name", named(b'; filename="a.txt"'), _NAMELESS),
    ("a name without a value", named(b"; name"), _UNREADABLE),
    ("a name without an end", named(b'; name="file'), _UNREADABLE),
    ("a name that ends in a backslash", named(b'; name="file\\"'), _UNREADABLE),
    ("no semicolon", named(b' name="file"'), _UNREADABLE),
    ("two semicolons", named(b';; name="file"'), _UNREADABLE),
    ("text behind a quoted value", named(b'; name="file"x'), _UNREADABLE),
    ("an empty field name", named(b'; name=""; filename="a.txt"'), _WRONG_FIELD),
    ("another field", named(b'; name="other"; filename="a.txt"'), _WRONG_FIELD),
    ("a field in another case", named(b'; name="FILE"; filename="a.txt"'), _WRONG_FIELD),
    ("a name in pieces", named(b'; name="file"; filename*0="a"; filename*1=".txt"'), _UNREADABLE),
    ("a coded name in pieces", named(b"; name=file; filename*0*=utf-8''a"), _UNREADABLE),
    ("an unknown encoding of a name", named(b"; name=file; filename*=utf-7''a"), _UNREADABLE),
    ("wrong UTF-8 in a coded name", named(b"; name=file; filename*=utf-8''%ff"), _UNREADABLE),
    ("a coded name without an encoding", named(b"; name=file; filename*=a.txt"), _UNREADABLE),
    ("base64", part(lines=[b"Content-Transfer-Encoding: base64"]) + END, _ENCODED),
    (
        "quoted-printable",
        part(lines=[b"content-transfer-encoding:QUOTED-PRINTABLE"]) + END,
        _ENCODED,
    ),
    ("an unknown coding", part(lines=[b"Content-Transfer-Encoding: \xff"]) + END, _ENCODED),
    (
        "a text that is none",
        part(b"\xff", disposition=b'form-data; name="note"') + GOOD,
        "The field “note” of the form is not valid UTF-8.",
    ),
    ("a wrong part behind a good one", part() + headed(b"x"), _LINE.replace("1", "2")),
]

# Nothing is wrong with the form, and no file is in it.
WITHOUT_A_FILE = [
    ("no parts", END),
    ("text before the first boundary", b"x" + GOOD),
    ("nothing chosen", part(b"", disposition=b'form-data; name="file"; filename=""') + END),
    ("a text in the field of files", part(disposition=b'form-data; name="file"') + END),
    (
        "a form in a form",
        part(
            b'--C\r\nContent-Disposition: file; filename="a.txt"\r\n\r\nhello\r\n--C--',
            disposition=b'form-data; name="file"',
            lines=[b"Content-Type: multipart/mixed; boundary=C"],
        )
        + END,
    ),
]

_CRS = b"\r" * 300_000
_LINES = b"\r\n" * 100_000
_NEARLY = b"\r\n--" * 70_000

TAKEN = [
    ("as it should be", GOOD, {"a.txt": b"hello"}),
    ("no line end at the end", GOOD[:-2], {"a.txt": b"hello"}),
    ("a preamble", b"hello\r\nthere\r\n" + GOOD, {"a.txt": b"hello"}),
    ("empty lines first", b"\r\n\r\n" + GOOD, {"a.txt": b"hello"}),
    ("an epilogue", GOOD + b"bye\r\n" + part(b"x") + END, {"a.txt": b"hello"}),
    ("space behind the boundary", GOOD.replace(b"--B\r\n", b"--B \t \r\n"), {"a.txt": b"hello"}),
    ("an empty file", part(b"") + END, {"a.txt": b""}),
    ("other headers", headed(b"X-1: y", DISPOSITION, b"Content-Type: a/b"), {"a.txt": b"hello"}),
    ("header names in capitals", headed(b"CONTENT-DISPOSITION:" + FILE), {"a.txt": b"hello"}),
    ("an empty header", headed(b"X:", DISPOSITION), {"a.txt": b"hello"}),
    ("a length that lies", headed(DISPOSITION, b"Content-Length: 3"), {"a.txt": b"hello"}),
    ("binary", part(lines=[b"Content-Transfer-Encoding: Binary"]) + END, {"a.txt": b"hello"}),
    ("gzip in a part", part(lines=[b"Content-Encoding: gzip"]) + END, {"a.txt": b"hello"}),
    ("no quotes", named(b"; name=file; filename=a.txt"), {"a.txt": b"hello"}),
    ("space everywhere", named(b' ; name = "file" ;filename= "a.txt" '), {"a.txt": b"hello"}),
    ("escaped quotes", named(b'; name="file"; filename="a\\"\\\\b"'), {'a"_b': b"hello"}),
    ("a quote as browsers say it", named(b'; name="file"; filename="a%22b"'), {'a"b': b"hello"}),
    ("a semicolon in a name", named(b'; name="file"; filename="a;b.txt"'), {"a;b.txt": b"hello"}),
    ("a folder of Windows", named(b'; name="file"; filename="C:\\x\\a.txt"'), {"a.txt": b"hello"}),
    ("a zero byte in a name", named(b'; name="file"; filename="a\0.txt"'), {"a.txt": b"hello"}),
    ("a coded name", named(b"; name=file; filename*=UTF-8'en'%e5%b9%b4"), {"年": b"hello"}),
    ("a coded name first", named(b"; name=file; filename*=utf-8''b; filename=a"), {"b": b"hello"}),
    ("Latin-1", named(b"; name=file; filename*=ISO-8859-1''%e9"), {"é": b"hello"}),
    (
        "a wrong coded name",
        named(b"; name=file; filename=a; filename*=utf-8''%ff"),
        {"a": b"hello"},
    ),
    ("two names", named(b"; name=file; filename=a; filename=b"), {"a": b"hello"}),
    (
        "a name that is no UTF-8",
        named(b'; name="file"; filename="\xe9.txt"'),
        {"\ufffd.txt": b"hello"},
    ),
    ("another boundary's beginning", part(b"\r\n--\r\n-B") + END, {"a.txt": b"\r\n--\r\n-B"}),
    ("boundaries without a line end", part(b"x--B\n--B--") + END, {"a.txt": b"x--B\n--B--"}),
    ("carriage returns", part(_CRS) + END, {"a.txt": _CRS}),
    ("line ends", part(_LINES) + END, {"a.txt": _LINES}),
    ("nearly boundaries", part(_NEARLY) + END, {"a.txt": _NEARLY}),
]

# What the Content-Type may say instead of a boundary.
BOUNDARIES = [
    "",
    "; boundary",
    "; boundary=",
    '; boundary=""',
    '; boundary="B',
    "; boundary=B C",
    "; boundary=文",
    "; boundary=B^C",
    f"; boundary={'B' * 71}",
    '; boundary="B "',
    '; boundary="a\\"b"',
    "; boundary*=utf-8''B",
    "; bound=B",
]
