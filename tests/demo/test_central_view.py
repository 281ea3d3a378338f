"""What the bench shows of a bundle: exact decimals, the time of the reading, how late it came."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from hub.demo.central_store import Arrival
from hub.demo.central_view import duration, numbers, view

TAKEN = datetime(2026, 11, 22, 7, 15, 47, tzinfo=UTC)
SYSTEM = '"system":"urn:iso:std:iso:11073:10101"'


def coded(code: str) -> str:
    return f'"code":{{"coding":[{{{SYSTEM},"code":"{code}","display":"MDC_X"}}]}}'


def observation(code: str, value: str, time: str = "2026-11-22T08:15:47+01:00") -> str:
    return (
        f'{{"resource":{{"resourceType":"Observation",{coded(code)},'
        f'"effectiveDateTime":"{time}","valueQuantity":{{"value":{value},"unit":"kg"}}}}}}'
    )


def arrived(body: str, after: timedelta = timedelta(), kind: str = "observation") -> Arrival:
    return Arrival(1, "H", kind, "urn:uuid:x", body.encode(), TAKEN + after, 1, None)


def bundle(*entries: str) -> str:
    return f'{{"entry":[{",".join(entries)}]}}'


def test_a_number_keeps_its_decimals() -> None:
    shown = view(arrived(bundle(observation("188736", "81.20"))))
    assert [(line.label, line.text) for line in shown.lines] == [("Weight", "81.20 kg")]
    assert str(numbers(shown.arrival)["188736"]) == "81.20"


def test_components_are_shown_with_their_names() -> None:
    entry = (
        f'{{"resource":{{"resourceType":"Observation",{coded("150020")},"component":['
        f'{{{coded("150021")},"valueQuantity":{{"value":118,"unit":"mm[Hg]"}}}},'
        f'{{{coded("150022")},"valueQuantity":{{"value":87,"unit":"mm[Hg]"}}}}]}}}}'
    )
    (line,) = view(arrived(bundle(entry))).lines
    assert line.text == "systolic 118, diastolic 87 mmHg"
    assert line.numbers == {"150021": Decimal(118), "150022": Decimal(87)}


@pytest.mark.parametrize(
    ("after_s", "late_s"),
    [
        pytest.param(1, None, id="at-once"),
        pytest.param(10, None, id="ten-seconds"),
        pytest.param(11, 11, id="late"),
        pytest.param(-3, None, id="device-clock-ahead"),
    ],
)
def test_late_is_more_than_ten_seconds(after_s: int, late_s: int | None) -> None:
    shown = view(arrived(bundle(observation("188736", "81")), timedelta(seconds=after_s)))
    assert (shown.late_by and shown.late_by.total_seconds()) == late_s


def test_an_old_reading_is_late_although_the_battery_was_read_now() -> None:
    old = observation("188736", "81", "2026-11-22T06:00:00+01:00")
    battery = observation("67996", "95")
    assert view(arrived(bundle(old, battery))).late_by == timedelta(hours=2, minutes=15, seconds=47)


def test_devices_and_clock_comparisons_are_not_shown() -> None:
    device = '{"resource":{"resourceType":"Device"}}'
    assert view(arrived(bundle(device, observation("67975", "1")))).lines == []


def test_a_check_in_is_shown_as_questions_and_answers() -> None:
    entry = (
        '{"resource":{"resourceType":"QuestionnaireResponse","authored":"2026-11-22T07:15:47Z",'
        '"item":[{"linkId":"1","text":"Pusten?","answer":[{"valueCoding":{"display":"Litt tyngre"}'
        '}]},{"linkId":"2","text":"Hoste?","answer":[{"valueBoolean":false}]}]}}'
    )
    (line,) = view(arrived(bundle(entry), kind="questionnaireresponse")).lines
    assert (line.label, line.text) == ("Check-in", "Pusten? Litt tyngre · Hoste? no")


def test_a_check_in_says_who_answered_and_that_it_was_withdrawn() -> None:
    entry = (
        '{"resource":{"resourceType":"QuestionnaireResponse","status":"entered-in-error",'
        '"source":{"type":"RelatedPerson","display":"Pårørende"},'
        '"item":[{"linkId":"2","text":"Hoste?","answer":[{"valueBoolean":false}]}]}}'
    )
    (line,) = view(arrived(bundle(entry), kind="questionnaireresponse")).lines
    assert line.label == "Check-in, withdrawn by the patient"
    assert line.text == "Hoste? no · answered by: Pårørende"


def test_an_alert_is_shown_with_its_code_and_status() -> None:
    body = (
        '{"resourceType":"DetectedIssue","status":"preliminary","code":{"text":"Ring meg"},'
        '"identifiedDateTime":"2026-11-22T07:15:47Z","detail":"ba om det"}'
    )
    (line,) = view(arrived(body, kind="alert")).lines
    assert line.text == "Ring meg (preliminary) ba om det"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(11, "11 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (400_000, "4 days")],
)
def test_durations_in_words(seconds: int, text: str) -> None:
    assert duration(timedelta(seconds=seconds)) == text
