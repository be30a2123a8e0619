"""Who may do what, as a table."""

import pytest

from www.auth.permissions import allow, at_least, can
from www.errors import Forbidden, Unauthenticated
from www.models import Role, User

OWN = {"author_id": 1, "owner_id": 1, "blog_author_id": 9}
OTHERS = {"author_id": 2, "owner_id": 2, "blog_author_id": 9}
UNDER_OWN = {"author_id": 2, "blog_author_id": 1}


def person(role):
    return User(id=1, name="x", role=role)


@pytest.mark.parametrize(
    ("action", "thing", "least"),
    [
        ("comment", None, Role.READER),
        ("write", None, Role.AUTHOR),
        ("upload", None, Role.AUTHOR),
        ("edit", OWN, Role.AUTHOR),
        ("edit", OTHERS, Role.EDITOR),
        ("edit", None, Role.EDITOR),
        ("delete", OWN, Role.AUTHOR),
        ("delete", OTHERS, Role.EDITOR),
        ("delete_comment", OWN, Role.READER),
        ("delete_comment", UNDER_OWN, Role.READER),
        ("delete_comment", OTHERS, Role.EDITOR),
        ("manage_file", OWN, Role.READER),
        ("manage_file", OTHERS, Role.ADMIN),
        ("admin", None, Role.ADMIN),
    ],
)
def test_each_action_needs_a_role(action, thing, least):
    assert [can(person(role), action, thing) for role in Role] == [
        list(Role).index(role) >= list(Role).index(least) for role in Role
    ]
    assert not can(None, action, thing)


def test_an_unknown_action_is_a_defect():
    with pytest.raises(KeyError):
        can(person(Role.ADMIN), "fly")


def test_refusals_say_why():
    with pytest.raises(Unauthenticated):
        allow(None, "write")
    with pytest.raises(Forbidden):
        allow(person(Role.READER), "write")
    allow(person(Role.AUTHOR), "write")


def test_roles_are_ordered():
    assert at_least(person("editor"), Role.AUTHOR)
    assert not at_least(person("reader"), Role.AUTHOR)
    assert not at_least(None, Role.READER)
