"""Take the picture of the report that the READMEs show: its first screen, from a round of the demo.

.venv/bin/renshe demo && .venv/bin/python tools/picture.py demo/rounds/0001/report.html
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

TARGET = Path(__file__).resolve().parent.parent / "docs/images/report.png"


def main(report: Path) -> None:
    """Write the picture of ``report``, 1200 pixels wide."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 1400})
        page.goto(report.resolve().as_uri())
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
