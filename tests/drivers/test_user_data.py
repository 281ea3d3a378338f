"""User Data Service: consent, registration, and what is remembered of them."""

import secrets
from collections.abc import Mapping

import pytest

from drivers.errors import (
    ConsentNeeded,
    DriverError,
    LinkTimeout,
    TruncatedPayload,
    UnknownResponse,
)
from drivers.gatt.user_data import (
    USER_CONTROL_POINT,
    Response,
    confirm_profile,
    decode_response,
    identify,
)
from drivers.gatt.weight_scale import WeightScale
from drivers.links import uuid16
from drivers.measurement import Learned, Measurement
from drivers.replay import ReplayGattLink, Step, Trace

SCALE = "gatt-weight-scale"
REFUSED = {"notify": "2a9f", "payload": "200205"}
ACCEPTED = {"notify": "2a9f", "payload": "200201"}
WEIGHT = {"notify": "2a9d", "payload": "04b036ff"}


@pytest.fixture(autouse=True)
def code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "randbelow", lambda below: below - 1)


def link(*steps: Step, reads: Mapping[str, str | None] | None = None) -> ReplayGattLink:
    return ReplayGattLink(Trace(SCALE, "", "", steps, reads=reads))


async def learned(over: ReplayGattLink, **memory: str) -> list[Mapping[str, str | None]]:
    return [one.facts async for one in identify(over, memory)]


def written(over: ReplayGattLink) -> list[str]:
    return [octets.hex() for where, octets in over.written if where == USER_CONTROL_POINT]


def test_responses() -> None:
    assert decode_response(bytes.fromhex("20010103")) == Response(1, 1, 3)
    assert decode_response(bytes.fromhex("200104")) == Response(1, 4)
    assert decode_response(bytes.fromhex("200205")) == Response(2, 5)
    with pytest.raises(TruncatedPayload):
        decode_response(bytes.fromhex("200101"))
    with pytest.raises(UnknownResponse):
        decode_response(bytes.fromhex("060201"))


async def test_a_new_scale_gets_a_user_who_is_kept_before_the_consent() -> None:
    over = link({"notify": "2a9f", "payload": "20010103"}, ACCEPTED)
    facts = identify(over, {})
    first = await anext(facts)
    assert first == Learned({"user_index": "3", "consent": "9999", "accepted": None})
    assert written(over) == ["010f27"]
    assert await anext(facts) == Learned({"accepted": "3:9999"})
    assert written(over) == ["010f27", "02030f27"]


async def test_a_known_user_consents_on_every_connection() -> None:
    over = link(ACCEPTED)
    assert await learned(over, user_index="2", consent="258", accepted="2:258") == []
    assert written(over) == ["02020201"]


async def test_a_code_that_was_typed_is_remembered_as_accepted() -> None:
    assert await learned(link(ACCEPTED), consent="258") == [{"accepted": "1:258"}]


async def test_emptied_slots_are_registered_anew() -> None:
    over = link(REFUSED, {"notify": "2a9f", "payload": "20010101"}, ACCEPTED)
    facts = await learned(over, user_index="2", consent="258", accepted="2:258")
    assert facts == [
        {"user_index": "1", "consent": "9999", "accepted": None},
        {"accepted": "1:9999"},
    ]
    assert written(over) == ["02020201", "010f27", "02010f27"]


@pytest.mark.parametrize(
    "memory",
    [
        pytest.param({"consent": "258"}, id="never accepted"),
        pytest.param({"consent": "258", "accepted": "1:257"}, id="another was accepted"),
        pytest.param({"consent": "12 34"}, id="not a number"),
        pytest.param({"consent": "70000"}, id="too large"),
        pytest.param({"consent": "-1"}, id="negative"),
        pytest.param({"consent": "1", "user_index": "256"}, id="no such slot"),
    ],
)
async def test_a_wrong_code_uses_up_no_slot(memory: dict[str, str]) -> None:
    over = link(REFUSED)
    with pytest.raises(ConsentNeeded):
        await learned(over, **memory)
    assert not any(one.startswith("01") for one in written(over))


@pytest.mark.parametrize("answer", ["200102", "200104"])
async def test_a_scale_that_registers_nobody_asks_for_its_own_code(answer: str) -> None:
    with pytest.raises(ConsentNeeded) as caught:
        await learned(link({"notify": "2a9f", "payload": answer}))
    assert caught.value.slot == "1"


async def test_a_registration_that_is_not_honoured_is_not_repeated_for_ever() -> None:
    over = link({"notify": "2a9f", "payload": "20010103"}, REFUSED)
    memory: dict[str, str | None] = {}
    with pytest.raises(ConsentNeeded):
        async for one in identify(over, {}):
            memory.update(one.facts)
    again = link(REFUSED)
    with pytest.raises(ConsentNeeded):
        await learned(again, **{name: fact for name, fact in memory.items() if fact})
    assert written(again) == ["02030f27"]


async def test_other_answers_are_not_taken_for_the_one_that_is_awaited() -> None:
    other = {"notify": "2a9f", "payload": "200305"}
    strange = {"notify": "2a9a", "payload": "01"}
    over = link(strange, other, ACCEPTED)
    assert await learned(over, consent="258") == [{"accepted": "1:258"}]


async def test_a_scale_that_does_not_answer() -> None:
    with pytest.raises(LinkTimeout):
        await learned(link({"write": "2a9f", "payload": "ff"}), consent="258")


async def said(over: ReplayGattLink, **memory: str) -> tuple[list[object], DriverError | None]:
    found: list[object] = []
    try:
        async for one in WeightScale(memory, {"confirms-profile"}).read(over):
            found.append(one)
    except DriverError as error:
        return found, error
    return found, None


async def test_measurements_are_subscribed_to_last() -> None:
    over = link(ACCEPTED, WEIGHT, {"notify": "2a9c", "payload": "0000c200"})
    found, problem = await said(over, consent="258", accepted="1:258")
    assert problem is None
    assert over.subscribed == [uuid16(0x2A9F), uuid16(0x2A9D), uuid16(0x2A9C)]
    assert len(found) == 2


async def test_without_consent_what_is_of_nobody_is_read_and_the_code_is_asked_for() -> None:
    over = link(REFUSED, WEIGHT, reads={"2a99": "00000000"})
    found, problem = await said(over, consent="258")
    (weight,) = found
    assert isinstance(weight, Measurement)
    assert weight.is_of_unknown_user
    assert isinstance(problem, ConsentNeeded)
    assert over.written == [(USER_CONTROL_POINT, bytes.fromhex("02010201"))]


async def test_a_profile_is_written_back_as_it_is() -> None:
    reads = {"2a85": "bf070808", "2a8e": "c000", "2a99": "ffffffff"}
    over = link(reads=reads)
    await confirm_profile(over)
    assert [(where[4:8], octets.hex()) for where, octets in over.written] == [
        ("2a85", "bf070808"),
        ("2a8e", "c000"),
        ("2a99", "00000000"),
    ]


async def test_what_cannot_be_read_is_not_written() -> None:
    over = link(reads={"2a85": None, "2a8c": ""})
    await confirm_profile(over)
    assert over.written == []
