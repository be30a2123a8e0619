"""The uploader where files go from the browser straight into the bucket."""

import contextlib
import hashlib
import os

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.site import running
from tests.e2e.uploading import (
    cut_off,
    drop,
    keep_nothing,
    ready,
    slowly,
    small_ones_arrive,
    stored,
    uploading,
)
from tests.s3 import settings_of
from www.storage.cors import allow

MIB = 1024 * 1024
REFUSED = "The storage of this site does not take files from your browser."


@contextlib.contextmanager
def sending(place, folder):
    """Start a site whose browsers send files to the bucket."""
    given = settings_of(place) | {"presign_uploads": "true"}
    environ = {f"WWW_STORAGE__{name.upper()}": str(value) for name, value in given.items()}
    with running(folder, **environ) as site:
        site.bucket = place.endpoint
        yield site


@pytest.fixture(scope="module")
def far(ceph, tmp_path_factory):
    place = ceph.bucket()
    with sending(place, tmp_path_factory.mktemp("far")) as site:
        allow(place, [site.url])
        yield site


@pytest_asyncio.fixture(loop_scope="session")
async def nora(browser, far):
    async with uploading(browser, far, bucket=far.bucket) as visitor:
        visitor.sent = []  # method and host of what the page asks for
        visitor.page.on("request", lambda one: visitor.sent.append((one.method, one.url)))
        yield visitor


@pytest.fixture
def block():
    return os.urandom(MIB)


def parts_sent(visitor, far):
    """Return the numbers of the parts that went to the bucket; nothing else may be a PUT."""
    puts = [url for method, url in visitor.sent if method in {"PUT", "PATCH"}]
    assert not [url for url in puts if url.startswith(far.url)]
    return [int(url.partition("partNumber=")[2].partition("&")[0]) for url in puts]


async def test_a_file_goes_to_the_bucket(nora, far, block):
    await drop(nora, block, 30, "照片.bin")
    await nora.press("Upload")
    await nora.notice("Uploaded.")
    assert sorted(parts_sent(nora, far)) == [1, 2, 3, 4]
    assert await stored(nora, far, "照片.bin") == hashlib.sha256(block * 30).hexdigest()
    assert not await nora.page.evaluate("() => Object.keys(localStorage).length")


async def test_a_large_file_goes_on_after_a_reload(nora, far, block):
    nora.page.on("dialog", lambda dialog: dialog.accept())
    await slowly(nora, 20 * MIB)
    await drop(nora, block, 100, "large.bin")
    await nora.press("Upload")
    await nora.page.wait_for_function("() => document.querySelector('progress').value > 0.5")
    await expect(nora.main.get_by_text("per second")).to_be_visible()
    await nora.page.reload()
    assert len(set(parts_sent(nora, far))) < 13
    await slowly(nora, -1)
    await ready(nora)
    await drop(nora, block, 100, "large.bin")
    nora.sent.clear()
    await nora.press("Upload")
    await nora.notice("Uploaded.")
    assert 1 < len(parts_sent(nora, far)) < 10  # of 13
    assert await stored(nora, far, "large.bin") == hashlib.sha256(block * 100).hexdigest()


async def test_it_pauses_and_goes_on(nora, far, block):
    await slowly(nora, 8 * MIB)
    await drop(nora, block, 20, "paused.bin")
    await nora.press("Upload")
    await nora.page.wait_for_function("() => document.querySelector('progress').value > 0.3")
    await nora.press("Pause")
    await expect(nora.main.get_by_text("Paused. It goes on")).to_be_visible()
    await slowly(nora, -1)
    await nora.press("Resume")
    await nora.notice("Uploaded.")
    assert await stored(nora, far, "paused.bin") == hashlib.sha256(block * 20).hexdigest()


async def test_it_can_be_cancelled(nora, far, block):
    await slowly(nora, MIB)
    await drop(nora, block, 20, "cancelled.bin")
    await nora.press("Upload")
    await nora.page.wait_for_function("() => document.querySelector('progress').value > 0")
    async with nora.page.expect_response(lambda r: r.request.method == "DELETE") as gone:
        await nora.press("Cancel")
    assert (await gone.value).status == 204
    await expect(nora.main.get_by_role("progressbar", name="cancelled.bin")).to_have_count(0)


async def test_an_address_that_is_too_old_is_asked_for_again(nora, far, block):
    refused: list[str] = []

    async def refuse(route):
        if len(refused) < 2:
            refused.append(route.request.url)
            await route.fulfill(status=403, headers={"Access-Control-Allow-Origin": far.url})
        else:
            await route.continue_()

    await nora.page.route("**/incoming/**", refuse)
    await drop(nora, block, 10, "late.bin")
    await nora.press("Upload")
    await nora.notice("Uploaded.")
    assert len(refused) == 2
    assert await stored(nora, far, "late.bin") == hashlib.sha256(block * 10).hexdigest()


async def test_many_small_ones_go_together(nora):
    await small_ones_arrive(nora)


@pytest.mark.parametrize("how", ["forbidden", "full"])
async def test_it_uploads_where_the_browser_keeps_nothing(nora, far, block, how):
    await keep_nothing(nora, how)
    await drop(nora, block, 10, f"{how}.bin")
    await nora.press("Upload")
    await nora.notice("Uploaded.")
    begun = [
        url for method, url in nora.sent if (method, url) == ("POST", f"{far.url}/uploads/direct")
    ]
    assert len(begun) == 1
    assert await stored(nora, far, f"{how}.bin") == hashlib.sha256(block * 10).hexdigest()


async def test_a_bucket_that_refuses_is_not_a_lost_connection(nora, far, block):
    async def refuse(route):
        await route.fulfill(status=403, headers={"Access-Control-Allow-Origin": far.url})

    await nora.page.route("**/incoming/**", refuse)
    await drop(nora, block, 2, "refused.bin")
    await nora.press("Upload")
    await expect(nora.main.locator("[data-progress-text]")).to_contain_text(REFUSED)
    await expect(nora.main.locator("[data-uploads] li")).to_have_attribute("data-state", "failed")
    await nora.page.unroute("**/incoming/**")
    await nora.press("Try again")
    await nora.notice("Uploaded.")
    assert await stored(nora, far, "refused.bin") == hashlib.sha256(block * 2).hexdigest()


async def test_a_bucket_without_a_rule_is_told_from_a_missing_line(browser, ceph, block, tmp_path):
    place = ceph.bucket()
    meant = r"Access to XMLHttpRequest at .* has been blocked by CORS policy|.*net::ERR_FAILED"
    with sending(place, tmp_path) as site:
        async with uploading(browser, site, bucket=site.bucket, meant=meant) as nora:
            await drop(nora, block, 2, "no rule.bin")
            await nora.press("Upload")
            await expect(nora.main.locator("[data-progress-text]")).to_contain_text(REFUSED)
            allow(place, [site.url])
            await nora.press("Try again")
            await nora.notice("Uploaded.")


async def test_a_bucket_that_is_away_is_asked_again(nora, far, block):
    async with cut_off(nora, "**/incoming/**"):
        await drop(nora, block, 3, "away.bin")
        await nora.press("Upload")
        await expect(nora.main.get_by_text("The server does not answer.")).to_be_visible()
    await nora.notice("Uploaded.")
    assert await stored(nora, far, "away.bin") == hashlib.sha256(block * 3).hexdigest()


async def test_it_waits_for_the_network(nora, block):
    context = nora.page.context
    await drop(nora, block, 8, "offline.bin")
    await context.set_offline(True)
    await nora.press("Upload")
    await expect(nora.main.get_by_text("The connection is lost.").first).to_be_visible()
    await context.set_offline(False)
    await nora.notice("Uploaded.")
