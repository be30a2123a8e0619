"""Settings as sections of keys: what each key says about itself, and complaints that help.

Nothing here knows a setting by name: `www.settings` declares them, `www.utils.sources` reads them.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from www.utils.lined_yaml import KeyPath
from www.utils.sources import Source


@dataclass(frozen=True, slots=True)
class About:
    """What a setting is for and which values it takes, for docs/settings.md and for errors."""

    purpose: str
    allowed: str = ""


class Section(BaseModel):
    """Frozen, and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def known(settings: type[Section]) -> dict[KeyPath, FieldInfo]:
    """List every setting by section and key; one that stands by itself, by its name alone."""
    found: dict[KeyPath, FieldInfo] = {}
    for name, info in settings.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section):
            found |= {(name, key): inner for key, inner in info.annotation.model_fields.items()}
        else:
            found[name,] = info
    return found


def about(info: FieldInfo) -> About:
    """Return what a setting says about itself, with the values that its type lists."""
    said = next(item for item in info.metadata if isinstance(item, About))
    if get_origin(info.annotation) is not Literal:
        return said
    choices = " or ".join(f"`{choice}`" for choice in get_args(info.annotation))
    return About(said.purpose, choices)


def mistakes(settings: type[Section], source: Source) -> Iterator[str]:
    """Check one source alone; every value has a default, so that nothing is missing in it."""
    try:
        settings.model_validate(source.values)
    except ValidationError as error:
        names = known(settings)
        seen: set[KeyPath] = set()  # a union reports a value once for each of its types
        for found in error.errors(include_url=False, include_context=False):
            path = tuple(str(part) for part in found["loc"][:2])
            if path not in seen:
                seen.add(path)
                place = source.places.get(path, ".".join(path))
                yield f"{place}: {_complaint(names, path, place, found['input'])}"


def _complaint(names: Mapping[KeyPath, FieldInfo], path: KeyPath, place: str, value: object) -> str:
    if path in names:
        info = names[path]
        shown = "a value that is not shown" if info.annotation is SecretStr else _shown(value)
        quotes = " (put it in quotes)" if isinstance(value, int) and info.annotation is str else ""
        return f"found {shown}; allowed: {about(info).allowed}{quotes}"
    keys = [name[1] for name in names if name[:1] == path]
    if keys:
        return f"found {_shown(value)}; allowed: the keys {', '.join(keys)}"
    near = _nearest(names, path)
    like = f"WWW_{'__'.join(near).upper()}" if place.startswith("WWW_") else ".".join(near)
    return f"there is no such setting; did you mean {like}?"


def _shown(value: object) -> str:
    return "nothing" if value is None else f"{value!r:.80}"


def _nearest(names: Mapping[KeyPath, FieldInfo], path: KeyPath) -> KeyPath:
    """Guess what was meant: the same key elsewhere, then the likeliest spelling."""
    for name in names:
        if name[-1] == path[-1]:
            return name
    candidates: dict[str, KeyPath] = {".".join(name): name for name in names}
    candidates |= {name[0]: name[:1] for name in names if len(path) == 1}
    return candidates[difflib.get_close_matches(".".join(path), candidates, 1, 0)[0]]
