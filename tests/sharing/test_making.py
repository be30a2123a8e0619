"""What makers of share links may choose, and what the form tells them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from multidict import MultiDict

from tests.files.door import upload
from tests.sharing.door import share
from www.errors import Invalid
from www.models import ShareLink
from www.sharing.forms import NewLink

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def read(zone=SHANGHAI, **fields):
    return NewLink.read(MultiDict(fields), now=NOW, zone=zone)


def refused(**fields):
    with pytest.raises(Invalid) as error:
        read(**fields)
    return {name: [str(one) for one in found] for name, found in error.value.errors.items()}


@pytest.mark.parametrize(
    ("lifetime", "ends"),
    [
        ("hour", NOW + timedelta(hours=1)),
        ("1", NOW + timedelta(days=1)),
        ("365", NOW + timedelta(days=365)),
        ("never", None),
        ("", NOW + timedelta(days=7)),
    ],
)
def test_it_takes_common_lifetimes(lifetime, ends):
    assert read(**({"lifetime": lifetime} if lifetime else {})).expires_at == ends


def test_it_takes_a_number_of_days():
    assert read(lifetime="days", days="12").expires_at == NOW + timedelta(days=12)
    assert read(days=" 3650 ").expires_at == NOW + timedelta(days=3650)


@pytest.mark.parametrize(
    ("until", "zone", "ends"),
    [
        ("2026-12-24T18:00", SHANGHAI, "2026-12-24T10:00+00:00"),
        ("2026-12-24 18:00:30", BERLIN, "2026-12-24T17:00:30+00:00"),
        ("2027-07-01T18:00", BERLIN, "2027-07-01T16:00+00:00"),
        ("2026-12-24T18:00-05:00", BERLIN, "2026-12-24T23:00+00:00"),
        ("2026-12-24", BERLIN, "2026-12-24T23:00+00:00"),  # the whole day there
        ("2027-10-31T02:30", BERLIN, "2027-10-31T00:30+00:00"),  # the first of two
    ],
)
def test_it_takes_a_moment_of_the_sites_zone(until, zone, ends):
    assert read(zone, lifetime="until", until=until).expires_at == datetime.fromisoformat(ends)


@pytest.mark.parametrize(
    "until",
    ["", "tomorrow", "2026-13-01T00:00", "2026-02-30", "18:00", "٢٠٢٦-12-24", "9999-12-31", "0001-01-01",
     "0001-01-01T00:00", "2026-12-24T18:00+99:00", "x" * 3000, "2026-11-22T18:00", "2036-12-24"],
)  # fmt: skip
def test_it_refuses_what_is_no_moment_to_come(until):
    assert [*refused(lifetime="until", until=until)] == ["until"]


@pytest.mark.parametrize("days", ["", "0", "-1", "3651", "1.5", "１２", "9" * 30])
def test_it_refuses_what_is_no_number_of_days(days):
    assert [*refused(lifetime="days", days=days)] == ["days"]


def test_it_passes_over_nothing_that_was_filled_in():
    later = "2026-12-24T18:00"
    assert [*refused(lifetime="7", days="3", until=later)] == ["days", "until"]
    assert [*refused(lifetime="days", days="3", until=later)] == ["until"]
    assert [*refused(days="3", until=later)] == ["until"]


def test_it_says_all_that_is_wrong_at_once():
    wrong = {"lifetime": "x", "limit": "0", "password": "short", "note": "a\nb"}
    assert sorted(refused(**wrong)) == ["lifetime", "limit", "note", "password"]
    assert [*refused(note="x" * 201)] == ["note"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["This time is past.", "At least 6 characters, please.", "At least 6 characters."]),
        ("zh-Hans", ["这个时间已经过去了。", "至少 6 个字符", "时区：UTC"]),
    ],
)
async def test_the_form_says_what_was_wrong(alice, file, engine, language, words):
    sent = {"lifetime": "until", "until": "2001-01-01T10:00", "password": "short", "note": "Rosa"}
    answer = await alice.post(
        "/files/1/share",
        data=sent,
        headers={"Accept-Language": language, "Cookie": f"language={language}"},
    )
    assert answer.status == 422
    page = await answer.text()
    for word in words:
        assert word in page
    assert 'value="2001-01-01T10:00"' in page
    assert 'value="Rosa"' in page
    assert re.search(r'<option value="until" selected>', page)
    assert "short" not in page.replace("shorter", "")
    assert await engine.count(ShareLink.select()) == 0


async def test_the_form_tells_how_long_a_password_is(alice, file):
    page = await (await alice.get("/files/1/share")).text()
    [field] = re.findall(r'<input id="f-password".*?</div>', page, re.DOTALL)
    assert 'minlength="6"' in field
    assert "At least 6 characters." in field


async def test_a_note_is_for_its_maker_alone(alice, admin, bob, visitor, file):
    link = await share(alice, note="For <Rosa> & co")
    for path in ("/links", "/files/1/share"):
        assert "For &lt;Rosa&gt; &amp; co" in await (await alice.get(path)).text()
    for path in ("/links?show=everybody", "/files/1/share"):
        assert "Rosa" not in await (await admin.get(path)).text()
    for one in (await visitor(), admin, alice):
        assert "Rosa" not in await (await one.get(link)).text()


async def test_the_list_tells_when_a_link_was_used_last(alice, visitor, engine):
    [file] = await upload(alice, ("a.txt", b"hello"))
    link = await share(alice)
    assert "last used" not in await (await alice.get("/links")).text()
    async with (await visitor()).get(f"{link}/{file['id']}/a.txt") as answer:
        assert answer.status == 200
    used = (await engine.get(ShareLink, 1)).last_download_at
    assert abs(datetime.now(UTC) - used) < timedelta(minutes=5)
    assert re.search(r"last used\s*<time", await (await alice.get("/links")).text())
