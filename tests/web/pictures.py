"""`./setup.sh screens`: docs/screens, a picture of every patient page in every language.

Each page is measured on the way, on three screens; what is wrong with one ends it with status 1.
"""

import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser

from hub.web import language
from tests.web.browser import chromium, large_text
from tests.web.house import House
from tests.web.scenes import ROOT, SCENES, Scene
from tests.web.stage import Stage, kiosk_of

FOLDER = ROOT / "docs" / "screens"
HEAD = """\
# The patient's pages

Written by `./setup.sh screens`, which measures each page on three screens before it takes the
picture (800×480, the size of the oldest Raspberry Pi display): no scrolling, no target below 84 px,
no text below 24 px (20 on the small buttons), nothing that axe finds. The plan and the messages are
shown as a nurse wrote them, in her language.

"""


def main() -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    names = language.names()
    for code in names:
        (FOLDER / code).mkdir(parents=True)
    wrong: list[str] = []
    rows = [f"| | {' | '.join(names.values())} |\n|---|{'---|' * len(names)}\n"]
    with chromium() as browser, large_text(browser) as larger:
        for scene in SCENES:
            wrong += taken(browser, larger, scene)
            cells = [f"![{scene.name}]({code}/{scene.name}.png)" for code in names]
            rows.append(f"| {scene.name} | {' | '.join(cells)} |\n")
    (FOLDER / "README.md").write_text(HEAD + "".join(rows), "utf-8")
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    sys.stdout.write(f"{len(SCENES)} pages in {len(names)} languages, {len(wrong)} faults\n")
    return 1 if wrong else 0


def taken(browser: Browser, larger: Browser, scene: Scene) -> list[str]:
    """→ what is wrong with the page, in any language on any screen."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        house.start_hub()
        path = scene.arrange(house)  # whose taps are in Bokmål
        with kiosk_of(house) as address, closing(Stage(house, address, browser, larger)) as stage:
            for name in language.offered():
                page = stage.shown(path, name, scene.act)
                page.screenshot(path=FOLDER / name / f"{scene.name}.png")
            wrong = stage.faults(path, scene.act, everywhere=language.offered(), thorough=True)
        house.close()
    return [f"{scene.name} {it}" for it in wrong]


if __name__ == "__main__":
    sys.exit(main())
