"""What commands print: results on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


def say(line: str) -> None:
    """Print a result at once, also into a pipe."""
    print(line, flush=True)


def say_error(text: str) -> None:
    """Print what went wrong."""
    print(f"www: {text}", file=sys.stderr, flush=True)


def hint_for_others(link: str) -> Iterator[str]:
    """Say what to do with a link to localhost where a browser is not: on a server in a cellar."""
    if link.startswith("http://localhost:"):
        yield "From another machine, put this machine's name or address in place of localhost."


class Advance(Protocol):
    """Moves a bar on."""

    def __call__(self, pieces: int = 1) -> None:
        """Another `pieces` of the work are done."""


@contextmanager
def progress(what: str, total: int, *, in_bytes: bool = False) -> Iterator[Advance]:
    """Show a bar on a terminal while the block says how many pieces of work are done."""
    if not sys.stderr.isatty():
        yield lambda pieces=1: None  # noqa: ARG005
        return
    from rich import progress as rich
    from rich.console import Console

    done = (rich.DownloadColumn(), rich.TransferSpeedColumn()) if in_bytes else ()
    counted = done or (rich.MofNCompleteColumn(),)
    columns = ("{task.description}", rich.BarColumn(), *counted, rich.TimeRemainingColumn())
    with rich.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=total)
        yield lambda pieces=1: bar.advance(task, pieces)
