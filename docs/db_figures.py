"""Writes the figures of the benchmarks into the pages about the data layer, each with its command.

    python -m bench.orm --markdown build/sqlite.md
    python bench/orm_rows.py > build/rows.txt
    python docs/db_figures.py sqlite=build/sqlite.md rows=build/rows.txt

A block begins with `<!-- NAME: command -->` and ends with `<!-- end of NAME -->`.
"""

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path

PAGES = Path(__file__).parent / "db"
BLOCK = r"(?s)(<!-- {0}: (?P<command>[^\n]*) -->\n).*?(<!-- end of {0} -->)"


def in_page(name: str, figures: str, day: str) -> None:
    """Replace the block `name` in the page that has one; none is an error."""
    pattern = re.compile(BLOCK.format(name))
    for page in PAGES.glob("*.md"):
        text = page.read_text("utf-8")
        if found := pattern.search(text):
            said = f"`{found['command']}`, {day}:"
            body = f"{found[1]}{said}\n\n{shown(figures)}\n{found[3]}"
            page.write_text(text[: found.start()] + body + text[found.end() :], "utf-8")
            return
    raise SystemExit(f"no page has a block {name}")


def shown(figures: str) -> str:
    """Leave tables as they are, and say where a peer is ahead; show anything else as it is."""
    if "| ours / best peer |" not in figures:
        return f"```text\n{figures.rstrip()}\n```\n"
    parts = re.split(r"(?m)^(?=### )", figures)
    return "\n".join(f"{part.rstrip()}\n\n{ahead(part)}\n" for part in parts if part.strip())


def ahead(table: str) -> str:
    """Say which peer is quicker than ours in which test."""
    lines = {cells[0]: cells[1:] for cells in map(cells_of, table.splitlines()) if cells}
    tests, peers, ratios = (lines[key] for key in ("library", "best peer", "ours / best peer"))
    found = [
        f"{peer} in {test} (ours {ratio} of it)"
        for test, peer, ratio in zip(tests, peers, ratios, strict=True)
        if float(ratio) < 1
    ]
    return f"Ahead of ours: {', '.join(found)}." if found else "No peer is ahead in any test."


def cells_of(line: str) -> list[str]:
    """Return the cells of a line of a table."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if "|" in line else []


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="+", metavar="NAME=FILE")
    parser.add_argument("--day", default=datetime.now(UTC).date().isoformat())
    options = parser.parse_args()
    for figures in options.figures:
        name, _, file = figures.partition("=")
        in_page(name, Path(file).read_text("utf-8"), options.day)


if __name__ == "__main__":
    main()
