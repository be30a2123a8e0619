"""The preview that the script beside the editor asks for."""

import pytest

from tests.posts import URLENCODED, body_of


async def test_it_answers_a_fragment(alice):
    answer = await alice.post("/preview", data={"body": "**x** <script>1</script>"})
    assert answer.content_type == "text/html"
    text = await answer.text()
    assert "<strong>x</strong>" in text
    assert "<script" not in text
    assert "<html" not in text


async def test_it_answers_nothing_for_nothing(alice):
    assert (await (await alice.post("/preview", data={"body": ""})).text()).strip() == ""


@pytest.mark.parametrize(
    ("body", "status"), [("x" * 512_001, 422), (">" * 300, 422), ("x" * 2_000_001, 413)]
)
async def test_it_refuses_for_programs(alice, body, status):
    headers = {"Accept": "application/json", **URLENCODED}
    answer = await alice.post("/preview", data=body_of({"body": body}), headers=headers)
    assert (answer.status, answer.content_type) == (status, "application/problem+json")
    assert status == 413 or list((await answer.json())["errors"]) == ["body"]


async def test_it_requires_an_author(bob, client):
    assert (await bob.post("/preview", data={"body": "x"})).status == 403
    answer = await client.post(
        "/preview", data={"body": "x"}, headers={"Accept": "application/json"}
    )
    assert answer.status == 401
