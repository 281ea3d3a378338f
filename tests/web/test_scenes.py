"""Every patient page in every language: it fits the small screen and axe finds nothing.

On the other screens in Bokmål; `./setup.sh screens` looks at all of them on all of them.
"""

import pytest

from tests.web.house import House
from tests.web.scenes import SCENES, Scene
from tests.web.stage import Stage


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_page_fits_and_can_be_used_by_everybody(house: House, stage: Stage, scene: Scene) -> None:
    assert stage.faults(scene.arrange(house), scene.act, thorough=True) == []
