"""The committed catalogues hold what the program says."""

import re

import pytest

from www.i18n import LANGUAGES, Message, catalog, translate, translations

TRANSLATED = catalog.translated_languages()
PARAMETER = re.compile(r"%\((\w+)\)")


def test_every_language_has_a_catalogue():
    for language in LANGUAGES:
        assert translations(language).gettext("no such text") == "no such text"


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_fresh(language):
    compiled = catalog.po_path(language).with_suffix(".mo").read_bytes()
    expected = catalog.mo_bytes(catalog.read_catalog(language))
    assert compiled == expected, "run: python -m www.i18n.catalog compile"


@pytest.mark.parametrize("language", TRANSLATED)
def test_it_holds_every_text(language):
    known = {message.id for message in catalog.read_catalog(language)}
    said = {message.id for message in catalog.collected()}
    assert not said - known, "run: python -m www.i18n.catalog extract"


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_take_the_same_parameters(language):
    for message in catalog.read_catalog(language):
        if message.id:
            assert parameters(message.string) <= parameters(message.id), message.id


def parameters(texts):
    return {
        name
        for text in ([texts] if isinstance(texts, str) else texts)
        for name in PARAMETER.findall(text)
    }


def test_a_percent_sign_needs_no_care_without_parameters():
    assert translate("100 % sure", "en") == "100 % sure"
    assert translate(Message("%(n)s %% sure", n=9), "en") == "9 % sure"


def test_extraction_keeps_translations(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    catalog.extract()
    file = catalog.po_path("zh-Hans")
    text = 'msgid "Please sign in first."\nmsgstr "{}"'
    file.write_text(
        file.read_text("utf-8").replace(text.format(""), text.format("请先登录。")), "utf-8"
    )
    catalog.extract()
    catalog.compile_all()
    assert "请先登录。" in file.read_text("utf-8")
    assert "请先登录。".encode() in file.with_suffix(".mo").read_bytes()
