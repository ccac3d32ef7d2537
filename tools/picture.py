"""Take the pictures of reports that the READMEs show: their first screens, from a round of the demo.

.venv/bin/renshe demo && .venv/bin/python tools/picture.py demo/rounds/0001
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

TARGET = Path(__file__).resolve().parent.parent / "docs/images"
# Page in the round's folder, its picture, how many pixels of it are shown.
PICTURES = (("report.html", "report.png", 1400), ("link/report.html", "link.png", 1345))


def main(folder: Path) -> None:
    """Write the pictures of a round, 1200 pixels wide."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, picture, height in PICTURES:
            page = browser.new_page(viewport={"width": 1200, "height": height})
            page.goto((folder / name).resolve().as_uri())
            page.screenshot(path=TARGET / picture)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
