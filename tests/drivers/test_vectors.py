"""What real devices sent, and what others decoded: the vectors beside the checkout.

Where a source disagrees with the specification, the specification's values are the expected ones.
"""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import DriverError
from drivers.racp import REPORT_ALL
from drivers.vendor.omron_frames import CLOSE, OPEN
from drivers.vendor.taidoc_frames import CONNECT, ask
from drivers.wired.contec_cms50 import KEEP_ALIVE, START
from drivers.wired.lifescan_onetouch_ultraeasy import DISCONNECT, packet
from drivers.wired.nonin_commands import GET_SERIAL_NUMBER, select_format, set_time
from tests.drivers.views import Seen, decoders

VECTORS = Path(__file__).parents[2] / ".." / "shared" / "vectors" / "vectors.json"
DECODERS = decoders()
LEFT_OUT = {
    "lifescan-ver": "its version is not asked for",
    "omron-write": "the memory is never written",
    "2a52-cmd-abort": "an abort is never sent",
    "2a9f-bsig-register": "a registration without its consent code is incomplete",
}
NOT_READ = {
    "FLOAT_BE": "of Bluetooth's Health Device Profile, below",
    "contour-astm-frame": "the Contour USB is a HID device, which no serial port shows",
    "contour-astm-result": "the Contour USB is a HID device, which no serial port shows",
    "freestyle-atp-crc": "the FreeStyle Libre's reader is a HID device, which no serial port shows",
    "freestyle-text": "the FreeStyle Libre's reader is a HID device, which no serial port shows",
    "ieee11073-aarq": "BlueZ does not offer the Health Device Profile any more",
    "ieee11073-bp-fixed": "BlueZ does not offer the Health Device Profile any more",
    "ieee11073-weight-var": "BlueZ does not offer the Health Device Profile any more",
}
NOT_LOOKED_AT = {"day_of_week", "adjust_reason"}  # of 0x2A2B: real devices get them wrong


def source(vector: Seen) -> str:
    name: str = vector.get("characteristic") or vector.get("protocol") or ""
    return name


def ours() -> list[Seen]:
    if not VECTORS.exists():
        return []
    vectors: list[Seen] = json.loads(VECTORS.read_text("utf-8"), parse_float=Decimal)
    return [vector for vector in vectors if source(vector) in DECODERS]


def is_command(vector: Seen) -> bool:
    return "host->device" in vector["direction"] or "host command" in vector["device"]


def answers() -> list[Seen]:
    return [vector for vector in ours() if not is_command(vector)]


needs_vectors = pytest.mark.skipif(not VECTORS.exists(), reason="no vectors beside the checkout")


def expected(vector: Seen) -> Seen:
    """What to expect by the specification, with an unknown date as no time at all."""
    wanted = vector.get("expect_by_specification", vector["expect"]) or {"reject": True}
    return {
        name: None if isinstance(value, str) and value.startswith("0000-") else value
        for name, value in wanted.items()
        if name not in NOT_LOOKED_AT
    }


def equal(seen: Any, wanted: Any) -> bool:
    """Equal as the source could write it: some went through binary floating point."""
    if isinstance(seen, Decimal) and isinstance(wanted, Decimal):
        return float(seen) == float(wanted)
    return bool(seen == wanted)


@needs_vectors
@pytest.mark.parametrize("vector", answers(), ids=lambda vector: vector["id"])
def test_vector(vector: Seen) -> None:
    decode, payload = DECODERS[source(vector)], bytes.fromhex(vector.get("hex", ""))
    wanted = expected(vector)
    if wanted.get("reject"):
        with pytest.raises(DriverError):
            decode(payload)
        return
    seen = decode(payload)
    differing = {name for name in wanted if not equal(seen[name], wanted[name])}
    assert not differing, {name: (seen[name], wanted[name]) for name in differing}


@needs_vectors
def test_every_vector_is_tried_or_left_for_a_reason() -> None:
    vectors: list[Seen] = json.loads(VECTORS.read_text("utf-8"))
    assert {source(vector) for vector in vectors} <= DECODERS.keys() | NOT_READ.keys()
    assert not DECODERS.keys() & NOT_READ.keys()


@needs_vectors
def test_commands_are_those_of_the_vectors() -> None:
    moment = datetime.fromisoformat("2050-12-31T14:30:15")
    commands = {
        "2a52-cmd-all": REPORT_ALL,
        "nonin-fmt-13": select_format(13),
        "nonin-fmt-8": select_format(8),
        "nonin-getserial": GET_SERIAL_NUMBER,
        "nonin-settime": set_time(moment),
        "omron-end": CLOSE,
        "omron-start": OPEN,
        "td42xx-frame": ask(CONNECT),
        "cms50-keep": KEEP_ALIVE,
        "cms50-start": START,
        "lifescan-ack": packet(b"", DISCONNECT),
    }
    wanted = {one["id"]: one["hex"] for one in ours() if is_command(one)}
    assert {name: command.hex() for name, command in commands.items()} == {
        name: octets for name, octets in wanted.items() if name not in LEFT_OUT
    }
