"""Aliases, selects as tables, WITH, UNION: compared with plain Python."""

import pytest

from www.db import Engine, StatementError, count, largest

from .conftest import Author, Book, Reply


@pytest.fixture
async def books(engine: Engine) -> list[Book]:
    authors = [await engine.insert(Author(name=name)) for name in ("Ada", "Bob", "Cleo")]
    books = [
        Book(id=i + 1, author_id=authors[i % 2].id, title=f"Book {i % 4}", pages=i * 10)
        for i in range(10)
    ]
    await engine.insert_many(books)
    return books


PARENTS = {1: None, 2: 1, 3: 1, 4: 2, 5: 4, 6: None, 7: 6}


@pytest.fixture
async def replies(engine: Engine, books) -> list[Reply]:
    rows = [Reply(id=i, book_id=1, parent_id=up, body=f"r{i}") for i, up in PARENTS.items()]
    await engine.insert_many(rows)
    return rows


Parent = Reply.alias("parent")


async def test_it_joins_a_table_with_itself(engine: Engine, replies):
    pairs = Reply.select(Reply.id, Parent.body.label("above"))
    pairs = pairs.join(Parent, on=Reply.parent_id == Parent.id).order_by(Parent.id, Reply.id)
    rows = [(row.id, row["above"]) for row in await engine.all(pairs)]
    assert rows == [(2, "r1"), (3, "r1"), (4, "r2"), (5, "r4"), (7, "r6")]


async def test_it_reads_whole_rows_and_pages_of_an_alias(engine: Engine, replies):
    assert await engine.all(Parent.select().where(Parent.parent_id == 1)) == replies[1:3]
    roots = Parent.select().left_join(Reply, on=Parent.parent_id == Reply.id)
    page = await engine.page(roots.where(Reply.id == None).order_by(Parent.id), size=1)  # noqa: E711
    assert (page.rows, page.next is None) == (replies[:1], False)


async def test_it_joins_an_alias_by_the_foreign_key(engine: Engine, books):
    writer = Author.alias("writer")
    names = Book.select(writer.name).join(writer).where(Book.id <= 2).order_by(Book.id)
    assert await engine.scalars(names) == ["Ada", "Bob"]


async def test_it_selects_from_selects(engine: Engine, books):
    sums = Book.select(Book.author_id, count().label("n"), largest(Book.pages).label("most"))
    per_author = sums.group_by(Book.author_id).as_table("per_author")
    joined = Author.select(Author.name, per_author.n)
    joined = joined.join(per_author, on=per_author[Book.author_id] == Author.id)
    found = await engine.all(joined.where(per_author["most"] > 80).order_by(Author.name))
    assert found == [{"name": "Bob", "n": 5}]
    assert await engine.count(per_author.select()) == 2


async def test_it_names_a_select_and_uses_it_twice(engine: Engine, books):
    thick = Book.select(Book.id, Book.title, Book.pages).where(Book.pages >= 60).as_cte("thick")
    other = thick.alias("other")
    pairs = thick.select(thick.id, other.id.label("partner")).with_(thick)
    pairs = pairs.join(other, on=(thick.title == other.title) & (thick.id < other.id))
    assert await engine.all(pairs) == []
    most = thick.select(largest(thick.pages).label("most")).as_scalar()
    found = thick.select(thick.id).where(thick.pages == most).with_(thick)
    assert await engine.scalars(found) == [10]
    assert await engine.count(found) == 1


async def test_it_walks_down_a_tree(engine: Engine, replies):
    columns = (Reply.id, Reply.parent_id)
    tree = (
        Reply.select(*columns)
        .where(Reply.id == 1)
        .recursive(
            "tree", lambda tree: Reply.select(*columns).join(tree, on=Reply.parent_id == tree.id)
        )
    )
    below = Reply.select().join(tree, on=tree.id == Reply.id).with_(tree).order_by(Reply.id)
    assert await engine.all(below) == replies[:5]
    assert await engine.scalars(tree.select(count().label("n")).with_(tree)) == [5]


SETS = [
    ("union", lambda a, b: sorted(set(a) | set(b))),
    ("union_all", lambda a, b: sorted(a + b)),
    ("intersect", lambda a, b: sorted(set(a) & set(b))),
    ("except_", lambda a, b: sorted(set(a) - set(b))),
]


@pytest.mark.parametrize(("verb", "expected"), SETS, ids=[verb for verb, _ in SETS])
async def test_it_combines_selects_as_sets(engine: Engine, books, verb, expected):
    thin = Book.select(Book.title, Book.pages).where(Book.pages <= 60)
    thick = Book.select(Book.title, Book.pages).where(Book.pages >= 30)
    both = getattr(thin, verb)(thick).order_by(Book.title, Book.pages)
    a = [(book.title, book.pages) for book in books if book.pages <= 60]
    b = [(book.title, book.pages) for book in books if book.pages >= 30]
    wanted = expected(a, b)
    assert [(row.title, row.pages) for row in await engine.all(both)] == wanted
    assert await engine.count(both) == len(wanted)
    assert [row.title for row in await engine.all(both.limit(2).offset(1))] == [
        title for title, _ in wanted[1:3]
    ]


async def test_it_combines_in_the_order_in_which_it_is_written(engine: Engine, books):
    ids = Book.select(Book.id)
    low, high, last = (ids.where(c) for c in (Book.id <= 5, Book.id >= 4, Book.id == 10))
    assert await engine.scalars(low.union(high).intersect(last)) == [10]
    newest = ids.order_by(Book.id.desc()).limit(1).union_all(ids.order_by(Book.id).limit(1))
    table = newest.as_table("ends")
    assert await engine.scalars(table.select().order_by(table.id)) == [1, 10]


async def test_it_unites_rows_of_different_tables(engine: Engine, books):
    names = Author.select(Author.id, Author.name.label("word"))
    titles = Book.select(Book.id, Book.title.label("word")).where(Book.id == 1)
    found = names.union(titles).order_by(Author.name.label("word").desc()).limit(2)
    assert await engine.all(found) == [{"id": 3, "word": "Cleo"}, {"id": 1, "word": "Book 0"}]


def test_it_says_what_is_wrong_with_a_source():
    with pytest.raises(StatementError, match=r"can only be read: write Reply.update\(...\)"):
        Parent.update(body="x")
    with pytest.raises(StatementError, match="has no column 'nope'; it has id"):
        _ = Book.select().as_table("t").nope
    with pytest.raises(StatementError, match=r"join an alias of it, Reply.alias\('other'\)"):
        Reply.select().join(Reply)
    with pytest.raises(StatementError, match="2 foreign keys join replies and parent"):
        Reply.select().join(Parent)
    with pytest.raises(StatementError, match=r"an expression in select\(\) needs a key"):
        Book.select(count()).as_table("t")
    with pytest.raises(StatementError, match="differ in number or type"):
        Book.select(Book.id).union(Book.select(Book.title))
    with pytest.raises(StatementError, match="order by one of"):
        Book.select(Book.id).union(Book.select(Book.id)).order_by(Book.title)
    with pytest.raises(StatementError, match="takes what as_cte"):
        Book.select().with_(Book.select().as_table("t"))


async def test_it_says_that_a_cte_is_not_written(engine: Engine):
    with pytest.raises(StatementError, match=r"add .with_\(t\)"):
        await engine.all(Book.select().as_cte("t").select())
    with pytest.raises(StatementError, match="no primary key to make pages by"):
        t = Book.select(Book.id).as_table("t")
        await engine.page(t.select().order_by(t.id), size=1)


@pytest.mark.parametrize("name", ['x" --', "", "1a", "A", "a" * 64, "a\n", "ä"])
def test_it_takes_only_plain_names(name):
    for make in (Book.alias, Book.select().as_table, Book.select().as_cte, Book.title.label):
        with pytest.raises(StatementError, match="write a-z, 0-9 and _"):
            make(name)
