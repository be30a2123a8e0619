"""Figures as tables: rows/s of each test, geometric means, and how far ours is from the others."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING

from bench.orm.libraries import CONTESTANTS, RAW
from bench.orm.model import TESTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Figures = dict[str, dict[str, float]]  # library -> test -> rows/s
TARGETS = {"sqlite": 0.6, "postgres": 0.95}
NOTE = (
    "rows/s, the {pick} of {rounds} rounds that alternate between the libraries;"
    " {rows:,} rows per insert test; geo: geometric mean of A to K."
)


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean."""
    logs = [log(value) for value in values]
    return exp(sum(logs) / len(logs))


def table(figures: Figures) -> list[list[str]]:
    """Return header and lines: the libraries, best mean first, then the ratios of ours."""
    means = {name: geometric_mean(tests.values()) for name, tests in figures.items()}
    lines = [["library", *TESTS, "geo"]]
    for name in sorted(means, key=means.__getitem__, reverse=True):
        cells = [f"{figures[name][test]:,.0f}" for test in TESTS]
        lines.append([name, *cells, f"{means[name]:,.0f}"])
    everything = {name: {**figures[name], "geo": means[name]} for name in figures}
    return lines + list(_ratios(everything))


def _ratios(figures: Figures) -> Iterable[list[str]]:
    if "ours" not in figures:
        return
    ours = figures["ours"]
    for raw in (name for name in figures if CONTESTANTS[name].kind == "raw"):
        cells = [f"{ours[test] / figures[raw][test]:.2f}" for test in ours]
        yield [f"ours / {raw}", *cells]
    peers = [name for name in figures if CONTESTANTS[name].kind == "peer"]
    if peers:
        best = {test: max(peers, key=lambda name: figures[name][test]) for test in ours}
        yield ["best peer", *best.values()]
        ratios = [f"{ours[test] / figures[best[test]][test]:.2f}" for test in ours]
        yield ["ours / best peer", *ratios]


def verdicts(figures: Figures, database: str) -> list[str]:
    """Say which targets are met."""
    raw = RAW[database]
    said: list[str] = []
    if "ours" not in figures:
        return said
    ours = figures["ours"]
    if raw in figures:
        ratio = geometric_mean(ours.values()) / geometric_mean(figures[raw].values())
        said.append(_verdict(f"geometric mean / {raw}", ratio, TARGETS[database]))
    peers = [name for name in figures if CONTESTANTS[name].kind == "peer"]
    for test, words in TESTS.items() if peers else ():
        best = max(peers, key=lambda name: figures[name][test])
        ratio = ours[test] / figures[best][test]
        if ratio < 1:
            said.append(f"MISSED  {test} {words}: {ratio:.2f} of {best}")
    if peers and len(said) <= 1:
        said.append("met     ahead of every peer on every test")
    return said


def _verdict(what: str, ratio: float, target: float) -> str:
    return f"{'met    ' if ratio >= target else 'MISSED '} {what}: {ratio:.2f} (target {target})"


def as_text(lines: Sequence[Sequence[str]]) -> str:
    """Write a table for a terminal."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def as_markdown(lines: Sequence[Sequence[str]]) -> str:
    """Write a table for a page."""
    rule = ["---", *["---:"] * (len(lines[0]) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (lines[0], rule, *lines[1:]))
