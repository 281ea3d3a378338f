"""Record Access Control Point: what devices answer, and what each answer means."""

import pytest

from drivers.errors import LinkLost, PayloadError, ProcedureFailed
from drivers.racp import (
    RECORD_ACCESS_CONTROL_POINT,
    REPORT_ALL,
    RecordCount,
    Response,
    decode_response,
    report,
    report_from,
)
from drivers.replay import ReplayGattLink, Step, Trace

ASKED: Step = {"write": "2a52", "payload": "0101"}


def answer(payload: str) -> Step:
    return {"notify": "2a52", "payload": payload}


async def ask(*steps: Step) -> list[bytes]:
    link = ReplayGattLink(Trace("", "", "", (ASKED, *steps)))
    for characteristic in ("2a18",):
        if any(step.get("notify") == characteristic for step in steps):
            await link.subscribe(f"0000{characteristic}-0000-1000-8000-00805f9b34fb")
    await link.subscribe(RECORD_ACCESS_CONTROL_POINT)
    return [payload async for _, payload in report(link)]


def test_only_reports_are_asked_for() -> None:
    assert bytes.fromhex("0101") == REPORT_ALL
    assert bytes.fromhex("010301e703") == report_from(999)
    assert bytes.fromhex("010301ffff") == report_from(0xFFFF)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("05000201", RecordCount(258)),
        ("050001", RecordCount(1)),
        ("0500ffff0100", RecordCount(0x1FFFF)),
        ("08000300", RecordCount(3, is_end=True)),
        ("080003000000", RecordCount(3, is_end=True)),
        ("06000101", Response(1, 1)),
        ("06000106", Response(1, 6)),
        ("0600020a", Response(2, 10)),
    ],
)
def test_answers(payload: str, expected: RecordCount | Response) -> None:
    assert decode_response(bytes.fromhex(payload)) == expected


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "05",
        "0500",
        "0101",
        "060101",
        "05010100",
        "0600",
        "060001",
        "0500030201",
        "0800",
        "08000102030405",
    ],
)
def test_what_is_no_answer_is_refused(payload: str) -> None:
    with pytest.raises(PayloadError):
        decode_response(bytes.fromhex(payload))


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (2, "op code not supported"),
        (3, "invalid operator"),
        (4, "operator not supported"),
        (5, "invalid operand"),
        (7, "abort unsuccessful"),
        (8, "procedure not completed"),
        (9, "operand not supported"),
        (10, "server busy"),
        (11, "unlisted"),
    ],
)
async def test_every_other_code_is_a_failed_procedure(code: int, meaning: str) -> None:
    with pytest.raises(ProcedureFailed) as caught:
        await ask(answer(f"060001{code:02x}"))
    assert (caught.value.procedure, caught.value.code) == ("report records", code)
    assert caught.value.meaning == meaning


async def test_success_and_no_records_end_it() -> None:
    record: Step = {"notify": "2a18", "payload": "01"}
    late: Step = {"notify": "2a18", "payload": "02"}
    assert await ask(record, answer("06000101"), late) == [b"\1"]
    assert await ask(answer("06000106")) == []


async def test_an_answer_to_something_else_does_not_end_it() -> None:
    record: Step = {"notify": "2a18", "payload": "01"}
    steps = (answer("06000301"), answer("05000100"), record, answer("06000101"))
    assert await ask(*steps) == [b"\1"]


async def test_a_device_that_goes_away_is_lost() -> None:
    with pytest.raises(LinkLost):
        await ask({"notify": "2a18", "payload": "01"})


async def test_a_damaged_answer_is_an_error() -> None:
    with pytest.raises(PayloadError):
        await ask(answer("ff"))
