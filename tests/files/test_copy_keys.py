"""Keys in addresses of smaller copies: one secret per site, and old posts that go on showing."""

import asyncio

from www.files.copy_keys import CopyKeys
from www.models import Blog, File, SiteSecret

CAT = File(id=7, sha256="a" * 64)


def test_it_works():
    here, elsewhere = CopyKeys(b"one"), CopyKeys(b"another")
    key = here.of(CAT)
    assert len(key) == 16
    assert here.fits(CAT, key)
    for wrong in ("", "é", key[:-1], key + "A", CAT.sha256[:16], elsewhere.of(CAT)):
        assert not here.fits(CAT, wrong)
    assert not here.fits(File(id=8, sha256=CAT.sha256), key)
    assert not here.fits(File(id=7, sha256="b" * 64), key)


async def test_all_processes_have_the_same(alice, engine):
    await engine.run(SiteSecret.delete().all_rows())
    found = await asyncio.gather(*(CopyKeys.opened(engine) for _ in range(5)))
    assert len({keys.of(CAT) for keys in found}) == 1
    assert (await CopyKeys.opened(engine)).of(CAT) == found[0].of(CAT)
    [secret] = await engine.all(SiteSecret.select())
    assert len(secret.value) == 32


async def test_it_renews_posts_of_before(alice, engine):
    """Once: what a post says afterwards is its writer's."""
    row = await engine.insert(
        File(
            owner_id=alice.user.id,
            name="cat.jpg",
            content_type="image/jpeg",
            size=1,
            sha256="a" * 64,
        )
    )
    old = f'<img srcset="/files/{row.id}/w320.webp?k={"a" * 16} 320w, /files/99/w640.avif?k={"b" * 16} 640w">'
    blog = await engine.insert(
        Blog(author_id=alice.user.id, title="t", slug="t", body="b", html=old, toc=[], summary="")
    )
    await engine.run(SiteSecret.delete().all_rows())
    keys = await CopyKeys.opened(engine)
    html = (await engine.get(Blog, blog.id)).html
    assert html == old.replace("a" * 16, keys.of(row))
    await engine.run(Blog.update(html=old).where(Blog.id == blog.id))
    await CopyKeys.opened(engine)
    assert (await engine.get(Blog, blog.id)).html == old
