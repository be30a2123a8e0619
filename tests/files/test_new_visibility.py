"""Who may read what is uploaded: as the form, tus or the draft ask, as the folder, as the site."""

import re

import pytest

from tests.files.door import JSON, body_of, kept, send
from tests.uploads.door import Draft, Tus, claims
from www import keys
from www.files import openness
from www.models import File, Folder, Visibility

PRIVATE, UNLISTED, PUBLIC = Visibility
usually_private = pytest.mark.parametrize(
    "settings", [{"files": {"visibility": "private"}}], indirect=True
)
REFUSED = "The folder “closed” is less open. Change the folder first."


@pytest.fixture
async def make(alice, engine):
    """Return what makes a folder of alice's."""

    async def made(name, visibility, parent_id=None):
        row = Folder(owner_id=alice.user.id, parent_id=parent_id, name=name, name_key=name)
        row.visibility = visibility
        return (await engine.insert(row)).id

    return made


@pytest.fixture
async def theirs(engine, bob):
    return (await engine.insert(Folder(owner_id=bob.user.id, name="x", name_key="x"))).id


async def form(actor, *, at="/upload", before=(), after=()):
    """Send a form with a file and other fields; return the answer, as JSON too."""
    sent = {"Content-Type": "multipart/form-data; boundary=----WebKitFormBoundaryA1b2C3", **JSON}
    body = body_of(("a.txt", b"hello"), before=before, after=after)
    answer = await actor.post(at, data=body, headers=sent, allow_redirects=False)
    return answer, await answer.json()


async def by_form(actor, **fields):
    answer, told = await form(actor, after=fields.items())
    return answer.status, told["files"][0]["visibility"] if answer.status == 201 else told["errors"]


async def by_tus(actor, **fields):
    given = {"filename": "a.txt", **{name: str(value) for name, value in fields.items()}}
    answer = await Tus(actor).create(5, b"hello", Upload_Metadata=claims(**given))
    if answer.status != 201:
        return answer.status, (await answer.json()).get("errors")
    return 201, (await newest(actor)).visibility


async def by_draft(actor, **fields):
    query = "&".join(f"{name}={value}" for name, value in fields.items())
    answer = await Draft(actor).create(b"hello", ends=True, at=f"/uploads?{query}")
    told = await answer.json()
    return answer.status, told["files"][0]["visibility"] if answer.status == 201 else told["errors"]


async def newest(actor):
    engine = actor.app[keys.engine]
    return await engine.one(File.select().order_by(File.id.desc()).limit(1))


every_way = pytest.mark.parametrize("way", [by_form, by_tus, by_draft])


@every_way
async def test_it_is_as_was_asked(alice, way):
    for visibility in Visibility:
        assert await way(alice, visibility=visibility) == (201, visibility)
        assert (await newest(alice)).visibility == visibility


@every_way
async def test_it_is_unlisted_where_nothing_is_said(alice, way):
    assert await way(alice) == (201, "unlisted")
    assert await way(alice, visibility="") == (201, "unlisted")


@every_way
@usually_private
async def test_it_is_as_the_site_says(alice, make, way):
    assert await way(alice) == (201, "private")
    assert await way(alice, folder=await make("open", PUBLIC)) == (201, "public")


@every_way
async def test_it_is_as_open_as_its_folder(alice, make, way):
    assert await way(alice, folder=await make("open", PUBLIC)) == (201, "public")
    closed = await make("closed", PRIVATE)
    assert await way(alice, folder=closed) == (201, "private")
    assert await way(alice, folder=closed, visibility="private") == (201, "private")


@every_way
async def test_it_is_never_more_open_than_its_folder(alice, engine, make, way):
    closed = await make("closed", PRIVATE)
    for visibility in ("unlisted", "public"):
        refused = await way(alice, folder=closed, visibility=visibility)
        assert refused == (422, {"visibility": [REFUSED]})
    assert kept(alice) == {}
    assert await engine.count(File.select()) == 0


@every_way
@pytest.mark.parametrize("nonsense", ["Public", "all", "x" * 150, "公开"])
async def test_it_refuses_another_word(alice, way, nonsense):
    status, errors = await way(alice, visibility=nonsense)
    assert (status, list(errors)) == (422, ["visibility"])
    assert kept(alice) == {}


async def test_the_field_may_stand_before_the_files(alice):
    _, told = await form(alice, before=[("visibility", "private")])
    assert told["files"][0]["visibility"] == "private"


async def test_the_form_takes_both_from_its_address(alice, make):
    folder = await make("open", PUBLIC)
    answer, told = await form(alice, at=f"/upload?folder={folder}&visibility=private")
    assert (answer.status, told["files"][0]["visibility"]) == (201, "private")
    assert (await newest(alice)).folder_id == folder
    _, told = await form(
        alice, at=f"/upload?folder={folder}", after=[("folder", ""), ("visibility", "")]
    )
    assert told["files"][0]["visibility"] == "unlisted"
    assert (await newest(alice)).folder_id is None


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_folder_of_others_in_the_address_is_refused(alice, theirs, method):
    for folder in (theirs, 999):
        async with alice.request(method, f"/upload?folder={folder}", data=b"") as answer:
            assert answer.status == 404
            assert "You have no such folder." in await answer.text()
    answer, told = await form(alice, at=f"/upload?folder={theirs}")
    assert (answer.status, told["detail"]) == (404, "You have no such folder.")
    assert (await send(alice, ("a.txt", b"x"))).status == 303  # without one all is well


async def test_the_address_is_judged_before_the_body(alice, make):
    closed = await make("closed", PRIVATE)
    answer, told = await form(alice, at=f"/upload?folder={closed}&visibility=public")
    assert (answer.status, told["errors"]) == (422, {"visibility": [REFUSED]})
    answer, _ = await form(alice, at="/upload?folder=x")
    assert answer.status == 422


async def test_whole_folders_are_as_open_as_their_files(alice, engine):
    status = await by_tus(alice, visibility="private", relativePath="new/deep/a.txt")
    assert status == (201, "private")
    folders = await engine.tuples(Folder.select(Folder.name, Folder.visibility))
    assert sorted(folders) == [("deep", "private"), ("new", "private")]
    assert await by_tus(alice, visibility="private", relativePath="new/b.txt") == (201, "private")


async def test_a_closed_folder_below_refuses_before_a_byte(alice, make):
    top = await make("open", PUBLIC)
    await make("closed", PRIVATE, top)
    asked = {"folder": top, "relativePath": "closed/a.txt"}
    assert await by_tus(alice, **asked, visibility="public") == (422, {"visibility": [REFUSED]})
    assert await by_tus(alice, **asked) == (201, "private")


async def test_what_is_closed_meanwhile_closes_the_file(alice, engine, make):
    folder = await make("open", PUBLIC)
    tus = Tus(alice)
    given = claims(filename="a.txt", folder=str(folder), visibility="public")
    address = await tus.begin(5, Upload_Metadata=given)
    await engine.run(Folder.update(visibility=PRIVATE).where(Folder.id == folder))
    assert (await tus.append(address, 0, b"hello")).status == 204
    assert (await newest(alice)).visibility == PRIVATE


@usually_private
async def test_new_folders_on_top_are_as_the_site_says(alice, engine):
    await alice.post("/folders", data={"name": "top", "parent": ""}, allow_redirects=False)
    await alice.post("/folders", data={"name": "in", "parent": "1"}, allow_redirects=False)
    assert await engine.scalars(Folder.select(Folder.visibility)) == [PRIVATE, PRIVATE]


@pytest.mark.parametrize("settings", [{"limits": {"upload_bytes": 10}}], indirect=True)
async def test_the_form_remembers_the_choice_when_it_is_refused(alice, make):
    """Else the next attempt would be more open than was meant."""
    await make("open", PUBLIC)
    fields = [("folder", "1"), ("visibility", "private")]
    for body in (
        body_of(("a.txt", b"x" * 11), before=fields),
        body_of(("", b""), after=fields),
    ):
        page = await (await send(alice, body=body)).text()
        assert '<option value="1" selected>' in page
        assert '<option value="private" selected>' in page


async def test_the_page_lets_one_choose(alice, make):
    page = await (await alice.get("/upload")).text()
    assert '<option value="unlisted" selected>Unlisted</option>' in page
    assert '<option value="">' not in page
    assert re.search(r'id="f-file-hint">Up to 5.GB each, and 100 at once\.<', page)
    folder = await make("open", PUBLIC)
    page = await (await alice.get(f"/upload?folder={folder}&visibility=private")).text()
    assert '<option value="">As the folder; top level: Unlisted</option>' in page
    assert '<option value="private" selected>Private</option>' in page
    assert f'<option value="{folder}" selected>' in page


@pytest.mark.parametrize("asked", [*Visibility, None])
def test_nothing_new_is_more_open_than_its_folder(asked):
    for visibility in Visibility:
        folder = Folder(owner_id=1, name="a", name_key="a", visibility=visibility)
        assert folder.visibility.includes(openness.of_new(folder, asked, PUBLIC))
