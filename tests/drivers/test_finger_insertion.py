"""One measurement for each finger, also where nobody waits for it to leave."""

from decimal import Decimal

from drivers.finger_insertion import MISSING_FRAMES, FingerInsertion
from drivers.measurement import Absent, Kind, Measurement, Quantity, Status, Unit, Value


def frame(saturation: int | None, *status: Status, perfusion: int | None = 50) -> Measurement:
    return Measurement(
        Kind.PULSE_OXIMETRY,
        {
            Quantity.OXYGEN_SATURATION: value(saturation),
            Quantity.PULSE_RATE: value(saturation),
            Quantity.PULSE_AMPLITUDE_INDEX: value(perfusion),
        },
        raw=(b"",),
        status=status,
    )


def value(number: int | None) -> Value:
    if number is None:
        return Value(None, Unit.PERCENT, absent=Absent.NOT_MEASURED)
    return Value(Decimal(number), Unit.PERCENT)


def test_enough_frames_answer_without_waiting_for_the_finger() -> None:
    insertion = FingerInsertion(answer_after=3)
    stream = [frame(number) for number in (94, 95, 96, 97, 98)]
    assert [insertion.take(one) for one in stream] == [None, None, stream[2], None, None]
    assert insertion.end() is None


def test_the_next_finger_is_answered_again() -> None:
    insertion = FingerInsertion(answer_after=2)
    first = [insertion.take(frame(number)) for number in (94, 95)]
    assert insertion.take(frame(95, Status.SENSOR_UNCONNECTED_TO_USER)) is None
    second = [insertion.take(frame(number)) for number in (96, 97)]
    assert first == [None, frame(95)]
    assert second == [None, frame(97)]


def test_a_finger_that_leaves_before_is_answered_then() -> None:
    insertion = FingerInsertion(answer_after=60)
    insertion.take(frame(95))
    insertion.take(frame(93, Status.SIGNAL_ANALYSIS_ONGOING))
    assert insertion.take(frame(None, Status.SENSOR_UNCONNECTED_TO_USER)) == frame(95)


def test_a_missing_perfusion_index_is_no_missing_finger() -> None:
    insertion = FingerInsertion()
    for _ in range(2 * MISSING_FRAMES):
        assert insertion.take(frame(95, perfusion=None)) is None
    assert insertion.end() == frame(95, perfusion=None)


def test_without_numbers_there_is_nothing() -> None:
    insertion = FingerInsertion(answer_after=1)
    assert [insertion.take(frame(None)) for _ in range(3)] == [None, None, None]
    assert insertion.end() is None
