"""`hub decode`: one JSON object for each payload, whatever is typed."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest

from drivers.measurement import Absent, Kind, Measurement, Quantity, Unit, Value
from hub.decode import as_object, decode_line, run

CUFF = "1e840050006200ea070b16080f2f480002 0500"


def answer(name: str, hex_text: str | None) -> tuple[int, str]:
    out = io.StringIO()
    code = run(name, hex_text, io.StringIO(), out)
    return code, out.getvalue()


def test_the_exact_object() -> None:
    assert answer("2A35", CUFF) == (
        0,
        '{"kind":"blood_pressure","values":{'
        '"systolic":{"value":132,"unit":"mm[Hg]"},'
        '"diastolic":{"value":80,"unit":"mm[Hg]"},'
        '"mean_arterial_pressure":{"value":98,"unit":"mm[Hg]"},'
        '"pulse_rate":{"value":72,"unit":"/min"}},'
        '"device_time":"2026-11-22T08:15:47","sequence":null,"user_index":2,'
        '"status":["body_movement","irregular_pulse"]}\n',
    )


def test_details_stand_there_only_when_there_are_any() -> None:
    _, line = answer("2a1c", "04720100ff03")
    assert json.loads(line)["details"] == {"temperature_type": "ear"}
    assert "details" not in decode_line("2a1c", "00720100ff")


def test_a_series_stands_there_only_when_there_is_one() -> None:
    beats = (
        Value(Decimal("812.5"), Unit.MILLISECOND),
        Value(None, Unit.MILLISECOND, absent=Absent.NOT_MEASURED),
    )
    strap = Measurement(Kind.HEART_RATE, {}, (b"",), series={Quantity.RR_INTERVAL: beats})
    assert as_object(strap)["series"] == {
        "rr_interval": [
            {"value": Decimal("812.5"), "unit": "ms"},
            {"value": None, "unit": "ms", "absent": "not-measured"},
        ]
    }
    assert "series" not in decode_line("2a35", CUFF)


@pytest.mark.parametrize(
    ("name", "payload", "value"),
    [
        pytest.param("2a9d", "00b036", "70.000", id="decimals of the count"),
        pytest.param("2a1c", "00420e00fe", "36.50", id="decimals of the exponent"),
        pytest.param("2a1c", "0002000001", "20", id="no positive exponent"),
        pytest.param("2a1c", "00feffff01", "-20", id="nor a negative one"),
        pytest.param("2a1c", "002075387b", "3.700000E+129", id="absurd but exact"),
        pytest.param("2a1c", "0000000002", "0", id="zero"),
        pytest.param("2a9d", "00ffff", "null", id="no value"),
    ],
)
def test_numbers_have_the_decimals_that_the_device_sent(
    name: str, payload: str, value: str
) -> None:
    _, line = answer(name, payload)
    assert f'"value":{value},' in line
    json.loads(line)


def test_absent_and_comparator_stand_there_only_when_set() -> None:
    absent = decode_line("2a9d", "00ffff")
    assert absent["values"]["body_weight"] == {
        "value": None,
        "unit": "kg",
        "absent": "not-measured",
    }
    high = decode_line("2a18", "0a0700ea070b16080f2f58b2112000")
    assert high["values"]["glucose"]["comparator"] == ">"
    assert high["sequence"] == 7


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        pytest.param("2a35", "00", id="truncated"),
        pytest.param("2a35", "", id="empty"),
        pytest.param("2a35", None, id="not given"),
        pytest.param("2a35", "0", id="half an octet"),
        pytest.param("2a35", "zz", id="no hexadecimal"),
        pytest.param("2a37", "00", id="unsupported"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_cannot_be_decoded_is_an_error(name: str, payload: str | None) -> None:
    code, line = answer(name, payload)
    assert code == 2
    assert list(json.loads(line)) == ["error"]
    assert json.loads(line)["error"]


class Terminal(io.StringIO):
    """Counts how often what was written was also sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[int] = []

    def flush(self) -> None:
        self.sent.append(self.getvalue().count("\n"))


def lines(stdin: bytes) -> list[dict[str, Any]]:
    out = io.StringIO()
    assert run("-", None, io.TextIOWrapper(io.BytesIO(stdin), "utf-8"), out) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_of_stdin_gets_one_line() -> None:
    stdin = b"2a9d 00b036\n\n   \n2a9d\n2a9d zz\nnonin-8\t80396220\r\n2a9d 00 b0 36"
    seen = lines(stdin)
    assert [answer.get("kind") for answer in seen] == [
        "body_weight",
        None,
        None,
        None,
        None,
        "pulse_oximetry",
        "body_weight",
    ]
    assert all("error" in answer for answer in seen if "kind" not in answer)


def test_octets_that_are_no_text_get_a_line_too() -> None:
    seen = lines(b"\xff\xfe\x00 00\n2a9d 00b036\n")
    assert ["error" in answer for answer in seen] == [True, False]


def test_each_answer_is_sent_at_once() -> None:
    out = Terminal()
    run("-", None, io.StringIO("2a9d 00b036\nx 00\n"), out)
    assert out.sent == [1, 2]


def test_no_lines_no_answers() -> None:
    assert lines(b"") == []
