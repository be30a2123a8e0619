"""Every template renders with little and with much, and what comes out is well-formed."""

from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from tests.templates import samples
from www.forms import Form

VOID = {
    "area",
    "br",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "wbr",
    "circle",
    "path",
    "rect",
}
CASES = [
    (template, variant) for template, variants in samples.PAGES.items() for variant in variants
]
READERS = {
    "stranger": {},
    "admin": {"who": samples.user(), "notice": "saved", "here": "/?before=x"},
    "reader": {
        "who": samples.user(role="reader", name="bob", display=""),
        "language": "zh-Hans",
        "theme": "dark",
    },
}
NEEDS_USER = {"accounts/account.html", "admin/confirm.html", "blogs/edit.html"}


class Outline(HTMLParser):
    """Collects what the checks ask for, and refuses tags that cross."""

    def __init__(self, text):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def values(self, *names):
        return [value for _tag, name, value in self.attributes if name in names]


def outline(template, variant, reader):
    if template in NEEDS_USER and "who" not in READERS[reader]:
        reader = "admin"
    return Outline(samples.render(template, variant, **READERS[reader]))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("template", "variant"), CASES)
def test_it_is_well_formed(template, variant, reader):
    page = outline(template, variant, reader)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert "style" not in page.tags
    assert not [
        name for _tag, name, _value in page.attributes if name == "style" or name.startswith("on")
    ]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("template", "variant"), [c for c in CASES if c[0] != "blogs/preview.html"]
)
def test_it_has_one_heading_and_whole_references(template, variant, reader):
    page = outline(template, variant, reader)
    assert page.tags.count("h1") == 1
    assert page.tags.count("main") == 1
    ids = set(page.values("id"))
    named = {
        id_
        for value in page.values("for", "aria-describedby", "aria-labelledby")
        for id_ in value.split()
    }
    assert named <= ids
    fragments = {v[1:] for v in page.values("href") if v.startswith("#")}
    assert fragments - {"fn-1", "fnref-1"} <= ids | {""}


def test_it_covers_every_template():
    pages = {
        str(p.relative_to(samples.FOLDER))
        for p in samples.FOLDER.rglob("*.html")
        if "_parts" not in p.parts
    }
    assert pages - {"base.html"} == set(samples.PAGES)


def test_it_asks_no_other_host():
    page = outline("index.html", "full", "stranger")
    assert not [
        v for v in page.values("src", "href", "action") if v.startswith(("http:", "https:", "//"))
    ]


def test_it_shows_500_without_user_or_permissions():
    text = samples.render("500.html", "full", user=None, can=None)
    assert "01JD9Z7Q" in text


@pytest.mark.parametrize("template", ["404.html", "500.html", "error.html"])
def test_every_error_names_its_request(template):
    assert "<code>01JD9Z7Q</code>" in samples.render(template, "full")


def test_the_preview_without_scripts_is_scrolled_to():
    text = samples.render("blogs/edit.html", "full", who=samples.user())
    assert 'formaction="/blogs/12/edit#preview"' in text
    assert 'id="preview"' in text


def test_it_escapes_what_people_typed():
    text = samples.render("index.html", "full")
    assert "<pears>" not in text
    assert "&lt;pears&gt;" in text


def test_it_keeps_the_first_empty_line_of_a_body():
    text = samples.ENVIRONMENT.get_template("_parts/forms.html").module.area(
        Form({"body": "\nx"}), "body", "Text"
    )
    assert ">\n\nx</textarea>" in text


def test_it_ties_errors_to_fields():
    text = samples.render("accounts/login.html", "wrong")
    assert 'aria-invalid="true" aria-describedby="f-name-wrong"' in text
    assert 'href="#f-name"' in text


def test_it_offers_registration_only_when_open():
    closed = SimpleNamespace(title="T", tagline="", language="en", registration="invite")
    assert "/register" in samples.render("index.html", "empty")
    assert "/register" not in samples.render("index.html", "empty", site=closed)


def test_the_log_is_made_of_sentences():
    text = samples.render("admin/audit.html", "full")
    for sentence in (
        "mei changed the role of wang-xiaoming: Reader before, now Author.",
        "mei deactivated the account bob.",
        "mei ended 2 unused links that bob had made.",
        "mei made an invitation. Role: Editor.",
        "mei revoked the invitation number 3.",
        "The command line added the account bob. Role: Reader.",
        "The command line made a link with which bob chooses a new password.",
        "mei set up this site and became its administrator.",
        "mei let the figures of statements start again.",
        "mei: other, something",
    ):
        assert f"<h2>{sentence}</h2>" in text


def test_it_leads_back_after_sign_in():
    assert "/login?next=/search%3Fq%3Da%2526b" in samples.render(
        "index.html", "empty", here="/search?q=a%26b"
    )
