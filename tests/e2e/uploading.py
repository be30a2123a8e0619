"""What a person does on the page of the uploader, and what tests want to know of it."""

import base64
import contextlib
import hashlib

from playwright.async_api import expect

from tests.e2e.filled import cookie_of
from tests.e2e.visitor import let_in, visiting

# The page makes the file from one random block, so that the test need not send 200 MB to it.
DROP = """([block, count, name]) => {
    const bytes = Uint8Array.from(atob(block), letter => letter.charCodeAt(0));
    const file = new File(Array(count).fill(bytes), name, {lastModified: 1});
    const transfer = new DataTransfer();
    transfer.items.add(file);
    const box = document.querySelector(".drop");
    for (const name of ["dragenter", "dragover", "drop"])
        box.dispatchEvent(new DragEvent(name, {dataTransfer: transfer, bubbles: true}));
}"""
PASTE = """files => {
    const transfer = new DataTransfer();
    for (const [name, type, data] of files) {
        const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name, {type}));
    }
    document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: transfer, bubbles: true}));
}"""
FORBID = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("The request was denied.", "SecurityError"); }
});"""
FILL = """() => {
    let length = 4 * 1024 * 1024;
    while (length >= 1) {
        try { localStorage.setItem(`${length} ${localStorage.length}`, "x".repeat(length)); }
        catch { length = Math.floor(length / 2); }
    }
}"""


@contextlib.asynccontextmanager
async def uploading(browser, site, **options):
    """Open a browser of nora's, with the page of the uploader in it; options as `visiting`."""
    async with site.person("nora") as client:
        site.cookies["nora"] = cookie_of(client)
    async with visiting(browser, site.url, **options) as visitor:
        await let_in(visitor, site, "nora")
        await visitor.go("/upload")
        if visitor.scripts:
            await ready(visitor)
        yield visitor


async def ready(visitor):
    """Wait until the uploader has taken over the form."""
    await expect(visitor.page.locator("[data-drop-hint]")).to_be_visible()


async def drop(visitor, block, count, name):
    await visitor.page.evaluate(DROP, [base64.b64encode(block).decode(), count, name])


async def small_ones_arrive(visitor):
    """Choose more files than go at once, and see all of them in the list."""
    files = [
        {"name": f"{n} 二.txt", "mimeType": "text/plain", "buffer": b"x" * n} for n in range(6)
    ]
    await visitor.page.locator("[type=file]").set_input_files(files)
    await visitor.press("Upload")
    await visitor.notice("Uploaded.")
    for n in range(6):
        link = visitor.main.get_by_role("link", name=f"{n} 二.txt", exact=True)
        await expect(link).to_be_visible()


async def keep_nothing(visitor, how):
    """Let the browser keep nothing for the page: the store is "forbidden", or "full"."""
    if how == "full":
        await visitor.page.evaluate(FILL)
    else:
        await visitor.page.add_init_script(FORBID)
        await visitor.page.reload()
        await ready(visitor)


@contextlib.asynccontextmanager
async def cut_off(visitor, *patterns):
    """Let nothing through to these addresses; the browser has a network all the while."""

    async def abort(route):
        await route.abort("internetdisconnected")

    for pattern in patterns:
        await visitor.page.route(pattern, abort)
    yield
    for pattern in patterns:
        await visitor.page.unroute(pattern)


async def slowly(visitor, bytes_per_s):
    """Make the line of this window slow, so that a test can look while something is under way."""
    session = await visitor.page.context.new_cdp_session(visitor.page)
    await session.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1}
    await session.send(
        "Network.emulateNetworkConditions", {**limits, "uploadThroughput": bytes_per_s}
    )


async def stored(visitor, site, name):
    """Return the hash of the file with that name, as it is downloaded."""
    async with site.client() as client:
        client.cookie_jar.update_cookies({"session": site.cookies["nora"]})
        path = await visitor.main.get_by_role("link", name=name, exact=True).get_attribute("href")
        digest = hashlib.sha256()
        async with client.get(path) as answer:
            async for chunk in answer.content.iter_any():
                digest.update(chunk)
        return digest.hexdigest()


async def drop_from_disk(visitor, *paths, kinds=("dragEnter", "dragOver", "drop")):
    """Drop files and folders in the middle of the window, as the system reports it."""
    session = await visitor.page.context.new_cdp_session(visitor.page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in kinds:
        event = {"type": kind, "x": 200, "y": 300, "data": data}
        await session.send("Input.dispatchDragEvent", event)
    await session.detach()


async def paste(visitor, *files):
    """Paste files, each a name, a type and its bytes."""
    coded = [[name, kind, base64.b64encode(data).decode()] for name, kind, data in files]
    await visitor.page.evaluate(PASTE, coded)
