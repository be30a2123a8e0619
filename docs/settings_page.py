"""Write docs/settings.md from the settings' own descriptions: `make docs`.

A test compares the page with what this would write.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pydantic import SecretStr

from www.settings import KNOWN, Settings
from www.utils.sections import about

_UNITS = (
    (10**9, "GB"),
    (10**6, "MB"),
    (10**3, "kB"),
    (2**30, "GiB"),
    (2**20, "MiB"),
    (2**10, "KiB"),
    (1, "B"),
)

_HEAD = """\
# Settings

<!-- Made by `make docs` from www/settings. -->

A value comes from `config/default.yaml`, then the file of `--config FILE` or of the variable
`WWW_CONFIG`, then the environment, then flags such as `--port 80`: the later one wins. A file of
your own names only what it changes:

```yaml
server:
  port: 80
site:
  title: The Miller family
```

The same from the environment: `WWW_SERVER__PORT=80`. A secret can also stand in a file of its own,
which `_FILE` behind the variable's name points to: `WWW_DB__PASSWORD_FILE=/run/secrets/db`. Sizes
may have a unit: kB, MB, GB, TB count in thousands, KiB, MiB, GiB, TiB in 1024s. Relative paths mean
the working directory.

An unknown key or variable, or a value that is not allowed, stops the start, and every such mistake
is listed with its place. `python3 -m www check` says what is wrong without starting anything.
"""


def page() -> str:
    """Return the whole page."""
    alone = [path[0] for path in KNOWN if len(path) == 1]
    sections = [name for name in Settings.model_fields if name not in alone]
    return _HEAD + "".join((*map(_alone, alone), *map(_section, sections)))


def _alone(name: str) -> str:
    rows = "\n".join(_rows(name))
    return f"\n## {name}\n\nThis setting stands by itself: `{name}: ./elsewhere`.\n\n{rows}\n"


def _section(name: str) -> str:
    purpose = getattr(Settings(), name).__doc__
    return f"\n## {name}\n\n{purpose}\n\n" + "\n".join(_rows(name)) + "\n"


def _rows(section: str) -> Iterator[str]:
    yield "| Key | For | Allowed | Default | Variable |"
    yield "|---|---|---|---|---|"
    for path, info in KNOWN.items():
        if path[0] == section:
            said = about(info)
            variable = f"WWW_{'__'.join(path).upper()}"
            default = _default(path[-1], info.default)
            yield f"| `{path[-1]}` | {said.purpose} | {said.allowed} | {default} | `{variable}` |"


def _default(key: str, value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value in (None, "", ()):
        return ""
    if isinstance(value, int) and key.endswith("_bytes"):
        number, unit = next((value // size, unit) for size, unit in _UNITS if value % size == 0)
        return f"`{number} {unit}`"
    return f"`./{value}`" if isinstance(value, Path) else f"`{value}`"


if __name__ == "__main__":
    Path(__file__).with_name("settings.md").write_text(page(), encoding="utf-8")
