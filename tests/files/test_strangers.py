"""What one has and another wants: by every address, by every form, with the right numbers guessed."""

import json

import pytest

from tests.files.door import upload
from tests.files.test_folders import change, make, put
from tests.pictures import samples
from tests.uploads.door import Draft, Tus, claims
from www import keys
from www.app import create_app
from www.models import File, Folder, ShareLink, Upload
from www.settings import Settings

SECRET = samples.jpeg(1, samples.noisy(400, 300))
NOT_THERE = {303, 401, 403, 404, 405, 410, 422}


@pytest.fixture
async def hers(alice, engine):
    """Alice's private folder with a private picture, a link with a password, half an upload."""
    folder = await make(alice, "diary")
    await change(alice, folder, visibility="private")
    await put(alice, folder, ("secret.jpg", SECRET))
    fields = {"lifetime": "7", "password": "open sesame"}
    for thing in ("/files/1", f"/folders/{folder}"):
        assert (await alice.post(f"{thing}/share", data=fields)).status == 200
    upload = await Tus(alice).begin(100, b"secret half", Upload_Metadata=claims(filename="secret"))
    row = await engine.get(File, 1)
    links = await engine.scalars(ShareLink.select(ShareLink.token).order_by(ShareLink.id))
    return {
        "folder": folder,
        "key": alice.app[keys.copy_keys].of(row),
        "upload": upload.rpartition("/")[2],
        "links": links,
    }


async def everything(engine):
    """Return all rows that somebody could have changed."""
    found = []
    for table in (File, Folder, ShareLink, Upload):
        found += [dict(row) for row in await engine.all(table.select().order_by(table.id))]
    learned = {"width", "height", "placeholder"}  # by workers, some time after the upload
    return [{key: row[key] for key in row.keys() - learned} for row in found]


def addresses(hers):
    folder, key = hers["folder"], hers["key"]
    return [
        *(
            "/files/1/secret.jpg",
            "/files/1/w320.webp",
            f"/files/1/w320.webp?k={key}",
            "/files/1/edit",
        ),
        *(
            f"/files/1/secret.jpg?k={key}",
            "/files/1/delete",
            "/files/1/share",
            "/files/archive?id=1",
        ),
        *(f"/files/archive?folders={folder}", f"/folders/{folder}", f"/folders/{folder}/archive"),
        *(f"/folders/{folder}/edit", f"/folders/{folder}/delete", f"/folders/{folder}/share"),
        *(f"/uploads/{hers['upload']}", f"/upload?folder={folder}", f"/folders?parent={folder}"),
        *(
            "/files?q=secret",
            "/files?show=everybody",
            "/users/alice/files",
            "/links?show=everybody",
        ),
        *(
            f"/s/{link}{rest}"
            for link in hers["links"]
            for rest in ("", "/archive", "/1/secret.jpg")
        ),
        *(f"/s/{hers['links'][1]}?in={folder}", f"/s/{hers['links'][0]}/1/secret.jpg?preview=1"),
    ]


async def test_nobody_reads_what_is_private(hers, client, bob, make_actor, engine):
    mallory, before = await make_actor("mallory", "author"), await everything(engine)
    for who in (client, bob, mallory):
        for path in addresses(hers):
            for method in ("GET", "HEAD"):
                answer = await who.request(method, path, allow_redirects=False)
                body = await answer.read()
                assert answer.status < 500, path
                assert b"secret.jpg" not in body.replace(b"/secret.jpg", b""), (path, body)
                assert answer.content_type not in {"image/jpeg", "image/webp", "application/zip"}, (
                    path
                )
                assert body[:20] != SECRET[:20]
    assert await everything(engine) == before


def attacks(hers):
    """Every form that names something of hers, from somebody who has an account and a file of their own."""
    folder, many = hers["folder"], "/files/many"
    edit = {"name": "mine.txt", "folder": "", "visibility": "public"}
    both = {"id": "1", "folders": str(folder)}
    return [
        ("/files/1/edit", edit),
        ("/files/1/delete", {}),
        ("/files/1/share", {"lifetime": "7"}),
        (f"/folders/{folder}/edit", {"name": "x", "parent": "", "visibility": "public"}),
        *((f"/folders/{folder}/delete", {"content": content}) for content in ("keep", "delete")),
        (f"/folders/{folder}/share", {"lifetime": "7"}),
        ("/links/1/revoke", {}),
        ("/links/2/revoke", {}),
        (many, {"action": "delete", "sure": "1", "content": "delete", **both}),
        (many, {"action": "move", "folder": "", **both}),
        (many, {"action": "show", "visibility": "public", **both}),
        (many, {"action": "move", "folder": str(folder), "id": "2"}),  # their own, into hers
        ("/files/2/edit", {**edit, "folder": str(folder)}),
        ("/folders", {"name": "x", "parent": str(folder)}),
        (f"/uploads/{hers['upload']}/discard", {}),
        (f"/s/{hers['links'][0]}", {"password": "open sesame!"}),
    ]


async def test_nobody_changes_what_is_not_theirs(hers, make_actor, engine):
    mallory = await make_actor("mallory", "author")
    await upload(mallory, ("mine.txt", b"mine"))
    before = await everything(engine)
    for path, fields in attacks(hers):
        answer = await mallory.post(path, data=fields, allow_redirects=False)
        assert answer.status in NOT_THERE, (path, answer.status)
        assert await everything(engine) == before, (path, fields)


async def test_nobody_uploads_into_what_is_not_theirs(hers, make_actor, engine):
    mallory = await make_actor("mallory", "author")
    tus, folder, before = Tus(mallory), hers["folder"], await everything(engine)
    path = f"/uploads/{hers['upload']}"
    answers = [
        await tus.append(path, 11, b"evil"),
        await tus.head(path),
        await tus.delete(path),
        await tus.create(5, b"evil!", Upload_Metadata=claims(filename="x", folder=str(folder))),
        await Draft(mallory).create(b"evil!", ends=True, at=f"/uploads?folder={folder}"),
        await tus.create(Upload_Concat=f"final;{path}"),
    ]
    statuses = [answer.status for answer in answers]
    assert all(400 <= status < 500 for status in statuses), statuses
    assert await everything(engine) == before
    form = b'--B\r\nContent-Disposition: form-data; name="folder"\r\n\r\n%d\r\n' % folder
    form += (
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nx\r\n--B--\r\n'
    )
    kind = {"Content-Type": "multipart/form-data; boundary=B"}
    assert (await mallory.post("/upload", data=form, headers=kind)).status in {404, 422}
    assert await everything(engine) == before


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
]


def changing():
    """Return every route that changes something, with numbers and names put in."""
    found = []
    for route in create_app(Settings()).router.routes():
        if route.method not in {"GET", "HEAD", "OPTIONS"}:
            assert route.resource is not None
            path = route.resource.canonical.replace("{id}", "1").replace("{token}", "0" * 32)
            found.append((route.method, path.replace("{part}", "1").replace("{name}", "x")))
    return found


@pytest.mark.parametrize("headers", FOREIGN, ids=json.dumps)
async def test_no_page_of_another_site_changes_anything(hers, alice, admin, engine, headers):
    """The browser of whoever may do everything is made to ask."""
    before, routes = await everything(engine), changing()
    assert len(routes) > 30
    for who in (alice, admin):
        for method, path in routes:
            fields = {"name": "x", "action": "delete", "sure": "1", "id": "1", "content": "delete"}
            answer = await who.request(
                method, path, data=fields, headers=headers, allow_redirects=False
            )
            assert answer.status == 403, (method, path, answer.status)
    assert await everything(engine) == before
    assert (await alice.get("/files")).status == 200  # still signed in
