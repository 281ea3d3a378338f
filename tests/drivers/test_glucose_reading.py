"""How a meter is asked for its records, and how measurement and context become one."""

from collections.abc import Sequence

from drivers.contract import Reading, Said
from drivers.errors import (
    DriverError,
    LinkLost,
    ProcedureFailed,
)
from drivers.gatt.glucose import Glucose
from drivers.measurement import (
    Kind,
    Learned,
    Measurement,
    Quantity,
    Rejected,
    Status,
    Unit,
)
from drivers.replay import ReplayGattLink, Step, Trace

TIME = "ea07 0b16 080f2f"  # 2026-11-22 08:15:47
HEAD = f"0700 {TIME}"  # record 7


def notify(characteristic: str, payload: str) -> Step:
    return {"notify": characteristic, "payload": payload}


ASKED: Step = {"write": "2a52", "payload": "0101"}
DONE = notify("2a52", "06000101")
PLAIN = notify("2a18", f"02 {HEAD} 6fb0 11")
ANNOUNCED = notify("2a18", f"12 0800 {TIME} 6fb0 11")
ITS_CONTEXT = notify("2a34", "02 0800 03")


async def read(
    *steps: Step, oddities: tuple[str, ...] = ()
) -> tuple[list[Reading], DriverError | None]:
    """Everything that the driver yields, and the error that it ends with."""
    link = ReplayGattLink(Trace("gatt-glucose", "", "", (ASKED, *steps), offers=("2a18", "2a34")))
    seen: list[Reading] = []
    try:
        async for said in Glucose(oddities=oddities).read(link):
            if not isinstance(said, Learned):
                seen.append(said)
    except DriverError as error:
        return seen, error
    return seen, None


def shapes(readings: Sequence[Said]) -> list[tuple[str, int | None, int]]:
    """Kind, sequence number, and from how many payloads."""
    return [
        (seen.kind.value, seen.sequence, len(seen.raw))
        for seen in readings
        if isinstance(seen, Measurement)
    ]


async def test_a_context_is_merged_into_its_measurement() -> None:
    seen, error = await read(PLAIN, ANNOUNCED, ITS_CONTEXT, DONE)
    assert error is None
    assert shapes(seen) == [("glucose", 7, 1), ("glucose", 8, 2)]
    whole = seen[1]
    assert isinstance(whole, Measurement)
    assert whole.values[Quantity.GLUCOSE].number == 111
    assert whole.details["meal"] == "fasting"
    assert whole.details["sample_location"] == "finger"
    assert whole.raw[1] == bytes.fromhex("02 0800 03")


async def test_contexts_may_come_after_all_the_measurements() -> None:
    other = notify("2a18", f"12 0900 {TIME} 6fb0 11")
    seen, _ = await read(ANNOUNCED, other, notify("2a34", "0009 00".replace(" ", "")), DONE)
    assert shapes(seen) == [("glucose", 9, 2), ("glucose", 8, 1)]


async def test_a_ketone_mark_reaches_the_measurement() -> None:
    seen, _ = await read(ANNOUNCED, notify("2a34", "02 0800 06"), DONE)
    assert isinstance(seen[0], Measurement)
    assert seen[0].status == (Status.QUESTIONABLE,)


async def test_a_context_that_never_comes_does_not_lose_the_measurement() -> None:
    assert shapes((await read(ANNOUNCED, DONE))[0]) == [("glucose", 8, 1)]


async def test_over_a_lost_link_a_half_record_stays_in_the_meter() -> None:
    seen, error = await read(PLAIN, ANNOUNCED)
    assert shapes(seen) == [("glucose", 7, 1)]
    assert isinstance(error, LinkLost)


async def test_a_record_number_that_comes_twice_is_two_measurements() -> None:
    seen, _ = await read(ANNOUNCED, ANNOUNCED, ITS_CONTEXT, DONE)
    assert shapes(seen) == [("glucose", 8, 1), ("glucose", 8, 2)]
    seen, _ = await read(ANNOUNCED, notify("2a18", f"02 0800 {TIME} 6fb0 11"), DONE)
    assert shapes(seen) == [("glucose", 8, 1), ("glucose", 8, 1)]


async def test_an_orphan_context_stands_alone() -> None:
    assert shapes((await read(ITS_CONTEXT, DONE))[0]) == [("glucose_context", 8, 1)]


async def test_reading_goes_on_after_a_damaged_payload() -> None:
    seen, error = await read(notify("2a18", "02"), notify("2a34", "ff"), PLAIN, DONE)
    assert error is None
    assert [type(reading) for reading in seen] == [Rejected, Rejected, Measurement]
    assert isinstance(seen[0], Rejected)
    assert seen[0].payload == b"\2"


async def test_no_records_is_a_normal_end() -> None:
    assert await read(notify("2a52", "06000106")) == ([], None)


async def test_a_refusal_is_an_error_after_what_had_arrived() -> None:
    seen, error = await read(ANNOUNCED, notify("2a52", "06000108"))
    assert shapes(seen) == [("glucose", 8, 1)]
    assert isinstance(error, ProcedureFailed)
    assert (error.code, error.meaning) == (8, "procedure not completed")


async def test_the_order_is_measurement_context_control_point_then_the_request() -> None:
    link = ReplayGattLink(Trace("gatt-glucose", "", "", (ASKED, DONE), offers=("2a18", "2a34")))
    assert [reading async for reading in Glucose().read(link)] == []
    assert [uuid[4:8] for uuid in link.subscribed] == ["2a18", "2a34", "2a52"]
    assert [(uuid[4:8], payload) for uuid, payload in link.written] == [("2a52", b"\1\1")]


async def test_a_meter_without_contexts_is_not_asked_for_them() -> None:
    link = ReplayGattLink(Trace("gatt-glucose", "", "", (ASKED, PLAIN, DONE)))
    assert shapes([reading async for reading in Glucose().read(link)]) == [("glucose", 7, 1)]
    assert [uuid[4:8] for uuid in link.subscribed] == ["2a18", "2a52"]


async def test_a_measurement_is_handed_over_before_the_next_payload_is_taken() -> None:
    link = ReplayGattLink(Trace("gatt-glucose", "", "", (ASKED, PLAIN, ANNOUNCED, DONE)))
    first = await anext(Glucose().read(link))
    assert shapes([first]) == [("glucose", 7, 1)]
    remaining = [source[4:8] async for source, _ in link.notifications()]
    assert remaining == ["2a18", "2a52"]


async def test_a_ketone_is_told_from_glucose_by_its_meal() -> None:
    quirk = ("ketone-is-meal-6",)
    record = notify("2a18", f"12 0800 {TIME} 0fb0 11")  # 15 mg/dL: tenths of 1.5 mmol/L
    seen, _ = await read(record, notify("2a34", "02 0800 06"), PLAIN, DONE, oddities=quirk)
    ketone, glucose = seen
    assert isinstance(ketone, Measurement)
    assert isinstance(glucose, Measurement)
    assert (ketone.kind, ketone.status, set(ketone.values)) == (Kind.KETONE, (), {Quantity.KETONE})
    assert str(ketone.values[Quantity.KETONE].number) == "1.5"
    assert ketone.values[Quantity.KETONE].unit is Unit.MMOL_PER_L
    assert "meal" not in ketone.details
    assert glucose.values[Quantity.GLUCOSE].number == 111


async def test_without_its_context_nobody_knows_whether_it_is_a_ketone() -> None:
    for end in (DONE, notify("2a52", "06000108")):
        seen, _ = await read(ANNOUNCED, PLAIN, end, oddities=("ketone-is-meal-6",))
        assert shapes(seen) == [("glucose", 7, 1), ("glucose", 8, 1)]
        assert isinstance(seen[0], Measurement)
        assert isinstance(seen[1], Measurement)
        assert (seen[0].status, seen[1].status) == ((), (Status.QUESTIONABLE,))


async def test_a_ketone_in_molar_units_stays_questionable() -> None:
    record = notify("2a18", f"16 0800 {TIME} 0fd0 11")
    meal = notify("2a34", "02 0800 06")
    seen, _ = await read(record, meal, DONE, oddities=("ketone-is-meal-6",))
    assert isinstance(seen[0], Measurement)
    assert (seen[0].kind, seen[0].status) == (Kind.GLUCOSE, (Status.QUESTIONABLE,))


class UnhurriedLink(ReplayGattLink):
    """Keeps subscriptions, pauses and writes in one order."""

    def __init__(self, trace: Trace) -> None:
        super().__init__(trace)
        self.told: list[str | float] = []

    async def subscribe(self, characteristic: str) -> None:
        self.told.append(characteristic[4:8])
        await super().subscribe(characteristic)

    async def pause(self, seconds: float) -> None:
        self.told.append(seconds)

    async def write(self, characteristic: str, payload: bytes) -> None:
        self.told.append(payload.hex())
        await super().write(characteristic, payload)


async def test_a_slow_meter_is_given_time_between_subscriptions() -> None:
    for quirk, seconds in (("pause-500ms", 0.5), ("pause-5s", 5.0)):
        link = UnhurriedLink(Trace("", "", "", (ASKED, DONE), offers=("2a18", "2a34")))
        assert [said async for said in Glucose(oddities=(quirk,)).read(link)] == []
        assert link.told == ["2a18", seconds, "2a34", seconds, "2a52", seconds, "0101"]


async def test_a_meter_that_filters_wrongly_is_always_asked_for_all() -> None:
    memory = {"newest_sequence": "7", "newest_record": "00"}
    link = ReplayGattLink(Trace("", "", "", (ASKED, PLAIN, DONE)))
    said = [one async for one in Glucose(memory, ("reports-all-only",)).read(link)]
    assert shapes(said) == [("glucose", 7, 1)]
    assert len(said) == 1
    assert [payload.hex() for _, payload in link.written] == ["0101"]
