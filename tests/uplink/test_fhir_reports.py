"""Answers and alerts: the contract's examples, and names that repeat."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.uplink.alerts import AlertCode, alert
from hub.uplink.answers import questionnaire_response, taken_back
from hub.uplink.identifiers import urn
from tests.uplink.fhir_samples import CUFF, EXAMPLES, GATEWAY, OSLO, PATIENT, WIRED

Json = dict[str, Any]

NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)
ANSWER = {"linkId": "1", "text": "Temperatur?", "answer": [{"valueDecimal": "37.20"}]}


def missed(**more: Any) -> tuple[str, bytes]:
    return alert(
        GATEWAY,
        PATIENT,
        AlertCode.MEASUREMENT_MISSED,
        about="spo2 2026-11-22T08:00",
        text="Planlagt måling ikke utført",
        severity="moderate",
        at=NOON,
        zone=OSLO,
        **more,
    )


def check_in(**more: Any) -> tuple[str, bytes]:
    told = {
        "check_in": "0b6f0a0e-8f0e-4f55-9d0c-9c9a7a0f6a11",
        "questionnaire": "https://hub.example/fhir/Questionnaire/kols-daglig|1.2.0",
        "items": [ANSWER],
        "authored": NOON,
        "zone": OSLO,
    }
    return questionnaire_response(PATIENT, **{**told, **more})


def example(name: str) -> Json:
    if not EXAMPLES.is_dir():
        pytest.skip("the contract's examples are not beside this checkout")
    whole: Json = json.loads((EXAMPLES / name).read_text())
    return whole


def test_an_alert_is_the_example() -> None:
    expected = example("alert-missed-measurement.json")
    id, body = missed(detail="SpO2 planlagt 08:00, ikke mottatt innen 12:00")
    told = json.loads(body)
    assert told["identifier"][0].pop("value") == id
    del expected["identifier"][0]["value"]
    assert told == expected


def test_clearing_is_another_message_about_the_same_alert() -> None:
    id, body = missed()
    cleared_id, cleared_body = missed(clearing="Målt kl. 12.10")
    raised, cleared = json.loads(body), json.loads(cleared_body)
    assert cleared["identifier"] == raised["identifier"]
    assert cleared_id != id
    assert (raised["status"], cleared["status"]) == ("preliminary", "final")
    assert cleared["mitigation"] == [
        {"action": {"text": "Målt kl. 12.10"}, "date": "2026-11-22T12:00:00+01:00"}
    ]


def test_what_an_alert_is_about() -> None:
    observation = urn("one")
    implicated = json.loads(missed(observations=[observation], device=CUFF)[1])["implicated"]
    assert [(each["type"], each["identifier"]["value"]) for each in implicated] == [
        ("Observation", observation),
        ("Device", "C4-F3-12-FF-FE-53-F2-C9"),
    ]
    wired = json.loads(missed(device=WIRED)[1])["implicated"][0]["identifier"]
    assert wired["system"] == "urn:ietf:rfc:3986"


def test_the_same_occurrence_is_the_same_alert_and_another_is_not() -> None:
    assert missed() == missed()
    other, _ = alert(
        GATEWAY,
        PATIENT,
        AlertCode.MEASUREMENT_MISSED,
        about="spo2 2026-11-23T08:00",
        text="Planlagt måling ikke utført",
        severity="moderate",
        at=NOON,
        zone=OSLO,
    )
    assert other != missed()[0]


def test_a_check_in_is_the_example() -> None:
    expected = example("qr-kols-daglig.bundle.json")
    items = expected["entry"][0]["resource"]["item"]
    authored = datetime(2026, 11, 22, 7, 25, tzinfo=UTC)
    id, body = check_in(items=items, authored=authored)
    told = json.loads(body)
    own = told["entry"][0]["fullUrl"]
    assert (id, id) == (urn(own), told["identifier"]["value"])
    renamed = (
        json.dumps(expected)
        .replace(expected["entry"][0]["fullUrl"], own)
        .replace(expected["identifier"]["value"], id)
    )
    # The bundle is stamped when the patient finished, so that the same answers are the same bytes.
    assert told == {**json.loads(renamed), "timestamp": "2026-11-22T08:25:00+01:00"}


@pytest.mark.parametrize("number", ["37.20", 37.2])
def test_a_decimal_answer_is_a_number_on_the_wire(number: object) -> None:
    nested = {"linkId": "g", "item": [{**ANSWER, "answer": [{"valueDecimal": number}]}]}
    _, body = check_in(items=[nested])
    assert f'"valueDecimal":{number}}}'.encode() in body


def test_a_check_in_is_named_by_itself_and_by_how_far_it_came() -> None:
    assert check_in() == check_in()
    assert check_in()[0] != check_in(check_in="another")[0]
    assert check_in()[0] != check_in(progress="stopped")[0]
    assert (
        json.loads(check_in(progress="stopped")[1])["entry"][0]["resource"]["status"] == "stopped"
    )


def test_a_check_in_without_answers_has_no_items() -> None:
    assert b'"item"' not in check_in(items=[], progress="stopped")[1]


def test_the_language_of_the_answers() -> None:
    resource = json.loads(check_in(language="se")[1])["entry"][0]["resource"]
    assert resource["language"] == "se"


def test_answers_that_are_taken_back_keep_their_decimals() -> None:
    _, body = check_in()
    _, undone = taken_back("0b6f0a0e-8f0e-4f55-9d0c-9c9a7a0f6a11", body, NOON, OSLO)
    assert b'"valueDecimal":37.20' in undone
    first, last = (json.loads(each)["entry"][0] for each in (body, undone))
    assert last["resource"] == first["resource"] | {"status": "entered-in-error"}
    assert last["request"]["url"] == f"QuestionnaireResponse?{first['request']['ifNoneExist']}"


def test_taking_back_twice_is_the_same_bundle_and_not_the_first_one() -> None:
    id, body = check_in()
    undone = [taken_back("one", body, NOON, OSLO) for _ in range(2)]
    assert undone[0] == undone[1]
    assert undone[0][0] != id


def test_a_second_word_about_an_alert_is_another_message_about_the_same() -> None:
    first, again = missed(), missed(again="skipped")
    assert again[0] != first[0]
    assert json.loads(again[1])["identifier"] == json.loads(first[1])["identifier"]
