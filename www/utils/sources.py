"""Settings as they come in: a YAML file, the environment, flags; each value remembers its place.

Nothing here knows which settings exist: `www.settings` says so and checks the values.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from www.utils.lined_yaml import KeyPath, YamlError, read_yaml


@dataclass(slots=True)
class Source:
    """Values by section and key, the place of each, and what could not be read at all."""

    values: dict[str, object] = field(default_factory=dict)
    places: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def put(self, path: KeyPath, value: object, place: str) -> None:
        """Set one value that its place names in full."""
        section = self.values.setdefault(path[0], {})
        if len(path) == 1:
            self.values[path[0]] = value
        elif isinstance(section, dict):
            section[path[1]] = value
        self.places[path] = place


def from_yaml(file: Path) -> Source:
    """Read a file of sections; a section without a key in it says nothing and is left out."""
    source = Source()
    try:
        read = read_yaml(file.read_text(encoding="utf-8"))
    except YamlError as error:
        source.problems.append(f"{file}: {error}")
        return source
    except UnicodeDecodeError as error:
        source.problems.append(f"{file}: byte {error.start} is not UTF-8")
        return source
    except OSError as error:
        source.problems.append(f"{file}: cannot be read ({error.strerror})")
        return source
    if isinstance(read.content, dict):
        sections = {str(name): value for name, value in read.content.items()}
        source.values = {
            name: _keyed(value) for name, value in sections.items() if value is not None
        }
    elif read.content is not None:
        source.problems.append(
            f"{file}: found {read.content!r:.60}; allowed: sections with keys in them"
        )
    source.places = {
        path: f"{file} line {line}, {'.'.join(path)}" for path, line in read.lines.items()
    }
    return source


def _keyed(section: object) -> object:
    """Name every key by text: YAML also makes numbers and dates of them."""
    if isinstance(section, dict):
        return {str(key): value for key, value in section.items()}
    return section


def from_environ(
    environ: Mapping[str, str], *, secrets: Collection[KeyPath], ignore: tuple[str, ...]
) -> Source:
    """Read every WWW_SECTION__KEY, and WWW_SECTION__KEY_FILE for what is secret.

    `ignore` holds prefixes of variables that are no settings.
    """
    source = Source()
    for name, value in environ.items():
        if not name.startswith("WWW_") or name.startswith(ignore):
            continue
        path = tuple(name.removeprefix("WWW_").lower().split("__", 1))
        plain = (*path[:-1], path[-1].removesuffix("_file"))
        if path == plain or plain not in secrets:
            source.put(path, value, name)
        elif name.removesuffix("_FILE") in environ:
            source.problems.append(f"{name}: {name.removesuffix('_FILE')} is set too; choose one")
        else:
            _put_file(source, plain, Path(value), name)
    return source


def _put_file(source: Source, path: KeyPath, file: Path, name: str) -> None:
    try:
        source.put(path, file.read_text(encoding="utf-8").rstrip("\r\n"), f"{name} ({file})")
    except OSError as error:
        source.problems.append(f"{name}: {file} cannot be read ({error.strerror})")
    except ValueError:  # no UTF-8, or a NUL in the path
        source.problems.append(f"{name}: {str(file)!r} is not a file of UTF-8 text")


def from_flags(flags: Mapping[str, object]) -> Source:
    """Take flags by the name of the setting (`server.port`); None means that one was not given."""
    source = Source()
    for name, value in flags.items():
        if value is not None:
            path = tuple(name.split(".", 1))
            source.put(path, value, f"--{path[-1].replace('_', '-')}")
    return source
