"""Viatom's oximeters; the vectors leave out the mark at the beginning and the checksum."""

from drivers.measurement import Quantity
from drivers.vendor.viatom_pc60fw import HEADER, crc8_maxim, decode_frame, decode_parameters
from tests.drivers.views import Decode, Seen

WAVEFORM, BATTERY = (0x0F, 0x02), (0xF0, 0x03)


def whole(payload: bytes) -> bytes:
    octets = payload if payload.startswith(HEADER) else HEADER + payload
    complete = len(octets) >= 4 and len(octets) == 4 + octets[3]
    return octets if complete else octets + bytes((crc8_maxim(octets),))


def stream(payload: bytes) -> Seen:
    frame = decode_frame(whole(payload))
    if (frame.token, frame.function) == BATTERY:
        return {"battery_level_0_3": frame.data[0]}
    if (frame.token, frame.function) == WAVEFORM:
        return {
            "wave": [sample & 0x7F for sample in frame.data],
            "beat": [bool(sample & 0x80) for sample in frame.data],
        }
    seen = decode_parameters(whole(payload)).values
    return {
        "spo2": seen[Quantity.OXYGEN_SATURATION].number,
        "pulse": seen[Quantity.PULSE_RATE].number,
        "pi": seen[Quantity.PULSE_AMPLITUDE_INDEX].number,
    }


DECODERS: dict[str, Decode] = {"PC-60FW (NUS)": stream}
