"""Every patient page in every language: it fits the small screen and axe finds nothing.

On the other screens in Bokmål; `./setup.sh screens` looks at all of them on all of them.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hub.web import language
from tests.web.scenes import SCENES, Scene
from tests.web.stage import SCREENS, Stage, large_text


@pytest.fixture(scope="module")
def larger(browser: Browser) -> Iterator[Browser]:
    with large_text(browser) as other:
        yield other


@pytest.mark.parametrize("name", language.offered())
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_page_fits_and_can_be_used_by_everybody(
    tmp_path: Path, browser: Browser, larger: Browser, scene: Scene, name: str
) -> None:
    faults = []
    with Stage(tmp_path, scene, name) as stage:
        for screen in SCREENS if name == language.SOURCE else SCREENS[:1]:
            page = stage.shown(larger if screen.is_large else browser, screen)
            faults += [f"{screen.name}: {fault}" for fault in screen.faults(page)]
            page.context.close()
    assert faults == []
