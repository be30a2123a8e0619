"""Which addresses a text may point to, and the bare ones in its running text.

comrak can link bare addresses too, but in quadratic time (512 kB of `a@b.c `: more than 20 s) and
without regard for Chinese punctuation, so it is done here, in one pass.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import quote

from www.markup.base import Profile

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
MAX_LENGTH = 2_000
# In comments for every link, in posts for those that leave the site.
LINK_RELATIONS = {Profile.POST: "noopener", Profile.COMMENT: "nofollow ugc noopener"}

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*+):")
_WEB = re.compile(
    r"https?://(?P<host>(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?|\[[0-9a-f:.]++\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?=[/?#]|$)",
    re.IGNORECASE,
)
_OWN_FILE = re.compile(r"/(?:files|static)/[^\\]*+")
_BAD_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
# What browsers drop or trim before they look for a scheme: a way round every filter.
_INVISIBLE = re.compile("[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")
# No lookbehind for letters in general: Chinese text goes on without a space.
_BARE_WEB = (
    r"""(?:https?://|www\.)[^\s<>"`|\\^{}，。；：！？、（）《》「」『』【】“”‘’…]{1,2000}+"""
)
_MAIL = r"[A-Za-z0-9_.+-]{1,64}+@(?:[a-zA-Z0-9-]{1,63}+\.){1,8}[a-zA-Z]{2,24}+(?![A-Za-z0-9_@-])"
_BARE = re.compile(f"(?<![A-Za-z0-9_/@.:+-])(?:{_BARE_WEB}|(?P<mail>{_MAIL}))")
_TRAILING = "?!.,:;*_~'\""


def link(url: str) -> str | None:
    """The address as it may stand in an href, or None when it may not."""
    url = url.strip()
    if not url or len(url) > MAX_LENGTH or _INVISIBLE.search(url):
        return None
    scheme = _SCHEME.match(url)
    if scheme and scheme[1].lower() not in SCHEMES:
        return None
    if scheme is None and (":" in url.split("/", 1)[0].split("?")[0].split("#")[0]):
        return None
    absolute = "http:" + url if url.startswith("//") else url
    if is_external(url) and not _reachable(absolute):
        return None
    return _encoded(url)


def own_file(url: str) -> str | None:
    """The path of a picture of this site; any other is None, so no page asks another host."""
    url = url.strip()
    if not _OWN_FILE.fullmatch(url) or ".." in url or "//" in url:
        return None
    return link(url)


def is_external(url: str) -> bool:
    """Whether the link leaves this site."""
    return url.startswith("//") or url[:5].lower() in {"http:", "https"}


def bare(text: str) -> Iterator[tuple[int, int, str]]:
    """Addresses in running text: start, end and where each leads."""
    if "://" not in text and "www." not in text and "@" not in text:
        return
    for match in _BARE.finditer(text):
        found = _trimmed(match[0])
        if match["mail"]:
            target = link("mailto:" + match[0])
        else:
            target = link(found if found.startswith("http") else "http://" + found)
        if target and "." in found:
            yield match.start(), match.start() + len(found), target


def _reachable(url: str) -> bool:
    """Whether browsers take its host and port for such."""
    match = _WEB.match(url)
    if match is None or int(match["port"] or 0) > 65_535:
        return False
    host = match["host"].rstrip(".")
    try:
        if host[0] == "[" or host.rpartition(".")[2].isdigit():
            ip_address(host.strip("[]"))
        host.encode("idna")
    except ValueError:
        return False
    return True


def _trimmed(url: str) -> str:
    """Punctuation at the end belongs to the sentence, and so does a bracket opened before."""
    surplus = url.count(")") - url.count("(")
    while True:
        if url[-1] in _TRAILING:
            url = url[:-1]
        elif url[-1] == ")" and surplus > 0:
            url, surplus = url[:-1], surplus - 1
        else:
            return url


def _encoded(url: str) -> str:
    """Percent-encode what the URL standard calls illegal, once; `#` stands only once."""
    host = _WEB.match(url)
    start = host.end() if host else 0
    path, hash_, fragment = url[start:].partition("#")
    path = _BAD_PERCENT.sub("%25", quote(path, safe="%/:?@!$&'()*+,;=~"))
    fragment = _BAD_PERCENT.sub("%25", quote(fragment, safe="%/:?@!$&'()*+,;=~"))
    return url[:start] + path + hash_ + fragment
