from pathlib import Path

import pytest
from pygments.lexers import get_lexer_by_name

import www
from www.markup import stylesheet
from www.markup.code import ALIASES, LANGUAGES, Highlighter


def test_the_style_sheet_is_fresh():
    committed = Path(www.__file__).with_name("static") / "highlight.css"
    assert committed.read_text() == stylesheet()


def test_the_style_sheet_has_both_themes():
    css = stylesheet()
    assert '[data-theme="dark"] .highlight .k {' in css
    assert "@media (prefers-color-scheme: dark)" in css
    assert "background" not in css


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_a_lexer(language):
    assert language in get_lexer_by_name(language).aliases


def test_every_alias_leads_to_a_language():
    assert set(ALIASES.values()) <= LANGUAGES


def test_it_spends_one_budget():
    highlighter = Highlighter()
    code = "import os\n" * 390
    shown = [highlighter.html(code, "python") for _ in range(4)]
    assert ["<span" in html for html in shown] == [True, True, False, False]
