"""The words of the samples: long and short, English and Chinese, polite and awkward."""

from markupsafe import Markup

from www.markup import ComrakRenderer


class Row(dict[str, object]):
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
    (
        "用 aiohttp 写一个小站：从第一行到上线",
        "一台旧笔记本，两个晚上，一个能让全家人写字的地方。记下所有走过的弯路。",
    ),
    ("Short", "Very."),
    (
        "Pneumonoultramicroscopicsilicovolcanoconiosisandotherwordsthatneverend in a headline that itself goes on for quite a while, as some do",
        "https://example.org/a/very/long/address/without/any/space/that/must/not/push/the/page/wide/index.html?with=a&query=too",
    ),
    ("Notes on pruning <pears> & apples", ""),
]
ARTICLE_SOURCE = """
A letter has a weight, a smell and a delay. It was *somewhere* before it was here; it has [crossed a distance](https://example.org/), and the reader can tell.[^1] What we call a message has none of this: it is **everywhere at once**, and so it is nowhere.

船过枫桥的时候，雨停了。舱里只剩下一盏灯，和几个不肯睡的人。有人用 `aiohttp` 写了一个小站，放在家里的旧笔记本上，让全家人都能写字。“写给谁看呢？”他问。

## The post road

Take a road, a horse, and a change of horses every twenty miles. Latency is honest there.

> The post is the consolation of life. 家书抵万金。

- [x] Write the letter
- [ ] Find a stamp

1. Fold it once.
2. Fold it again, ~~carefully~~ with care.
   - The edge toward you

### Paper, and other formats

| Paper | g/m² | Made in | Good for |
|---|--:|---|---|
| Laid, cotton | 90 | Fabriano | letters that are meant to be kept |
| 宣纸 | 30 | 泾县 | 毛笔，水墨，拓片 |

## A server at home 家里的服务器

The whole of it fits on one screen, and this is the part that matters:

```python
async def index(request: web.Request) -> web.Response:
    \"\"\"Show the newest posts, and nothing that the reader did not ask for, on one long line of code.\"\"\"
    return render(request, "index.html", page=await queries.latest(conn, size=10))  # ten will do
```

See `python3 -m www serve --host 0.0.0.0 --port 8080`.

---

That is all. Write back.

[^1]: Mostly of tobacco.
"""
_RENDERED = ComrakRenderer().render(ARTICLE_SOURCE)
ARTICLE = _RENDERED.html
TOC = [
    {"level": heading.level, "id": heading.id, "title": heading.title} for heading in _RENDERED.toc
]
COMMENTS = [
    (
        "ben",
        "Ben Okafor",
        0,
        None,
        "<p>My grandmother kept hers in a biscuit tin. <em>Every single one.</em></p>",
    ),
    ("mei", "林梅 Mei Lin", 1, 50, "<p>Does she still have the tin?</p>"),
    ("ben", "Ben Okafor", 2, 51, "<p>We do. It smells of ginger, and of 1974.</p>"),
    ("wang-xiaoming", "", 3, 52, "<p>我家也有一个，装月饼的铁盒。</p>"),
    (
        "averyveryverylongusernamewithoutanyspace",
        "",
        4,
        53,
        "<p>Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaah!</p>",
    ),
    ("mei", "林梅 Mei Lin", 4, 54, "<p>Quite.</p>"),
    (
        "ada",
        "Ada",
        0,
        None,
        "<p>Small thing: in the code, <code>size=10</code> could be a setting.</p>",
    ),
]
FILES = [
    ("雨后的园子.jpg", "image/jpeg", 2_340_112),
    ("notes.pdf", "application/pdf", 88_213),
    (
        "a-very-long-file-name-that-someone-made-by-joining-all-the-words-they-could-think-of-final-FINAL-2.tar.gz",
        "application/gzip",
        45_000_000,
    ),
    ("x", "application/octet-stream", 0),
]
PEOPLE = [
    ("mei", "林梅 Mei Lin", "admin"),
    ("ben", "Ben Okafor", "author"),
    ("wang-xiaoming", "", "reader"),
    (
        "averyveryverylongusernamewithoutanyspace",
        "Someone with a rather long display name indeed",
        "editor",
    ),
]
HIT_TITLES = [
    Markup("What a <mark>letter</mark> knows"),
    Markup("一封二十年后才到的<mark>信</mark>"),
]
HIT_SNIPPETS = [
    Markup("A <mark>letter</mark> has a weight, a smell and a delay &amp; nothing else …"),
    Markup(
        "… 有人说起从前的邮差，有人说起一封二十年后才到的<mark>信</mark>。船过枫桥的时候，雨停了 …"
    ),
]

STATEMENTS = [
    (
        'SELECT "blogs"."id", "blogs"."title", "blogs"."summary", "blogs"."published_at", "users"."name" FROM "blogs" JOIN "users" ON "users"."id" = "blogs"."author_id" WHERE "blogs"."published_at" IS NOT NULL ORDER BY "blogs"."published_at" DESC, "blogs"."id" DESC LIMIT ?',
        "3fa9c1d2",
        123_456,
        0.00042,
    ),
    ("COMMIT", "d0a41c77", 980, 0.012),
    ('UPDATE "sessions" SET "seen_at" = ? WHERE "id" = ?', "00c4e5b1", 1, 1.75),
    ("other", "other", 12, 0.0000042),
]
DEEDS = [
    ("mei", "role", "wang-xiaoming: reader > author"),
    ("mei", "activate", "bob"),
    ("mei", "deactivate", "bob"),
    ("mei", "withdraw", "bob: 2"),
    ("mei", "invite", "editor"),
    ("mei", "revoke", "invitation 3"),
    ("(command line)", "add", "bob: reader"),
    ("(command line)", "reset-link", "bob"),
    ("mei", "setup", "mei"),
    ("mei", "reset-figures", "statements"),
    ("mei", "other", "something"),
]
