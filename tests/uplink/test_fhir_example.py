"""The contract's own example: the same readings in, the same bundle out."""

import json
from typing import Any

import pytest

from drivers.measurement import Status
from tests.uplink.fhir_samples import EXAMPLES, composed, kept, pressure

Json = dict[str, Any]

pytestmark = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="the contract's examples are not beside this checkout"
)


def without_urns(bundle: Json) -> Any:
    """The bundle with each URN replaced by its place, since the namespace is each hub's own."""
    text = json.dumps(bundle)
    for number, entry in enumerate(bundle["entry"]):
        text = text.replace(entry["fullUrl"], f"entry {number}")
    return json.loads(text.replace(bundle["identifier"]["value"], "bundle"))


def test_a_blood_pressure_bundle_is_the_example() -> None:
    expected = json.loads((EXAMPLES / "obs-blood-pressure.bundle.json").read_text())
    bundle = composed(kept(pressure(Status.IRREGULAR_PULSE)))
    assert without_urns(json.loads(bundle.body)) == without_urns(expected)
    assert bundle.left_out == ()


def test_its_identifiers_are_those_of_the_example() -> None:
    expected = json.loads((EXAMPLES / "obs-blood-pressure.bundle.json").read_text())
    bundle = json.loads(composed(kept(pressure(Status.IRREGULAR_PULSE))).body)

    def of_the_guide(whole: Json) -> list[str]:
        return [
            name["value"]
            for entry in whole["entry"]
            for name in entry["resource"]["identifier"]
            if name["system"].endswith("PhdBaseObservation")
        ]

    assert len(of_the_guide(bundle)) == 3
    assert of_the_guide(bundle) == of_the_guide(expected)
