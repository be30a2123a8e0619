"""What writers can write, and how it comes out."""

import pytest

from www.markup import ComrakRenderer, Heading, Profile

renderer = ComrakRenderer()


def html(source: str, profile: Profile = Profile.POST) -> str:
    return renderer.render(source, profile).html.strip()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("*a* **b** `c` ~~d~~", "<p><em>a</em> <strong>b</strong> <code>c</code> <del>d</del></p>"),
        ("他说**“你好”**。", "<p>他说<strong>“你好”</strong>。</p>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("> q", "<blockquote>\n<p>q</p>\n</blockquote>"),
        ("a  \nb", "<p>a<br>\nb</p>"),
        ("---", "<hr>"),
        ("<kbd>Ctrl</kbd> H<sub>2</sub>O", "<p><kbd>Ctrl</kbd> H<sub>2</sub>O</p>"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt></ruby>", "<p><ruby>漢<rt>kan</rt></ruby></p>"),
        ("5 < 6 & 7", "<p>5 &lt; 6 &amp; 7</p>"),
        ("a\r\nb\rc", "<p>a\nb\nc</p>"),
        ("\ufeffa\x07", "<p>a\ufffd</p>"),
        ("", ""),
    ],
)
def test_it_renders(source, expected):
    assert html(source) == expected


def test_it_starts_headings_at_two_without_gaps():
    shown = html("### a\n\n###### b\n\n## c\n\n#### d")
    for expected in (
        '<h2 id="h-a">a</h2>',
        '<h3 id="h-b">b</h3>',
        '<h2 id="h-c">c</h2>',
        '<h3 id="h-d">d</h3>',
    ):
        assert expected in shown


def test_it_lists_headings():
    toc = renderer.render("# 你好 *World*\n\n## 你好 World\n\n> # quoted\n\n#\n").toc
    assert toc == (
        Heading(2, "h-你好-world", "你好 World"),
        Heading(3, "h-你好-world-2", "你好 World"),
    )


def test_it_never_repeats_an_id():
    shown = html("# a\n\n# a\n\n# a 2\n\n# a\n\n# !\n\n# ?")
    for id_ in ("h-a", "h-a-2", "h-a-2-2", "h-a-3", "h-section", "h-section-2"):
        assert shown.count(f'id="{id_}"') == 1


def test_it_links_to_headings_by_their_plain_slug():
    assert 'href="#h-到这里"' in html("[go](#到这里)\n\n# 到这里")


def test_it_names_links_without_words():
    assert html("[](/x)") == '<p><a href="/x">/x</a></p>'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("see http://a.b/c.", 'see <a href="http://a.b/c" rel="noopener">http://a.b/c</a>.'),
        ("见https://a.b，好", '见<a href="https://a.b" rel="noopener">https://a.b</a>，好'),
        ("(www.a.b/(x))", '(<a href="http://www.a.b/(x)" rel="noopener">www.a.b/(x)</a>)'),
        ("mail a@b.org!", 'mail <a href="mailto:a@b.org">a@b.org</a>!'),
        ("`http://a.b`", "<code>http://a.b</code>"),
        ("x@y http:// www. a@b.c1", "x@y http:// www. a@b.c1"),
        (
            "http://a.b?x=1&y=<2>",
            '<a href="http://a.b?x=1&amp;y=" rel="noopener">http://a.b?x=1&amp;y=</a>&lt;2&gt;',
        ),
    ],
)
def test_it_links_bare_addresses(source, expected):
    assert html(source) == f"<p>{expected}</p>"


def test_it_renders_tables_that_scroll():
    shown = html("|a|b|\n|:-|-:|\n|1|\n\n|a|b|\n|-|-|")
    assert '<div class="table" tabindex="0" role="region" aria-label="a, b"><table>' in shown
    assert 'aria-label="a, b (2)"' in shown
    assert '<th scope="col" class="align-right">b</th>' in shown
    assert " align=" not in shown


def test_it_renders_task_lists():
    shown = html("- [x] done\n- [ ] to *do*\n  - below")
    assert '<input type="checkbox" checked="" disabled="" aria-label="done"> done' in shown
    assert '<input type="checkbox" disabled="" aria-label="to do"> to <em>do</em>' in shown


def test_it_renders_footnotes():
    shown = html("a[^x] b[^x] c[^中 文]\n\n[^x]: one\n[^中 文]: two")
    for expected in (
        '<a href="#fn-1" id="fnref-1" role="doc-noteref">1</a>',
        '<a href="#fn-1" id="fnref-2" role="doc-noteref">1</a>',
        '<li id="fn-1">',
        '<a href="#fnref-2" role="doc-backlink" aria-label="↩ 1-2">',
        '<div class="footnotes" role="doc-endnotes">',
    ):
        assert expected in shown


def test_it_colours_code():
    shown = html("```py title\ndef f(): pass\n```")
    assert shown.startswith(
        '<pre class="highlight" tabindex="0" data-language="python"><code><span class="k">def'
    )


@pytest.mark.parametrize("info", ["nothing-known", "", "x" * 500, '"><script>'])
def test_it_shows_code_in_unknown_languages(info):
    shown = html(f"```{info}\n<b> & c\n```")
    assert "<code>&lt;b&gt; &amp; c\n</code></pre>" in shown


def test_it_leaves_long_code_plain():
    assert "<span" not in html("```py\n" + "import os\n" * 1000 + "```")


def test_it_shows_pictures_of_this_site():
    assert html('![a "b"](/files/1/x.png "t")') == (
        '<p><img src="/files/1/x.png" alt="a &quot;b&quot;" title="t" loading="lazy" decoding="async"></p>'
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/x.png",
        "//evil.example/x.png",
        "/files/../x",
        "/files//x",
        "/other/x.png",
        "x.png",
    ],
)
def test_it_links_other_pictures(url):
    shown = html(f"![words]({url})")
    assert "<img" not in shown
    assert ">words</a>" in shown


def test_it_gives_details_a_summary():
    assert html("<details>\ntext\n</details>") == "<details><summary>…</summary>\ntext\n</details>"
    assert "<summary>S</summary>" in html("<details><summary>S</summary>x</details>")


def test_it_gives_comments_less():
    shown = html("# Title\n\n[a](http://b.c) ![p](/files/1/x.png)\n\n|a|\n|-|", Profile.COMMENT)
    assert "<p><strong>Title</strong></p>" in shown
    assert shown.count('rel="nofollow ugc noopener"') == 2
    assert "<img" not in shown
    assert " id=" not in shown
    assert "region" not in shown
    assert renderer.render("# Title", Profile.COMMENT).toc == ()


def test_it_sums_up_the_running_text():
    summary = renderer.render(
        "# Title\n\nOne *two*[^1]\nthree\n\n- four\n\n```\ncode\n```\n\n[^1]: note"
    ).summary
    assert summary == "One two three"


@pytest.mark.parametrize(
    ("source", "start", "end"),
    [
        ("words " * 100, "words words", "words…"),
        ("ab " * 91 + "view. And more.", "ab ab", "ab view…"),
        ("汉" * 138 + "。字字字字", "汉汉", "汉…"),
        ("汉字，" * 200, "汉字，汉字", "，汉…"),
        ("x" * 400, "xxx", "x…"),
    ],
)
def test_it_cuts_a_summary(source, start, end):
    summary = renderer.render(source).summary
    assert len(summary) <= (140 if "汉" in source else 280)
    assert summary.startswith(start)
    assert summary.endswith(end)


def test_it_sums_up_what_there_is():
    assert renderer.render("# Only").summary == "Only"
    assert renderer.render("```\ncode\n```").summary == "code"
    assert renderer.render("").summary == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "//",
        "http://a..b/",
        "http://a:99999/",
        "http://1.2.3.456/",
        "http://[::zz]/",
    ],
)
def test_it_drops_addresses_that_no_browser_takes(url):
    assert "href" not in html(f"[x](<{url}>)")


def test_it_puts_a_head_first_or_makes_it_a_body():
    shown = html("<table>text<thead><tr><th>a</table>")
    assert "<tbody><tr><td>text</td></tr></tbody><tbody><tr><th>a</th></tr></tbody>" in shown


def test_it_completes_ragged_tables():
    shown = html("<table><tr><td>1<td>2<tr><td>3</table>")
    assert "<tr><td>1</td><td>2</td></tr><tr><td>3</td><td></td></tr>" in shown


def test_it_closes_what_was_left_open():
    assert html("<b>a\n\nb") == "<p><b>a</b></p>\n<p>b</p>"
    assert html("<ul>text<li>a<li>b</ul>") == "<ul><li>text</li><li>a</li><li>b</li></ul>"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<h2><p>a</p></h2>", '<h2 id="h-a">a</h2>'),
        ("<details>a<summary>b</summary></details>", "<details><summary>…</summary>ab</details>"),
        ("<details><summary></summary></details>", "<details><summary>…</summary></details>"),
        ("<ruby>x</ruby>", "<p><ruby>x<rt></rt></ruby></p>"),
        ("<p><input disabled>x</p>", "<p>x</p>"),
        ("<section>a</section>", '<div class="footnotes" role="doc-endnotes">a</div>'),
        ("<h2><pre><code>x</code></pre></h2>", '<h2 id="h-x">x</h2>'),
    ],
)
def test_it_puts_html_in_order(source, expected):
    assert html(source) == expected
