"""The rule of visibility: nothing is more open than the folder it lies in.

So what a file says of itself is the whole truth, and reading one needs no look at folders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.errors import Invalid
from www.i18n import N_, Message

if TYPE_CHECKING:
    from www.models import Folder, Visibility


def require(folder: Folder | None, asked: Visibility | None) -> None:
    """Raise Invalid where something in `folder`, None for the top, shall be more open than it."""
    if asked is None or folder is None or folder.visibility.includes(asked):
        return
    text = N_("The folder “%(name)s” is less open. Change the folder first.")
    raise Invalid({"visibility": [Message(text, name=folder.name)]})


def of_new(folder: Folder | None, asked: Visibility | None, usual: Visibility) -> Visibility:
    """Return who may read what is new in `folder`: as asked, else as the folder, on top `usual`.

    What was asked is closed to the folder's where that is less open.
    """
    if asked is None:
        return folder.visibility if folder else usual
    return narrower(asked, folder)


def narrower(visibility: Visibility, folder: Folder | None) -> Visibility:
    """Return `visibility`, or the folder's where that is less open."""
    if folder is None or folder.visibility.includes(visibility):
        return visibility
    return folder.visibility
