"""How names of files sort, and how they are found by any part of them."""

import pytest

from tests.actors import add_user
from tests.files.door import file_of
from www.files import naming
from www.models import File, FileSearch


@pytest.fixture
async def owner(engine):
    return await add_user(engine, "owner")


def test_names_sort_as_people_count():
    names = ["b.txt", "IMG_10.jpg", "img_9.jpg", "Ábc", "abd", "img_009a", "图2", "图10", "x0", "x"]
    assert sorted(names, key=naming.key) == [
        *("Ábc", "abd", "b.txt", "img_9.jpg", "img_009a", "IMG_10.jpg", "x", "x0", "图2", "图10"),
    ]


def test_a_key_is_never_empty_or_long():
    assert naming.key("") == " "
    assert len(naming.key("1a" * 200)) == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("port", ["Annual Report 2024.pdf", "passport.png"]),
        ("REPORT 24", ["Annual Report 2024.pdf"]),
        ("2024 annual", ["Annual Report 2024.pdf"]),
        (".pdf", ["Annual Report 2024.pdf"]),
        ("cafe", ["Café_de_l'Opéra.jpg"]),
        ("_de_l'o", ["Café_de_l'Opéra.jpg"]),
        ("照", ["家庭照片.zip"]),
        ("片", ["家庭照片.zip"]),
        ("庭照", ["家庭照片.zip"]),
        ("фото", ["Моё фото.png"]),
        ("q", []),
        ("rep port", ["Annual Report 2024.pdf"]),
        ('" OR * NEAR(', []),
        ("g", ["Café_de_l'Opéra.jpg", "passport.png", "Моё фото.png"]),
        ("o 2", ["Annual Report 2024.pdf"]),
    ],
)
async def test_any_part_finds_a_name(engine, owner, query, found):
    names = ["Annual Report 2024.pdf", "passport.png", "Café_de_l'Opéra.jpg", "家庭照片.zip"]
    async with engine.transaction() as conn:
        files = [await conn.insert(file_of(owner, name)) for name in [*names, "Моё фото.png"]]
        await naming.put(conn, files)
    select = File.select(File.name).join(FileSearch, on=FileSearch.file_id == File.id)
    conditions = naming.found_by(query, owner.id)
    assert sorted(await engine.scalars(select.where(*conditions))) == sorted(found)
    assert not await engine.scalars(select.where(*naming.found_by(query, owner.id + 1)))


async def test_files_that_came_without_are_completed(engine, owner):
    await engine.insert_many([file_of(owner, f"old {n}.txt", name_key="") for n in range(1003)])
    assert await naming.complete(engine) == 1003
    assert await naming.complete(engine) == 0
    assert await engine.scalar(File.select(File.name_key).where(File.name == "old 7.txt")) == (
        "old 17.txt"
    )
    select = FileSearch.select(FileSearch.file_id).where(*naming.found_by("old 77", owner.id))
    assert await engine.count(select) == 19


async def test_a_new_name_is_found_and_the_old_is_not(engine, owner):
    async with engine.transaction() as conn:
        file = await conn.insert(file_of(owner, "before"))
        await naming.put(conn, [file])
        file.name = "after"
        await naming.put(conn, [file])
    for word, hits in [("before", 0), ("after", 1)]:
        select = FileSearch.select(FileSearch.file_id).where(*naming.found_by(word, owner.id))
        assert await engine.count(select) == hits
