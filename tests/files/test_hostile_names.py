"""Names never become paths: not ours on the disk, and not those of whoever unpacks an archive."""

import io
import re
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.files.door import upload
from tests.files.test_folders import make
from tests.uploads.door import Draft, Tus, claims
from www import keys
from www.files.arranging import Filed, arrange
from www.models import File, Folder
from www.utils.names import MAX_BYTES, portable_name, safe_name

NAMES = [
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "..\\..\\x",
        "C:\\x\\y",
        "C:x",
        "\\\\host\\share\\x",
        "//x",
    ),
    *(
        "..",
        ".",
        "...",
        " ",
        "",
        "a/..",
        "./a",
        "~root",
        "$(id)",
        "`id`",
        "%2e%2e%2f",
        "..%c0%af..",
    ),
    *("a\0b", "\0", "a\r\nX: y", "a\u202egpj.exe", "a\u2028b", "\ufeffa", "a\u200bb", "．．／a"),
    *("CON", "aux.txt", "NUL .tar.gz", "com1", "LPT¹.x", "a:b", "a.", "a ", "a. .", "what?", 'a"b'),
    *("-rf", ".htaccess", "delete", "w320.webp", "x" * 300, "名" * 200, "A", "e\u0301", "\u00e9"),
]
NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)
OURS = re.compile(
    r"(www\.db.*|files(/\.lock|/[0-9a-f]{2}/[0-9a-f]{64})|incoming/[0-9a-f]{32}"
    r"|uploads/[0-9a-f]{32}|pictures/.*|[a-z_.-]+)"
)
UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]|(^|/)\.{1,2}(/|$)|^/|//|/$|[. ](/|$)')
DEVICE = re.compile(r"(^|/)(con|prn|aux|nul|com\d|lpt[\d¹²³]) *(\.|/|$)", re.IGNORECASE)


def unpacked(archive):
    """Return the paths of an archive, after looking at each as every system would."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        paths = opened.namelist()
    return fit(paths)


def fit(paths):
    for path in paths:
        assert not UNFIT.search(path), path
        assert not DEVICE.search(path), path
        assert all(len(part.encode()) <= MAX_BYTES for part in path.split("/"))
    assert len({path.casefold() for path in paths}) == len(paths)
    return paths


def only_ours(client):
    """Nothing lies in the data folder, or beside it, that has a name from outside."""
    data = client.app[keys.settings].data
    assert [path.name for path in data.parent.iterdir()] == [data.name]
    for path in data.rglob("*"):
        assert path.is_dir() or OURS.fullmatch(path.relative_to(data).as_posix()), path
        assert not path.is_symlink()


async def by_form(alice, name):
    written = name.replace("\r", "%0D").replace("\n", "%0A")  # as browsers do
    await upload(alice, (written or "file", b"x"))


async def by_tus(alice, name):
    assert (await Tus(alice).create(1, b"x", Upload_Metadata=claims(filename=name))).status == 201


async def by_draft(alice, name):
    quoted = "".join(f"%{byte:02x}" for byte in name.encode())
    disposition = f"attachment; filename*=utf-8''{quoted}"
    answer = await Draft(alice).create(b"x", ends=True, Content_Disposition=disposition)
    assert answer.status == 201


@pytest.mark.parametrize("way", [by_form, by_tus, by_draft])
async def test_no_name_becomes_a_path(alice, engine, way):
    for name in NAMES:
        await way(alice, name)
    only_ours(alice)
    files = await engine.all(File.select().order_by(File.id))
    assert len(files) == len(NAMES)
    for file in files:
        assert safe_name(file.name) == file.name
        answer = await alice.get(alice.app[keys.urls]("files.download", id=file.id, name=file.name))
        assert (answer.status, await answer.read()) == (200, b"x")
        assert answer.headers["Content-Disposition"].isprintable()
    query = "&".join(f"id={file.id}" for file in files)
    archive = await (await alice.get(f"/files/archive?{query}")).read()
    assert len(unpacked(archive)) == len(files)


async def test_no_name_of_a_folder_becomes_a_path(alice, client, engine):
    top = await make(alice, "top")
    for name in NAMES:
        data = {"name": name, "parent": str(top)}
        answer = await alice.post("/folders", data=data, allow_redirects=False)
        assert answer.status in {303, 400, 422}, name
    folders = await engine.all(Folder.select().where(Folder.parent_id == top))
    assert len(folders) > 20
    for folder in folders:
        [file] = await upload(alice, ("a.txt", b"x"))
        await alice.post(
            "/files/many", data={"action": "move", "id": file["id"], "folder": folder.id}
        )
    archive = await (await alice.get(f"/folders/{top}/archive")).read()
    assert len(unpacked(archive)) == len(folders)
    only_ours(alice)


async def test_a_new_name_is_no_path_either(alice, engine):
    [file] = await upload(alice, ("a.txt", b"x"))
    for name in NAMES:
        data = {"name": name, "folder": "", "visibility": "unlisted"}
        answer = await alice.post("/files/1/edit", data=data, allow_redirects=False)
        assert answer.status in {303, 400, 422}, name
        row = await engine.get(File, file["id"])
        assert safe_name(row.name) == row.name
    only_ours(alice)


SEGMENTS = st.text(
    st.sampled_from("aA./\\: ?\0CONnul1\u202e名e\u0301"), max_size=8
) | st.sampled_from(NAMES)


@example([([], "x" * 255), ([], "x" * 255)])
@given(st.lists(st.tuples(st.lists(SEGMENTS, max_size=3), SEGMENTS), max_size=12))
def test_an_archive_can_be_unpacked_anywhere(files):
    filed = [Filed(tuple(folders), name, "", 0, NOON) for folders, name in files]
    paths = fit([entry.name for entry in arrange(filed)])
    assert len(paths) == len(files)
    folders = {
        "/".join(p.split("/")[:n]).casefold() for p in paths for n in range(1, p.count("/") + 1)
    }
    assert not folders & {path.casefold() for path in paths}  # no file where a folder must be


@given(st.text())
def test_a_name_for_everybody_stays_what_it_is(name):
    once = portable_name(name)
    assert portable_name(once) == once == safe_name(once)
