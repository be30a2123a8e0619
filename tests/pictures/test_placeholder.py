"""The blurred likeness: what it says, and the style sheet that shows it."""

import pytest

from www.assets import FOLDER
from www.markup import images
from www.pictures import placeholder

WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (255, 0, 0)


def test_it_works():
    text = placeholder.build(
        [WHITE, WHITE, WHITE, BLACK, BLACK, BLACK], animated=False, transparent=False
    )
    found = placeholder.parse(text)
    assert not found.animated
    assert found.classes == "likeness l1 a3 b3 c0-3 c1-3 c2-3 c3-0 c4-0 c5-0"


def test_it_shows_colour():
    red = placeholder.parse(placeholder.build([RED] * 6, animated=False, transparent=False))
    assert " a6 b6 " in red.classes


def test_it_hides_behind_nothing_transparent():
    text = placeholder.build([RED] * 6, animated=True, transparent=True)
    assert placeholder.parse(text) == placeholder.Placeholder(animated=True, classes="")


@pytest.mark.parametrize(
    "text", ["", "x", "s12", "s999999999", 's234221112" onload="x', "s2342211123"]
)
def test_it_ignores_nonsense(text):
    assert placeholder.parse(text).classes == ""


def test_its_classes_are_those_of_the_style_sheet_and_the_markup():
    sheet = (FOLDER / "pictures.css").read_text("utf-8")
    assert sheet.endswith(placeholder.stylesheet())
    assert placeholder.CLASSES == images.CLASSES
    assert all(f".{name}" in sheet for name in placeholder.CLASSES)
