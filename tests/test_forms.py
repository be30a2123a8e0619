"""Fields collect every message; a form comes back as it was typed."""

import pytest
from multidict import MultiDict

from www.errors import Invalid, Unavailable
from www.forms import Fields, Form


def errors(fields):
    with pytest.raises(Invalid) as caught:
        fields.check()
    return caught.value.errors


def test_it_reads_good_fields():
    data = MultiDict(name=" Alice ", body="a\r\nb ", n="7", ok="on", tag="x")
    data.add("tag", " y ")
    fields = Fields(data)
    assert fields.line("name", max_chars=10) == "Alice"
    assert fields.text("body", max_chars=10) == "a\nb "
    assert fields.secret("name", max_chars=10) == " Alice "
    assert fields.integer("n", minimum=0, maximum=9) == 7
    assert fields.choice("ok", ["on", "off"]) == "on"
    assert fields.checked("ok")
    assert fields.many("tag", max_items=2, max_chars=3) == ["x", "y"]
    fields.check()


def test_it_tells_all_mistakes_at_once():
    fields = Fields(MultiDict(long="abcd", lines="a\nb", role="king"))
    fields.line("missing", max_chars=10)
    fields.text("long", max_chars=3)
    fields.line("lines", max_chars=10)
    fields.choice("role", ["reader"])
    fields.refuse("", "nothing fits")
    assert set(errors(fields)) == {"missing", "long", "lines", "role", ""}


@pytest.mark.parametrize("value", ["", "x", "1.5", "٣", "²", "-", "--1", "9" * 5000, "10", "-1"])
def test_it_refuses_what_is_no_number_in_range(value):
    fields = Fields(MultiDict(n=value))
    assert fields.integer("n", minimum=0, maximum=9) == 0
    assert "n" in errors(fields)


def test_a_missing_field_has_its_default():
    fields = Fields(MultiDict())
    assert fields.integer("n", minimum=0, maximum=9, default=3) == 3
    assert fields.choice("c", ["a"], default="a") == "a"
    assert fields.line("l", max_chars=3, required=False) == ""
    assert not fields.checked("ok")
    fields.check()


def test_short_and_many():
    fields = Fields(MultiDict([("name", "ab"), ("tag", "x"), ("tag", "toolong")]))
    fields.line("name", max_chars=9, min_chars=3)
    fields.many("tag", max_items=1, max_chars=9)
    fields.many("tag", max_items=9, max_chars=3)
    found = errors(fields)
    assert len(found["name"]) == 1
    assert len(found["tag"]) == 2


def test_a_form_comes_back_without_its_passwords():
    data = MultiDict([("name", "alice"), ("password", "secret")])
    form = Form.again(data, Invalid({"name": ["no"]}), email="")
    assert form.values["name"] == "alice"
    assert form.values["email"] == ""
    assert "secret" not in repr(form)


def test_a_doubled_field_comes_back_as_it_was_read():
    data = MultiDict([("name", "a"), ("name", "b")])
    assert Fields(data).line("name", max_chars=9) == "a"
    assert Form.again(data, Invalid({"name": ["no"]})).values["name"] == "a"


def test_a_form_says_what_hindered_the_whole_of_it():
    form = Form.again(MultiDict(name="a"), Unavailable())
    assert form.values["name"] == "a"
    assert list(form.errors) == [""]


def test_its_messages_are_translated_with_their_parameters():
    fields = Fields(MultiDict(name="abcd"))
    fields.line("name", max_chars=3)
    form = Form({}, errors(fields)).translated("en")
    assert form.errors["name"] == ["At most 3 characters, please; these are 4."]
