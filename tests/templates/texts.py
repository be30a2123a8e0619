"""The words of the samples: long and short, English and Chinese, polite and awkward."""

from markupsafe import Markup


class Row(dict):
    """A stand-in for a table row: a dict with attributes."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __or__(self, other):
        return Row({**self, **other})


SITES = {
    "en": ("The Lantern Room", "Letters, gardens and small machines, from both banks of the river"),
    "zh-Hans": ("灯下集", "书信、园子和小机器，写在河的两岸"),
}
HEADLINES = [
    (
        "What a letter knows that a message does not",
        "A letter has a weight, a smell and a delay. Three things that no protocol gives us, and why a small server at home can give back at least one of them.",
    ),
    (
        "夜航船上的一盏灯",
        "船过枫桥的时候，雨停了。舱里只剩下一盏灯，和几个不肯睡的人。有人说起从前的邮差，有人说起一封二十年后才到的信。",
    ),
    ("用 aiohttp 写一个小站：从第一行到上线", "一台旧笔记本，两个晚上，一个能让全家人写字的地方。记下所有走过的弯路。"),
    ("Short", "Very."),
    (
        "Pneumonoultramicroscopicsilicovolcanoconiosisandotherwordsthatneverend in a headline that itself goes on for quite a while, as some do",
        "https://example.org/a/very/long/address/without/any/space/that/must/not/push/the/page/wide/index.html?with=a&query=too",
    ),
    ("Notes on pruning <pears> & apples", ""),
]
CODE = """<pre><code class="language-python"><span class="k">async</span> <span class="k">def</span> <span class="nf">index</span>(request: web.Request) -&gt; web.Response:
    <span class="sd">\"\"\"Show the newest posts, and nothing that the reader did not ask for, on one long line of code.\"\"\"</span>
    <span class="k">return</span> render(request, <span class="s2">"index.html"</span>, page=<span class="k">await</span> queries.latest(conn, size=<span class="mi">10</span>))
</code></pre>"""
TABLE = """<table><thead><tr><th>Paper</th><th align="right">g/m²</th><th>Made in</th><th>Good for</th></tr></thead><tbody>
<tr><td>Laid, cotton</td><td align="right">90</td><td>Fabriano</td><td>letters that are meant to be kept</td></tr>
<tr><td>宣纸</td><td align="right">30</td><td>泾县</td><td>毛笔，水墨，拓片</td></tr></tbody></table>"""
ARTICLE = f"""<p>A letter has a weight, a smell and a delay. It was <em>somewhere</em> before it was here; it has
<a href="https://example.org/">crossed a distance</a>, and the reader can tell.<sup class="footnote-ref"><a href="#fn-1" id="fnref-1">1</a></sup>
What we call a message has none of this: it is <strong>everywhere at once</strong>, and so it is nowhere.</p>
<p>船过枫桥的时候，雨停了。舱里只剩下一盏灯，和几个不肯睡的人。有人用 <code>aiohttp</code> 写了一个小站，放在家里的旧笔记本上，让全家人都能写字。“写给谁看呢？”他问。</p>
<h2 id="the-post-road">The post road</h2>
<p>Take a road, a horse, and a change of horses every twenty miles. Latency is honest there.</p>
<blockquote><p>The post is the consolation of life. 家书抵万金。</p></blockquote>
<ul><li><input type="checkbox" checked disabled> Write the letter</li><li><input type="checkbox" disabled> Find a stamp</li></ul>
<ol><li>Fold it once.</li><li>Fold it again, <del>carefully</del> with care.<ul><li>The edge toward you</li></ul></li></ol>
<h3 id="paper">Paper, and other formats</h3>
{TABLE}
<h2 id="a-server-at-home">A server at home 家里的服务器</h2>
<p>The whole of it fits on one screen, and this is the part that matters:</p>
{CODE}
<p>Press <kbd>Ctrl</kbd> + <kbd>Enter</kbd> and it is sent. See <code>python3 -m www serve --host 0.0.0.0 --port 8080</code>.</p>
<hr>
<p>That is all. Write back.</p>
<section class="footnotes"><ol><li id="fn-1"><p>Mostly of tobacco. <a href="#fnref-1" aria-label="Back to the text">↩</a></p></li></ol></section>"""
TOC = [
    {"level": 2, "id": "the-post-road", "title": "The post road"},
    {"level": 3, "id": "paper", "title": "Paper, and other formats"},
    {"level": 2, "id": "a-server-at-home", "title": "A server at home 家里的服务器"},
]
COMMENTS = [
    ("ben", "Ben Okafor", 0, None, "<p>My grandmother kept hers in a biscuit tin. <em>Every single one.</em></p>"),
    ("mei", "林梅 Mei Lin", 1, 50, "<p>Does she still have the tin?</p>"),
    ("ben", "Ben Okafor", 2, 51, "<p>We do. It smells of ginger, and of 1974.</p>"),
    ("wang-xiaoming", "", 3, 52, "<p>我家也有一个，装月饼的铁盒。</p>"),
    ("averyveryverylongusernamewithoutanyspace", "", 4, 53, "<p>Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaah!</p>"),
    ("mei", "林梅 Mei Lin", 4, 54, "<p>Quite.</p>"),
    ("ada", "Ada", 0, None, "<p>Small thing: in the code, <code>size=10</code> could be a setting.</p>"),
]
FILES = [
    ("雨后的园子.jpg", "image/jpeg", 2_340_112),
    ("notes.pdf", "application/pdf", 88_213),
    ("a-very-long-file-name-that-someone-made-by-joining-all-the-words-they-could-think-of-final-FINAL-2.tar.gz", "application/gzip", 45_000_000),
    ("x", "application/octet-stream", 0),
]
PEOPLE = [
    ("mei", "林梅 Mei Lin", "admin"),
    ("ben", "Ben Okafor", "author"),
    ("wang-xiaoming", "", "reader"),
    ("averyveryverylongusernamewithoutanyspace", "Someone with a rather long display name indeed", "editor"),
]
HIT_TITLES = [Markup("What a <mark>letter</mark> knows"), Markup("一封二十年后才到的<mark>信</mark>")]
HIT_SNIPPETS = [
    Markup("A <mark>letter</mark> has a weight, a smell and a delay &amp; nothing else …"),
    Markup("… 有人说起从前的邮差，有人说起一封二十年后才到的<mark>信</mark>。船过枫桥的时候，雨停了 …"),
]
