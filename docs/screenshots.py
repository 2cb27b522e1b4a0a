"""Pictures of the built pages on a laptop and a phone; names tables that do not fit.

Usage: ``python docs/screenshots.py docs/_build/html FOLDER [PATTERN ...]``. One picture
a page and width goes to the folder, such as ``user_guide.accuracy.390.png``. Patterns
choose pages (``user_guide/*``; all by default). It ends with an error where a page
scrolls sideways, or a table on it does. Needs playwright and Chromium: CONTRIBUTING.md.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTHS = {"laptop": 1280, "phone": 390}
# A table that does not fit sticks out of the box around it, which then scrolls, or out
# of the window. One pixel is rounding.
TOO_WIDE = """() => {
    const found = [];
    const excess = document.documentElement.scrollWidth - window.innerWidth;
    if (excess > 1) found.push(`the page scrolls sideways by ${excess} pixels`);
    for (const table of document.querySelectorAll("table")) {
        const box = table.parentElement.getBoundingClientRect();
        const excess = Math.round(table.getBoundingClientRect().right - box.right);
        const start = table.innerText.trim().replace(/\\s+/g, " ").slice(0, 40);
        if (excess > 1) found.push(`a table sticks out by ${excess} pixels: ${start}`);
    }
    return found;
}"""


def main() -> None:
    """Take the pictures and print what does not fit."""
    options = _parse()
    pages = sorted({p for pattern in options.pages for p in options.html.glob(pattern)})
    options.folder.mkdir(parents=True, exist_ok=True)
    faults = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            # Debian's, where playwright has not installed its own.
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        for device, width in WIDTHS.items():
            window = browser.new_page(viewport={"width": width, "height": 800})
            for page in pages:
                window.goto(page.resolve().as_uri())
                name = page.relative_to(options.html).with_suffix("")
                faults += [f"{name}, {device}: {f}" for f in window.evaluate(TOO_WIDE)]
                picture = f"{'.'.join(name.parts)}.{width}.png"
                window.screenshot(path=options.folder / picture, full_page=True)
    print(f"{len(pages)} pages at {len(WIDTHS)} widths: {options.folder}")
    if faults:
        raise SystemExit("\n".join(faults))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("html", type=Path, help="folder of the built pages")
    add("folder", type=Path, help="where the pictures go")
    add("pages", nargs="*", default=["**/*.html"], help="patterns of pages to look at")
    return parser.parse_args()


if __name__ == "__main__":
    main()
