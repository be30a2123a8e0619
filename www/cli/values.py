"""Values of flags that more than one command takes."""

from __future__ import annotations

import argparse


def origin(text: str) -> str:
    """Read `https://example.org`."""
    from www.utils import values

    try:
        found = values.origin(text)
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"{text!r}: {err}") from err
    if found is None:
        raise argparse.ArgumentTypeError("is empty")
    return found
