"""What comes over wires, and TaiDoc's frames, which are the same by radio."""

from drivers.vendor import taidoc_frames as taidoc
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


DECODERS: dict[str, Decode] = {
    "td42xx-datetime": taidoc_time,
    "td42xx-frame": taidoc_frame,
}
