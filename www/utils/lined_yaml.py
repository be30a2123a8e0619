"""YAML read safely, with the line of every key, so that a mistake can be pointed at.

It refuses what plain YAML readers accept in silence: a key that stands twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import yaml

KeyPath: TypeAlias = tuple[str, ...]


class YamlError(ValueError):
    """The text is no YAML that we read; the message names the line."""


@dataclass(frozen=True, slots=True)
class LinedYaml:
    """What the text says, and on which line (from 1) each key stands."""

    content: object
    lines: dict[KeyPath, int]


def read_yaml(text: str) -> LinedYaml:
    """Read one YAML document; raises YamlError."""
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return LinedYaml(None, {})
        return LinedYaml(loader.construct_document(node), _lines(node))
    except YamlError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise YamlError(f"line {line}: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date may have a 99th day
        raise YamlError(f"not readable as YAML: {error}") from error


def _lines(node: yaml.Node) -> dict[KeyPath, int]:
    lines: dict[KeyPath, int] = {}
    for path, line in _keys(node, ()):
        if path in lines:
            first = lines[path]
            raise YamlError(f"line {line}: {'.'.join(path)} stands on line {first} already")
        lines[path] = line
    return lines


def _keys(node: yaml.Node, above: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    """Walk mappings inside mappings; what stands in lists has no name to be pointed at."""
    if not isinstance(node, yaml.MappingNode) or len(above) > 8:  # an anchor may contain itself
        return
    for key, value in node.value:
        path = (*above, str(key.value))
        yield path, key.start_mark.line + 1
        yield from _keys(value, path)
