"""What comes over wires, and TaiDoc's frames, which are the same by radio."""

from drivers.measurement import Measurement, Quantity, Status
from drivers.vendor import contec_cms50d_bt as contec_bt
from drivers.vendor import taidoc_frames as taidoc
from drivers.wired import (
    abbott_freestyle_optium,
    and_scale,
    contec_cms50_formats,
    lifescan_onetouch_ultra2,
    lifescan_onetouch_ultraeasy,
    nonin_packets,
    vitalograph_lung_monitor,
)
from tests.drivers.views import Decode, Seen


def taidoc_frame(payload: bytes) -> Seen:
    frame = taidoc.decode_frame(payload)
    return {
        "cmd": frame.command,
        "data": int.from_bytes(frame.data, "little"),
        "from_host": frame.from_host,
    }


def taidoc_time(payload: bytes) -> Seen:
    seen = taidoc.decode_time(payload)
    return {"datetime": seen and seen.isoformat()}


def scale(payload: bytes) -> Seen:
    """Some sources leave the end of the line away, which the scale never does."""
    seen = and_scale.decode_weight(payload.removesuffix(and_scale.END) + and_scale.END)
    return {
        "stable": Status.MEASUREMENT_ONGOING not in seen.status,
        "value": seen.values[Quantity.BODY_WEIGHT].number,
    }


def nine_octets(payload: bytes) -> Seen:
    """The rest of the frame is not stored, so it is looked at in the octets."""
    seen = oximetry(contec_cms50_formats.decode_nine(payload))
    return {
        **{name: value or 0 for name, value in seen.items()},
        "pleth": payload[3] & 0x7F,
        "pulse_beep": bool(payload[1] & 0x02),
        "signal": payload[2] & 0x0F,
    }


def nonin_frame(payload: bytes) -> Seen:
    seen = nonin_packets.decode_frame_2(payload)
    return {"sync": seen.is_first, "float": seen.number}


def nonin_packet(payload: bytes) -> Seen:
    """The averages for recording are not stored, so they are looked at in the octets."""
    seen = oximetry(nonin_packets.decode_packet_2(payload))
    numbers = payload[3::5]
    averages = {"hr": 0, "e_hr": 13, "e_hr_d": 21}
    return {
        **{name: numbers[at] << 7 | numbers[at + 1] for name, at in averages.items()},
        "hr_d": seen["pulse"],
        "spo2_d": seen["spo2"],
        "spo2": numbers[2],
        "revision": numbers[3],
        "spo2_fast": numbers[9],
        "spo2_bb": numbers[10],
        "e_spo2": numbers[15],
        "e_spo2_d": numbers[16],
    }


def freestyle_clock(payload: bytes) -> Seen:
    return {"datetime": abbott_freestyle_optium.decode_clock(payload).isoformat()}


def onetouch_line(payload: bytes) -> Seen:
    return {"text": lifescan_onetouch_ultra2.decode_line(payload).decode()}


def ultraeasy_packet(payload: bytes) -> Seen:
    return {"payload": lifescan_onetouch_ultraeasy.decode_packet(payload).message.hex()}


def ultraeasy_checksum(payload: bytes) -> Seen:
    return {"crc": lifescan_onetouch_ultraeasy.checksum(payload)}


def onetouch_checksum(payload: bytes) -> Seen:
    return {"checksum": lifescan_onetouch_ultra2.checksum(payload)}


def contec_stream(payload: bytes) -> Seen:
    if payload[1:2] == b"\x00":
        return {"wave": payload[3]}
    return oximetry(contec_bt.decode_vital_signs(payload))


def oximetry(seen: Measurement) -> Seen:
    return {
        "spo2": seen.values[Quantity.OXYGEN_SATURATION].number,
        "pulse": seen.values[Quantity.PULSE_RATE].number,
    }


def blow(payload: bytes) -> Seen:
    seen = vitalograph_lung_monitor.decode_blow(payload)
    ratio = seen.values[Quantity.FEV1_FEV6_RATIO].number
    return {
        "device_id": payload[4:14].decode(),
        "fev1_l": seen.values[Quantity.FEV1].number,
        "fev6_l": seen.values[Quantity.FEV6].number,
        "ratio": ratio and ratio.scaleb(-2),
        "fef2575_l_s": seen.values[Quantity.FEF25_75].number,
        "good_test": Status.QUESTIONABLE not in seen.status,
        "software_version": int(payload[-5:-2]),
        "timestamp": seen.device_time and seen.device_time.isoformat(),
    }


DECODERS: dict[str, Decode] = {
    "CRC16-CCITT-FALSE": ultraeasy_checksum,
    "and-scale-ascii": scale,
    "cms50-9byte": nine_octets,
    "cms50-cmd": nine_octets,
    "cms50d-bt": contec_stream,
    "fsoptium-clock": freestyle_clock,
    "lifescan-binary": ultraeasy_packet,
    "nonin-2-frame": nonin_frame,
    "nonin-2-packet": nonin_packet,
    "otultra2-checksum": onetouch_checksum,
    "otultra2-line": onetouch_line,
    "td42xx-datetime": taidoc_time,
    "td42xx-frame": taidoc_frame,
    "vitalograph": blow,
}
