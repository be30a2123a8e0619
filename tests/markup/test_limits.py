"""Text that no person writes is refused before it costs seconds."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from www.markup import ComrakRenderer, MarkupError
from www.markup.limits import MAX_BYTES

renderer = ComrakRenderer()


def filled(piece: str) -> str:
    """The piece, as often as the limit of bytes allows."""
    return piece * (MAX_BYTES // len(piece.encode()))


WIDE = "|" + "a|" * 64 + "\n|" + "-|" * 64 + "\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a" * (MAX_BYTES + 1), "longer than 512 kB"),
        ("中" * (MAX_BYTES // 2), "longer than 512 kB"),
        ("a\0b", "NUL"),
        ("a\ud800b", "surrogate"),
        ("|" + "a|" * 65 + "\n|" + "-|" * 65 + "\n", "64 columns"),
        ("<table><tr>" + "<td>" * 65, "64 columns"),
        (WIDE + "a\n" * 1000, "50000 cells"),
        ("<table><tr>" + "<td>" * 60 + "<tr>" * 1000, "50000 cells"),
        (">" * 101 + "a", "100 levels"),
        ("- " * 101 + "a", "100 levels"),
        ("".join("  " * depth + "- a\n" for depth in range(60)), "100 levels"),
        ("<b>" * 80_000, "100 levels"),
        ("*a _b " * 60 + "b_ a*" * 60, "100 levels"),
        ("[^a]: b\n\n" + "[^a]" * 2000, "2000 footnotes"),
        (filled("- a\n"), "150000 parts"),
        (filled("&"), "150000 parts"),
    ],
)
def test_it_refuses(source, message):
    with pytest.raises(MarkupError, match=message):
        renderer.render(source)


@pytest.mark.parametrize(
    "source",
    [
        "a" * MAX_BYTES,
        "- a\n" * 50_000,
        WIDE,
        WIDE + ("|" + "a|" * 64 + "\n") * 700,
        ">" * 49 + "a",
        "a\n---\n" + "b\n" * 60_000,
        "[^a]: b\n\n" + "[^a]" * 1000,
        "`" + "<b>" * 300 + "`",
    ],
    ids=["long", "list", "columns", "cells", "quotes", "setext", "footnotes", "code"],
)
def test_it_renders_what_is_large_but_sane(source):
    assert renderer.render(source).html


# The slowest of 190 repeated inputs, and those that hurt comrak, nh3 or Pygments without a guard.
SLOW = {
    "brackets": filled("["),
    "emphasis": filled("*a_ "),
    "intraword": filled("_a*b"),
    "mails": filled("a@b.c "),
    "addresses": filled("www.a.b/)"),
    "link definitions": "".join(f"[r{i}]: /u{i}\n" for i in range(20_000)),
    "fragments": "# a\n\n" + filled("[a](#a)")[:-10],
    "headings": filled("# a b c\n"),
    "less than": filled("a < b"),
    "open tags": filled('<a b="<'),
    "scripts": filled("<script>"),
    "ragged table": "|" + "a|" * 2700 + "\n|" + "-|" * 2700 + "\n" + "a\n" * 100,
    "raw table": "<table>" + filled("<tr>")[:-8],
    "java": filled("```java\n" + " a" * 1990 + "\n```\n"),
    "indented": filled(" " * 1000 + "a\n"),
    "paragraphs in 90 tags": "<b>" * 90 + filled("<p>")[:-300],
}


def untraced_cpu_s(source: str) -> float:
    """CPU seconds of one rendering, without those of a coverage measurement (three times as many)."""
    tracing = sys.gettrace()
    sys.settrace(None)
    try:
        start = time.process_time()
        with suppress(MarkupError):
            renderer.render(source)
        return time.process_time() - start
    finally:
        sys.settrace(tracing)


@pytest.mark.parametrize("source", SLOW.values(), ids=SLOW)
def test_it_never_takes_long(source):
    # The guards keep it near one second; without them some take minutes.
    assert untraced_cpu_s(source) < 4


def test_it_names_the_limit_for_translation():
    with pytest.raises(MarkupError) as caught:
        renderer.render(">" * 101)
    assert caught.value.message == "Nested more than %(max)d levels deep."
    assert caught.value.message.params == {"max": 100}


def test_threads_share_a_renderer():
    sources = [f"# {number}\n\n```py\nx = {number}\n```\n" * 20 for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(renderer.render, sources))
    assert together == [renderer.render(source) for source in sources]
