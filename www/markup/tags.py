"""The tags that a page may hold, and where each may stand: HTML's content models, cut to size."""

from typing import Final


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PHRASING: Final = _names(
    "a abbr b bdi cite code del em i ins kbd mark q rt ruby s samp small strong sub sup u var"
)
BLOCKS: Final = _names(
    "blockquote details h hr li ol p pre summary table tbody td th thead tr ul section"
)
HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
VOID: Final = frozenset({"br", "hr", "wbr"})

# Left out together with what is inside; the end tag is looked for as browsers do.
WITH_CONTENT: Final = _names(
    "iframe math noembed noframes noscript object plaintext rp script style svg template textarea "
    "title xmp"
)
# An element that ends where one of these begins, as in `<li>a<li>b`.
ENDED_BY: Final = {
    "li": {"li"},
    "rt": {"rt"},
    "td": {"td", "th"},
    "th": {"td", "th"},
    "tr": {"td", "th", "tr"},
    "tbody": {"td", "th", "tr", "thead", "tbody"},
    "thead": {"td", "th", "tr", "thead", "tbody"},
}
# What holds nothing but certain children gets the missing ones: no word is lost, all is valid.
CHILDREN: Final = {
    "ul": ("li",),
    "ol": ("li",),
    "table": ("tbody", "thead"),
    "thead": ("tr",),
    "tbody": ("tr",),
    "tr": ("td", "th"),
}
PARENTS: Final = {
    "li": {"ul", "ol"},
    "thead": {"table"},
    "tbody": {"table"},
    "tr": {"thead", "tbody"},
    "td": {"tr"},
    "th": {"tr"},
    "rt": {"ruby"},
    "summary": {"details"},
}
# No such element inside another one of its kind.
NOT_NESTED: Final = frozenset({"a", "h", "ruby", "table"})
ONLY_PHRASING: Final = frozenset({"h", "p", "pre", "summary"})

OUTPUT: Final = (
    (PHRASING | BLOCKS | VOID | set(HEADINGS) | {"div", "img", "input", "span"})
    - {"h", "h1", "section"}
    | {"picture", "source"}
)  # fmt: skip
ATTRIBUTES: Final = {
    "a": {"href", "title", "rel", "id", "aria-label", "role"},
    "abbr": {"title"},
    "details": {"open"},
    "div": {"tabindex", "role", "aria-label"},
    "img": {"src", "alt", "title", "loading", "decoding", "srcset", "sizes", "width", "height"},
    "input": {"type", "checked", "disabled", "aria-label"},
    "li": {"id"},
    "ol": {"start"},
    "pre": {"tabindex", "data-language"},
    "source": {"type", "srcset", "sizes"},
    "th": {"scope"},
    **{f"h{level}": {"id"} for level in range(2, 7)},
}
ALIGNED: Final = {side: f"align-{side}" for side in ("left", "center", "right")}
