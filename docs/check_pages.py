"""Open every built page in Chromium, narrow and wide, and say what is wrong.

    python docs/check_pages.py
    python docs/check_pages.py --shots folder    # keeps pictures of each page, light and dark

Fails where a picture is missing, a script complains, anything is asked of another host, a link
leads nowhere, or a page is wider than its window (what is wide must scroll in a box of its own).
"""

import argparse
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

from playwright.sync_api import Browser, Page, sync_playwright

BUILT = Path(__file__).parent / "_build" / "html"
WIDTHS = (400, 1280)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LOOK = """() => ({
    missing: [...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.src),
    wider: document.documentElement.scrollWidth - window.innerWidth,
    widest: [...document.querySelectorAll("body *")]
        .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)
        .map(e => e.tagName + "." + e.className).slice(0, 3),
    links: [...document.querySelectorAll("a[href]")].map(a => a.href),
    ids: [...document.querySelectorAll("[id]")].map(e => e.id),
})"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def main() -> None:
    """Check all pages and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--html", type=Path, default=BUILT, help="what was built")
    parser.add_argument("--written", action="store_true", help="leave out what is generated")
    parser.add_argument("--shots", type=Path, help="where to keep pictures of the pages")
    options = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        sys.exit(f"no browser: none of {', '.join(BROWSERS)} is installed.")
    found = (path.relative_to(options.html) for path in options.html.rglob("*.html"))
    skipped = {"_static", *(["generated"] if options.written else [])}
    pages = sorted(path for path in found if not skipped & set(path.parts))
    if not pages:
        sys.exit(f"no pages in {options.html}: build them first.")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=options.html))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        wrong = [*check(browser, root, [path.as_posix() for path in pages], options)]
        browser.close()
    server.shutdown()
    print("\n".join(wrong) or f"{len(pages)} pages at {WIDTHS} pixels: nothing is wrong.")
    sys.exit(bool(wrong))


def check(
    browser: Browser, root: str, pages: list[str], options: argparse.Namespace
) -> Iterator[str]:
    """Return a line for all that is wrong."""
    ids: dict[str, set[str]] = {}
    links: dict[str, set[str]] = {}
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 900})
        heard: list[str] = []
        listen(page, root, heard)
        for name in pages:
            heard.clear()
            page.goto(root + name, wait_until="load")
            seen = page.evaluate(LOOK)
            yield from (f"{name} at {width}: {words}" for words in heard)
            yield from (f"{name} at {width}: no picture {source}" for source in seen["missing"])
            if seen["wider"] > 0:
                yield f"{name} at {width}: {seen['wider']} pixels too wide: {seen['widest']}"
            ids[name], links[name] = set(seen["ids"]), set(seen["links"])
            if options.shots:
                keep(page, options.shots, f"{name.removesuffix('.html').replace('/', '-')}-{width}")
        page.close()
    for name, targets in links.items():
        inside = {t.removeprefix(root) for t in targets if t.startswith(root)}
        dead = sorted(t for t in inside if is_dead(t, options.html, ids))
        yield from (f"{name}: {target} leads nowhere" for target in dead)


def listen(page: Page, root: str, heard: list[str]) -> None:
    """Collect complaints of scripts, failures, and what is asked of another host."""
    page.on("console", lambda m: m.type in ("error", "warning") and heard.append(m.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "requestfailed",  # aborted: by going on to the next page
        lambda r: r.failure == "net::ERR_ABORTED" or heard.append(f"failed: {r.url}"),
    )
    page.on("response", lambda r: r.status >= 400 and heard.append(f"{r.status}: {r.url}"))
    page.on(
        "request",
        lambda request: (
            request.url.startswith((root, "data:", "blob:"))
            or heard.append(f"asks for {request.url}")
        ),
    )


def is_dead(link: str, html: Path, ids: dict[str, set[str]]) -> bool:
    """Return True if a link within the site has no page, or no place on it, to lead to."""
    address, place = urldefrag(link)
    name = unquote(urlparse(address).path)
    name = f"{name}index.html" if not name or name.endswith("/") else name
    if name not in ids:  # no page, or one that was not opened
        return not (html / name).is_file()
    return place != "" and unquote(place) not in ids[name]


def keep(page: Page, shots: Path, name: str) -> None:
    """Take pictures of a page, all of its length, in the light and in the dark."""
    shots.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.screenshot(path=shots / f"{name}-{theme}.png", full_page=True)


if __name__ == "__main__":
    main()
