"""What a person may do, in one table; views ask `allow`, templates and they ask `can`.

`thing` is a row, or a dict with the same keys: a blog needs `author_id`, a file `owner_id`, a
comment `author_id` and, for the author of the blog above it, `blog_author_id`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from www.errors import Forbidden, Unauthenticated
from www.models import Role, User

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Can(Protocol):
    """The rules below, as templates ask them: may `user` do `action` to `thing`."""

    def __call__(self, user: User | None, action: str, thing: object = None) -> bool:
        """Return whether it is allowed."""
        ...


def at_least(user: User | None, role: Role) -> bool:
    """Return whether `user` has `role` or one above it."""
    return user is not None and Role(user.role).includes(role)


def can(user: User | None, action: str, thing: object = None) -> bool:
    """Return whether `user` may do `action` to `thing`; an unknown action is a KeyError."""
    rule = _RULES[action]
    return user is not None and rule(user, thing if isinstance(thing, dict) else {})


def allow(user: User | None, action: str, thing: object = None) -> None:
    """Raise Unauthenticated or Forbidden unless `user` may do `action` to `thing`."""
    if not can(user, action, thing):
        raise Unauthenticated if user is None else Forbidden


def _owns(user: User, thing: Mapping[str, Any], column: str) -> bool:
    owner = thing.get(column)
    return owner is not None and owner == user.id


def _writes(user: User, _thing: Mapping[str, Any]) -> bool:
    return at_least(user, Role.AUTHOR)


def _edits(user: User, blog: Mapping[str, Any]) -> bool:
    """Authors change what is theirs, editors everything; who was made a reader, nothing."""
    return at_least(user, Role.EDITOR) or (_writes(user, blog) and _owns(user, blog, "author_id"))


def _deletes_comment(user: User, comment: Mapping[str, Any]) -> bool:
    return (
        at_least(user, Role.EDITOR)
        or _owns(user, comment, "author_id")
        or _owns(user, comment, "blog_author_id")
    )


def _manages_file(user: User, file: Mapping[str, Any]) -> bool:
    return at_least(user, Role.ADMIN) or _owns(user, file, "owner_id")


_RULES: Final[Mapping[str, Callable[[User, Mapping[str, Any]], bool]]] = {
    "comment": lambda _user, _thing: True,
    "write": _writes,
    "upload": _writes,
    "edit": _edits,
    "delete": _edits,
    "delete_comment": _deletes_comment,
    "manage_file": _manages_file,
    "admin": lambda user, _thing: at_least(user, Role.ADMIN),
}
