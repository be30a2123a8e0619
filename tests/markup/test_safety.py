"""Hostile text: nothing but our own tags, attributes and addresses comes out."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from www.markup import ComrakRenderer, MarkupError, Profile
from www.markup.tags import ATTRIBUTES, OUTPUT

renderer = ComrakRenderer()

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src=/files/1/x onerror=alert(1)>",
    '<img src="/files/1/x" srcset="//evil.example/x">',
    "<svg onload=alert(1)><a xlink:href=javascript:alert(1)>x</a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=data:text/html,x></object><embed src=x>",
    "<form action=/logout method=post><button>x</button></form>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{background:url(//evil.example)}</style>",
    "<p style='position:fixed' class='card' id=main onclick=x>x</p>",
    "<a id=location name=cookie href=/x>x</a>",
    "<details ontoggle=alert(1) open>x</details>",
    "<input autofocus onfocus=alert(1)>",
    "<input type=checkbox disabled onclick=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea><script>alert(1)</script>",
    "<title><img src=x onerror=alert(1)></title>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)>",
    "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "<?x ><img src=x onerror=alert(1)>?>",
    "<b <script>alert(1)</script>",
    "<a href='x' href='javascript:alert(1)'>x</a>",
    '<a href="javascript&colon;alert(1)">x</a>',
    '<a href="java&#10;script:alert(1)">x</a>',
    '<a href="&#1;javascript:alert(1)">x</a>',
    '<a href=" javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](&#x6A;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x) [y](file:///etc/passwd) [z](blob:x)",
    "[x](http://a.b \"title' onclick='x\")",
    '[x](http://a.b "a&quot; onclick=&quot;alert(1)")',
    "![x](javascript:alert(1))",
    '![" onerror="alert(1)](/files/1/x)',
    "<javascript:alert(1)>",
    "http://a.b/\"onmouseover='alert(1)'",
    "[a]: javascript:alert(1)\n\n[a]",
    '```"><img/src=x/onerror=alert(1)>\nx\n```',
    "|<img src=x onerror=alert(1)>|\n|-|\n|</table><script>alert(1)</script>|",
    "[^<script>]\n\n[^<script>]: <script>alert(1)</script>",
    '# <script>alert(1)</script> " onclick=x',
    "<abbr title='\"><script>alert(1)</script>'>x</abbr>",
    '<a href="http://a.b/`<script>">x</a>',
    "<ol start='1 onclick=x'><li id='fn-\"x'>x</ol>",
    "<a data-footnote-ref id='fnref-main\" x=' href='javascript:alert(1)'>x</a>",
    '<pre><code class="language-x onload=y">&lt;script&gt;</code></pre>',
]  # fmt: skip


class Audit(HTMLParser):
    """Collects what is not ours; the parser decodes as browsers do."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.findings: list[str] = []
        self.ids: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        allowed = ATTRIBUTES.get(tag, set()) | {"class"}
        self.findings += [] if tag in OUTPUT else [tag]
        for name, value in attrs:
            bad = name not in allowed or (name in {"href", "src"} and not safe(tag, value or ""))
            bad = bad or (name == "id" and not re.match(r"h-|fn-\d|fnref-\d", value or ""))
            self.findings += [f"{tag} {name}={value}"] if bad else []
            self.ids += [value or ""] if name == "id" else []

    def handle_comment(self, data: str) -> None:
        self.findings.append(f"comment {data}")


def safe(tag: str, url: str) -> bool:
    if tag == "img":
        return url.startswith(("/files/", "/static/"))
    scheme = re.match(r"[\x00-\x20]*([a-zA-Z][\w+.-]*):", re.sub(r"[\t\n\r]", "", url))
    return scheme is None or scheme[1].lower() in {"http", "https", "mailto", "tel"}


def audit(source: str, profile: Profile = Profile.POST) -> None:
    html = renderer.render(source, profile).html
    found = Audit(html)
    assert found.findings == []
    assert len(found.ids) == len(set(found.ids))


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("attack", ATTACKS)
def test_it_lets_no_attack_through(attack, profile):
    audit(attack, profile)
    audit(f"text {attack} text", profile)
    audit(f"- > {attack}\n", profile)


def test_an_attack_would_be_noticed():
    assert Audit("<p onclick=x id=main><script></script><a href='java\nscript:1'><!-- -->").findings == [
        "p onclick=x", "p id=main", "script", "a href=java\nscript:1", "comment  ",
    ]  # fmt: skip


PIECES = st.sampled_from(
    ["<", ">", "</", "<!--", "-->", '"', "'", "=", " ", "\n", "\n\n", "`", "*", "_", "[", "](", ")", "![", "|", "|-|-|\n",
     "# ", "- ", "- [ ] ", "> ", "[^a]", "[^a]: ", "<a href=", "<b>", "</b>", "<table>", "<tr>", "<td>", "<th>", "</table>", "<ul>", "<li>",
     "<p>", "<pre>", "</pre>", "<details>", "<summary>", "</summary>", "<h1>", "</h2>", "<ruby>", "<rt>", "<script>", "</script>", "<section>",
     "<img src=/files/1/x>", "<input disabled>", "&amp;", "&#0;", "&lt;", "javascript:", "http://a.b", "a", "中", "。", "```", "```py\n", "    "],
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join), st.sampled_from(Profile))
def test_it_is_safe_for_any_mix(source, profile):
    audit(source, profile)


@given(st.text())
def test_it_renders_or_refuses_any_text(source):
    if "\0" in source or re.search("[\ud800-\udfff]", source):
        with pytest.raises(MarkupError):
            renderer.render(source)
    else:
        assert renderer.render(source) == ComrakRenderer().render(source)
