"""What the traces of the PC-60FW, BM1000, JPD-500F and YK-IBPA1 cannot show."""

import pytest

from drivers.contract import Advertisement
from drivers.errors import BadChecksum, BadFrame, NoDriver, TruncatedPayload
from drivers.measurement import Measurement, Quantity, Status
from drivers.registry import choose
from drivers.replay import ReplayGattLink, Trace
from drivers.vendor import berrymed_bm1000, jumper_jpd500f, viatom_pc60fw, yonker_ibpa1
from drivers.vendor.berrymed_bm1000 import BerrymedBm1000, Stream
from drivers.vendor.jumper_jpd500f import JumperJpd500f, decode_numbers
from drivers.vendor.viatom_pc60fw import ViatomPc60fw, crc8_maxim, decode_parameters, frames
from drivers.vendor.yonker_ibpa1 import YonkerIbpa1, decode_result

NUMBERS = bytes.fromhex("aa550f08016239004400c0e3")
WAVE = bytes.fromhex("aa550f07025a57d24c45a7")
BERRY = bytes.fromhex("8632044860")


def pc60(data: str) -> bytes:
    octets = bytes.fromhex("aa550f0801" + data)
    return octets + bytes((crc8_maxim(octets),))


def test_the_checksum_by_its_published_check_value() -> None:
    assert crc8_maxim(b"123456789") == 0xA1


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20])
def test_frames_are_found_however_they_are_cut(size: int) -> None:
    octets = b"\x55\xaa" + WAVE + NUMBERS + b"\xaa" + NUMBERS
    arrived = bytearray()
    found: list[bytes] = []
    for at in range(0, len(octets), size):
        arrived += octets[at : at + size]
        found += frames(arrived)
    assert found == [WAVE, NUMBERS, NUMBERS]
    assert len(arrived) <= 1


def test_a_length_that_no_frame_has_does_not_stop_the_stream() -> None:
    arrived = bytearray(bytes.fromhex("aa550fff") + NUMBERS)
    assert list(frames(arrived)) == [NUMBERS]


def test_what_is_no_frame_is_not_kept() -> None:
    arrived = bytearray(b"\x00" * 500)
    assert list(frames(arrived)) == []
    assert len(arrived) < 2


def test_a_damaged_frame_says_so() -> None:
    with pytest.raises(BadChecksum):
        decode_parameters(NUMBERS[:-1] + b"\xe4")
    with pytest.raises(TruncatedPayload):
        decode_parameters(NUMBERS[:-1])
    with pytest.raises(BadFrame):
        decode_parameters(WAVE)


def test_a_pulse_of_two_octets_and_the_status_bits() -> None:
    seen = decode_parameters(pc60("602c013206c0"))
    assert seen.values[Quantity.PULSE_RATE].number == 300
    assert seen.status == (Status.SENSOR_UNCONNECTED_TO_USER, Status.SIGNAL_ANALYSIS_ONGOING)


def test_zero_is_no_number() -> None:
    seen = decode_parameters(pc60("000000000000"))
    assert {value.number for value in seen.values.values()} == {None}


async def test_a_finger_that_stays_is_answered_after_a_minute_and_once() -> None:
    steps = tuple({"notify": viatom_pc60fw.STREAM, "payload": NUMBERS.hex()} for _ in range(90))
    link = ReplayGattLink(Trace("viatom-pc60fw", "", "", steps))
    said = [one async for one in ViatomPc60fw().read(link)]
    assert [one.raw for one in said if isinstance(one, Measurement)] == [(NUMBERS,)]


def test_one_berry_frame_a_second() -> None:
    assert list(Stream().feed(BERRY)) == [BERRY]
    stream = Stream()
    assert len(list(stream.feed(BERRY * 1000))) == 10


def test_a_berry_stream_is_joined_anywhere_and_survives_lost_octets() -> None:
    stream = Stream()
    assert list(stream.feed(BERRY[2:] + BERRY)) == [BERRY]
    lost = BERRY[:3] + BERRY * 100
    assert list(stream.feed(lost)) == [BERRY]


def test_berry_pulse_and_its_eighth_bit() -> None:
    seen = berrymed_bm1000.decode_frame(bytes.fromhex("8632440060"))
    assert seen.values[Quantity.PULSE_RATE].number == 128
    missing = berrymed_bm1000.decode_frame(bytes.fromhex("b000707f7f"))
    assert {value.number for value in missing.values.values()} == {None}
    assert missing.status == (
        Status.INADEQUATE_SIGNAL,
        Status.SENSOR_DISCONNECTED,
        Status.SENSOR_UNCONNECTED_TO_USER,
        Status.SIGNAL_ANALYSIS_ONGOING,
    )


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        ("cf320f4860", ()),
        ("9032044860", (Status.INADEQUATE_SIGNAL,)),
        ("a032044860", (Status.SENSOR_DISCONNECTED,)),
        ("8632144860", (Status.SENSOR_UNCONNECTED_TO_USER,)),
        ("8632244860", (Status.SIGNAL_ANALYSIS_ONGOING,)),
    ],
)
def test_each_berry_status_bit(payload: str, status: tuple[Status, ...]) -> None:
    assert berrymed_bm1000.decode_frame(bytes.fromhex(payload)).status == status


@pytest.mark.parametrize("payload", ["0632044860", "8632048860", "86b2044860"])
def test_a_berry_frame_has_one_mark(payload: str) -> None:
    with pytest.raises(BadFrame):
        berrymed_bm1000.decode_frame(bytes.fromhex(payload))


@pytest.mark.parametrize(
    ("payload", "pulse", "saturation"),
    [("81ff6344", None, 99), ("81387f44", 56, None), ("81fe7e44", 254, 126)],
)
def test_what_jumper_says_when_it_has_no_number(
    payload: str, pulse: int | None, saturation: int | None
) -> None:
    seen = decode_numbers(bytes.fromhex(payload)).values
    assert seen[Quantity.PULSE_RATE].number == pulse
    assert seen[Quantity.OXYGEN_SATURATION].number == saturation


def test_a_waveform_is_no_number() -> None:
    with pytest.raises(BadFrame):
        decode_numbers(bytes.fromhex("80386344"))


def test_a_cuff_that_could_not_measure() -> None:
    seen = decode_result(bytes.fromhex("810000000000190b18131200000000"))
    assert {value.number for value in seen.values.values()} == {None}


@pytest.mark.parametrize(
    ("service", "name", "driver"),
    [
        (viatom_pc60fw.SERVICE, "PC-60F_SN026321", ViatomPc60fw),
        (viatom_pc60fw.SERVICE, "KS-60FW 4482", ViatomPc60fw),
        (berrymed_bm1000.SERVICE, "BerryMed\0", BerrymedBm1000),
        (jumper_jpd500f.SERVICE, "My Oximeter", JumperJpd500f),
        (yonker_ibpa1.SERVICE, "YK-IBPA1", YonkerIbpa1),
    ],
)
def test_the_name_is_needed_besides_the_service(service: str, name: str, driver: object) -> None:
    assert choose(Advertisement("", name, frozenset({service}))) is driver
    with pytest.raises(NoDriver):
        choose(Advertisement("", "Somebody else's", frozenset({service})))
