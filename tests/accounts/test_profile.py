"""The public page of a person."""

import pytest

from tests.actors import add_user


@pytest.mark.parametrize("name", ["Zoë", "ZOË", "zoe\u0308"])
async def test_it_finds_the_person_in_any_spelling(client, engine, name):
    await add_user(engine, "Zoë", display_name="Zoë Z.", bio="Writes.", email="z@example.org")
    response = await client.get(f"/users/{name}")
    text = await response.text()
    assert response.status == 200
    assert "Zoë Z." in text
    assert "Writes." in text
    assert "z@example.org" not in text


@pytest.mark.parametrize("name", ["nobody", "%00", "%ff", "😀", "x" * 3000, "\u202e"])
async def test_who_is_not_there_is_not_found(client, name):
    assert (await client.get(f"/users/{name}")).status in {400, 404}
