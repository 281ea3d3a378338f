"""`./setup.sh screens`: docs/screens, a picture of every patient page in every language.

Each page is measured on the way, on three screens; what is wrong with one ends it with status 1.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from hub.web import language
from tests.web.browser import chromium
from tests.web.scenes import ROOT, SCENES
from tests.web.stage import SCREENS, Stage, large_text

FOLDER = ROOT / "docs" / "screens"
HEAD = """\
# The patient's pages

Written by `./setup.sh screens`, which measures each page on three screens before it takes the
picture (800×480, the size of the oldest Raspberry Pi display): no scrolling, no target below 84 px,
no text below 20 px, nothing that axe finds. The plan and the messages are shown as a nurse wrote
them, in her language.

"""


def main() -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    wrong: list[str] = []
    with chromium() as browser, large_text(browser) as larger:
        for name in language.offered():
            (FOLDER / name).mkdir(parents=True)
            wrong += taken(browser, larger, name)
    names = language.names()
    rows = [f"| | {' | '.join(names.values())} |\n|---|{'---|' * len(names)}\n"]
    for scene in SCENES:
        cells = [f"![{scene.name}]({code}/{scene.name}.png)" for code in names]
        rows.append(f"| {scene.name} | {' | '.join(cells)} |\n")
    (FOLDER / "README.md").write_text(HEAD + "".join(rows), "utf-8")
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    sys.stdout.write(f"{len(SCENES)} pages in {len(names)} languages, {len(wrong)} faults\n")
    return 1 if wrong else 0


def taken(browser: Browser, larger: Browser, name: str) -> list[str]:
    """→ what is wrong with the pages in this language."""
    found: list[str] = []
    for scene in SCENES:
        with tempfile.TemporaryDirectory() as folder, Stage(Path(folder), scene, name) as stage:
            for screen in SCREENS:
                page = stage.shown(larger if screen.is_large else browser, screen)
                found += [f"{name} {scene.name} {screen.name}: {it}" for it in screen.faults(page)]
                if screen is SCREENS[0]:
                    page.screenshot(path=FOLDER / name / f"{scene.name}.png")
                page.context.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
