"""What people send about files and folders that are there; uploads are read by `upload`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from www.errors import Invalid
from www.files.folder_queries import MAX_FOLDER_NAME
from www.files.listing import NEWEST, ORDERS
from www.forms import Fields
from www.i18n import N_
from www.models import Visibility
from www.requests import query_text
from www.utils.names import safe_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import web
    from multidict import MultiDict

MOST_AT_ONCE: Final = 200
"""How many files and folders can be ticked one by one; their numbers fit into an address."""
MAX_FIELDS: Final = 2000
MAX_NAME: Final = 255
MAX_ID_DIGITS: Final = 18
MAX_QUERY: Final = 200
_BOXES: Final = ("id", "folders")
_UPTO: Final = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})", re.ASCII)
_ID: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


class Action(StrEnum):
    """What shall be done with the files that are ticked."""

    DELETE = "delete"
    MOVE = "move"
    SHOW = "show"
    CHOOSE = "choose"  # among too many folders for a menu, before they are moved


@dataclass(frozen=True, slots=True)
class Shown:
    """How a list is looked at; every choice is in the address, so that it can be kept."""

    path: str
    sort: str = NEWEST
    view: str = "list"
    show: str = "folders"
    words: str = ""
    inside: str = ""
    """The folder in a folder that a share link shows."""

    @classmethod
    def read(cls, request: web.Request, shows: tuple[str, ...]) -> Shown:
        """Take the words of the query; what is none of ours reads as the first choice."""
        sort = query_text(request, "sort", MAX_QUERY)
        show = query_text(request, "show", MAX_QUERY)
        return cls(
            request.path,
            sort if sort in ORDERS else NEWEST,
            "grid" if query_text(request, "view", MAX_QUERY) == "grid" else "list",
            show if show in shows else shows[0],
            query_text(request, "q", MAX_QUERY),
        )

    def url(self, path: str = "", **changes: str) -> str:
        """Return the address of this list with `changes`; `before` is a further page."""
        asked = {
            "in": self.inside,
            "q": self.words,
            "show": self.show,
            "sort": self.sort,
            "view": self.view,
            **changes,
        }
        usual = {"in": "", "q": "", "show": "folders", "sort": NEWEST, "view": "list"}
        pairs = [(name, value) for name, value in asked.items() if value != usual.get(name)]
        return (path or self.path) + (f"?{urlencode(pairs)}" if pairs else "")


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a file shall be called, where it shall lie, and who may read it."""

    name: str
    folder_id: int | None
    visibility: Visibility

    @classmethod
    def read(cls, data: MultiDict[str]) -> FileChange:
        """Take name, folder and visibility; raises Invalid."""
        fields = Fields(data)
        name = fields.line("name", max_chars=MAX_NAME)
        folder_id = row_or_none(fields, data, "folder")
        visibility = fields.choice("visibility", [*Visibility])
        fields.check()
        return cls(safe_name(name), folder_id, Visibility(visibility))


@dataclass(frozen=True, slots=True)
class NewFolder:
    """A folder's name, the folder that it shall lie in, and who may open it, None as usual."""

    name: str
    parent_id: int | None
    visibility: Visibility | None

    @classmethod
    def read(cls, data: MultiDict[str]) -> NewFolder:
        """Take name, parent and visibility; raises Invalid."""
        fields = Fields(data)
        name = _folder_name(fields)
        parent_id = row_or_none(fields, data, "parent")
        asked = fields.choice("visibility", ["", *Visibility]) if data.get("visibility") else ""
        fields.check()
        return cls(name, parent_id, Visibility(asked) if asked else None)


@dataclass(frozen=True, slots=True)
class FolderChange:
    """What a folder shall be called, where it shall lie, and who may open it."""

    name: str
    parent_id: int | None
    visibility: Visibility
    everything: bool

    @classmethod
    def read(cls, data: MultiDict[str]) -> FolderChange:
        """Take name, parent, visibility, everything; raises Invalid."""
        fields = Fields(data)
        name = _folder_name(fields)
        parent_id = row_or_none(fields, data, "parent")
        visibility = fields.choice("visibility", [*Visibility])
        everything = fields.checked("everything")
        fields.check()
        return cls(name, parent_id, Visibility(visibility), everything)


@dataclass(frozen=True, slots=True)
class Whole:
    """All files or all folders of a list, or both, as its page showed it.

    `show`, `words` and `inside_id` say which list; `newest_file_id` and `newest_folder_id` leave
    out what came after the page, None is no bound.
    """

    files: bool
    folders: bool
    show: str = "folders"
    words: str = ""
    inside_id: int | None = None
    newest_file_id: int | None = None
    newest_folder_id: int | None = None

    @classmethod
    def read(cls, fields: Fields, data: MultiDict[str]) -> Whole | None:
        """Take all (files, folders), show, q, in, upto; None where only boxes are ticked."""
        wanted = data.getall("all", [])
        if not any(wanted):
            return None
        if not {"files", "folders"}.issuperset(filter(None, wanted)):
            fields.refuse("all", N_("Please choose one of the options."))
        show = fields.choice("show", ("folders", "all", "everybody"), default="folders")
        words = fields.line("q", max_chars=MAX_QUERY, required=False)
        inside_id = row_or_none(fields, data, "in")
        upto = _UPTO.fullmatch(data.get("upto", ""))
        if data.get("upto") and not upto:
            fields.refuse("upto", N_("Please choose one of the options."))
        newest = map(int, upto.groups()) if upto else (None, None)
        return cls("files" in wanted, "folders" in wanted, show, words, inside_id, *newest)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the fields that `read` takes."""
        found = [("all", name) for name in ("files", "folders") if getattr(self, name)]
        found += [("show", self.show), ("q", self.words), ("in", str(self.inside_id or ""))]
        if self.newest_file_id is not None:
            found.append(("upto", f"{self.newest_file_id}.{self.newest_folder_id}"))
        return [pair for pair in found if pair[1]]


@dataclass(frozen=True, slots=True)
class Picked:
    """What is chosen in a list: the files and folders that are ticked, and perhaps all of it."""

    ids: list[int]
    folder_ids: list[int]
    whole: Whole | None = None

    @classmethod
    def read(cls, data: MultiDict[str]) -> Picked:
        """Take id and folders (many), and what `Whole` takes; raises Invalid."""
        fields = Fields(data)
        picked = cls.take(fields, data)
        fields.check()
        return picked

    @classmethod
    def take(cls, fields: Fields, data: MultiDict[str]) -> Picked:
        """The same for a form with more in it: `fields` collects what is wrong."""
        sent = sum(bool(value.strip()) for name in _BOXES for value in data.getall(name, []))
        if sent > MOST_AT_ONCE:
            text = N_("You chose %(found)s; at most %(max)s can be chosen one by one.")
            fields.refuse("id", text, found=sent, max=MOST_AT_ONCE)
            return cls([], [])
        ids, folder_ids = ticked(fields, "id"), ticked(fields, "folders")
        whole = Whole.read(fields, data)
        if not ids and not folder_ids and whole is None and not fields.errors:
            fields.refuse("id", N_("Tick files or folders first."))
        return cls(ids, folder_ids, whole)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the fields that `read` takes."""
        boxes = [("id", str(id)) for id in self.ids]
        boxes += [("folders", str(id)) for id in self.folder_ids]
        return [*boxes, *(self.whole.pairs() if self.whole else ())]


@dataclass(frozen=True, slots=True)
class Many:
    """What is chosen in a list, and what shall be done with it.

    `confirmed` is how many files and folders the question before a deletion spoke of.
    """

    picked: Picked
    action: Action
    folder_id: int | None
    visibility: Visibility
    sure: bool
    confirmed: int
    keep: bool
    back: str
    words: str = ""

    @classmethod
    def read(cls, data: MultiDict[str]) -> Many:
        """Take what `Picked` takes, action, folder, visibility, content, sure, confirmed and back.

        And `words`, which are parts of a folder's name. Raises Invalid.
        """
        fields = Fields(data)
        picked = Picked.take(fields, data)
        action = fields.choice("action", [*Action])
        folder_id = row_or_none(fields, data, "folder")
        visibility = fields.choice("visibility", [*Visibility], default=Visibility.UNLISTED)
        sure = fields.checked("sure")
        confirmed = fields.integer("confirmed", minimum=0, maximum=10**9, default=0)
        keep = fields.choice("content", ("keep", "delete"), default="keep") == "keep"
        words = fields.line("words", max_chars=MAX_FOLDER_NAME, required=False)
        fields.check()
        back = list_address(data.get("back", ""))
        choices = Action(action), folder_id, Visibility(visibility)
        return cls(picked, *choices, sure, confirmed, keep, back, words)


def ticked(fields: Fields, name: str) -> list[int]:
    """Return the numbers that boxes send under `name`, each once."""
    values = fields.many(name, max_items=MOST_AT_ONCE, max_chars=MAX_ID_DIGITS)
    if not all(map(_ID.fullmatch, values)):
        fields.refuse(name, N_("Please choose one of the options."))
        return []
    return list(dict.fromkeys(map(int, values)))


def folder_of(fields: Mapping[str, Sequence[str]]) -> int | None:
    """Return the folder that an upload names, None for the top; raises Invalid."""
    value = next(iter(fields.get("folder", ())), "").strip()
    if value and not _ID.fullmatch(value):
        raise Invalid({"folder": [N_("Please choose one of the options.")]})
    return int(value) if value else None


def visibility_of(fields: Mapping[str, Sequence[str]]) -> Visibility | None:
    """Return who may read what is uploaded, None where that is not said; raises Invalid."""
    value = next(iter(fields.get("visibility", ())), "").strip()
    if value and value not in set(Visibility):
        raise Invalid({"visibility": [N_("Please choose one of the options.")]})
    return Visibility(value) if value else None


def asked(request: web.Request) -> tuple[int | None, Visibility | None]:
    """Return folder and visibility as the address of an upload names them; raises Invalid."""
    folder = query_text(request, "folder", MAX_ID_DIGITS)
    visibility = query_text(request, "visibility", MAX_QUERY)
    return folder_of({"folder": [folder]}), visibility_of({"visibility": [visibility]})


def row_or_none(fields: Fields, data: MultiDict[str], name: str) -> int | None:
    """Return the id that a menu sends, None for its empty choice."""
    value = data.get(name, "").strip()
    if value and not _ID.fullmatch(value):
        fields.refuse(name, N_("Please choose one of the options."))
        return None
    return int(value) if value else None


def _folder_name(fields: Fields) -> str:
    name = fields.line("name", max_chars=MAX_FOLDER_NAME)
    return safe_name(name.replace("/", "-").replace("\\", "-")) if name else ""


def list_address(address: str) -> str:
    """Return an address of ours to go back to: of a list of files or a folder, or the first one."""
    is_list = re.fullmatch(r"/(?:files|folders/[1-9][0-9]{0,17})(?:\?[!-~]{0,1000})?", address)
    return address if is_list else "/files"
